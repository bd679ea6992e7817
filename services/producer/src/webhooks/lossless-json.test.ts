import { describe, expect, it } from 'vitest'
import { jsonDepthMax } from './json-guard.ts'
import { parseJsonLosslessly } from './lossless-json.ts'

const parse = (text: string): unknown => parseJsonLosslessly(Buffer.from(text))
const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth)

describe('parseJsonLosslessly', () => {
  it.each([
    ['820982911946154508', '820982911946154508'],
    ['0.00', '0.00'],
    ['1e5', '1e5'],
    ['1e400', '1e400'],
    ['-12345678901234567890', '-12345678901234567890'],
    ['-0', '-0'],
    ['89.99', 89.99],
    ['0', 0],
    ['9007199254740991', 9007199254740991],
  ])('keeps every digit of %s', (written, read) => {
    expect(parse(`{"id":${written}}`)).toEqual({ id: read })
  })

  it('reads strings that look like structure', () => {
    expect(parse('{"a":"{\\"b\\":[","c":"\\\\"}')).toEqual({ a: '{"b":[', c: '\\' })
  })

  it('reads nesting up to its limit', () => {
    expect(parse(nested(jsonDepthMax))).toBeInstanceOf(Array)
  })

  it.each([
    ['nothing', '', /not JSON/],
    ['an open object', '{"id":1', /not JSON/],
    ['an open string', '{"id":"x', /not JSON/],
    ['a trailing comma', '{"id":1,}', /not JSON/],
    ['NaN', '{"id":NaN}', /not JSON/],
    ['one level too many', nested(jsonDepthMax + 1), /nested deeper than 64/],
    ['a bomb of brackets', '['.repeat(500_000), /nested deeper than 64/],
    ['__proto__', '{"__proto__":{"admin":true}}', /"__proto__" is not allowed/],
    ['__proto__ in disguise', '{"\\u005f_proto__":{}}', /"__proto__" is not allowed/],
    ['constructor', '{"a":[{"constructor" : 1}]}', /"constructor" is not allowed/],
    ['a key that is there twice', '{"id":1,"id":2}', /"id" is there twice/],
    ['a key that is there twice in disguise', '{"id":1,"\\u0069d":2}', /"id" is there twice/],
  ])('refuses %s', (_, text, reason) => {
    expect(() => parse(text)).toThrow(reason)
  })

  it('passes over a byte order mark', () => {
    expect(parse('\ufeff{"id":1}')).toEqual({ id: 1 })
  })

  it('refuses bytes that are not UTF-8', () => {
    expect(() => parseJsonLosslessly(Buffer.from([0x22, 0xe9, 0x22]))).toThrow(/not UTF-8/)
  })

  it('takes the same key in two objects, and keys as values', () => {
    expect(parse('[{"id":1},{"id":"constructor"}]')).toEqual([{ id: 1 }, { id: 'constructor' }])
  })
})

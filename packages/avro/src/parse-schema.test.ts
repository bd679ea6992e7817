import avro from 'avsc'
import { describe, expect, it } from 'vitest'
import { longMax, parseSchema } from './parse-schema.ts'

const branches = (union: readonly unknown[]): string => parseSchema(JSON.stringify([...union])).typeName
const record = (name: string) => ({ type: 'record', name, fields: [] })

describe('parseSchema', () => {
  // The generator prints unions by the same rule; its golden file holds the other half.
  it.each([
    ['null and a string', ['null', 'string']],
    ['a record that may be null', [record('A'), 'null']],
    ['a string, a record and an array', ['string', record('A'), { type: 'array', items: 'string' }]],
  ])('leaves a union plain when typeof tells its branches apart: %s', (_what, union) => {
    expect(branches(union)).toBe('union:unwrapped')
  })

  it.each([
    ['two records', [record('A'), record('B')]],
    ['a record and a map', [record('A'), { type: 'map', values: 'string' }]],
    ['a string and an enum', ['null', 'string', { type: 'enum', name: 'E', symbols: ['a'] }]],
    ['two numbers', ['int', 'double']],
  ])('wraps a union by branch name when it does not: %s', (_what, union) => {
    expect(branches(union)).toBe('union:wrapped')
  })

  it('keeps logical types as the numbers and strings they annotate', () => {
    const type = parseSchema('{"type":"long","logicalType":"timestamp-millis"}')
    expect(type.fromBuffer(type.toBuffer(1_700_000_000_000))).toBe(1_700_000_000_000)
  })

  it('writes and reads longs exactly up to its bound, and refuses the rest', () => {
    const type = parseSchema('"long"')
    for (const long of [longMax, -longMax, longMax - 1, 1 - longMax, -1]) {
      expect(type.fromBuffer(type.toBuffer(long))).toBe(long)
    }
    for (const long of [longMax + 1, -longMax - 1, 0.5, Number.NaN, '1']) {
      expect(type.isValid(long)).toBe(false)
      expect(() => type.toBuffer(long)).toThrow()
    }
  })

  it('is stricter than avsc, which loses the sign of a long beyond the bound', () => {
    const type = avro.Type.forSchema('long')
    expect(type.fromBuffer(type.toBuffer(-longMax - 2))).toBe(longMax + 2)
  })

  it('gives records without methods of their own, so that a field may have any name', () => {
    const fields = [{ name: 'toString', type: 'string' }]
    const type = parseSchema(JSON.stringify({ type: 'record', name: 'R', fields }))
    const value: unknown = type.fromBuffer(type.toBuffer({ toString: 'x' }))
    expect(Object.keys(Object.getPrototypeOf(value))).toEqual([])
    expect(value).toEqual({ toString: 'x' })
  })

  it.each(['', 'null', '{}', '{"type":"record","name":"R"}', '"Nowhere"', `${'['.repeat(100_000)}`])(
    'throws on what is no schema: %.20s',
    (text) => {
      expect(() => parseSchema(text)).toThrow()
    },
  )
})

import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { splitFields } from './split-fields.ts'

describe('splitFields', () => {
  it.each([
    ['a,b,c', ['a', 'b', 'c']],
    ['', ['']],
    [',,', ['', '', '']],
    ['"a,b",c', ['a,b', 'c']],
    ['"say ""hi""",x', ['say "hi"', 'x']],
    ['"",""', ['', '']],
    ['x,"y"', ['x', 'y']],
    ['"""",a', ['"', 'a']],
  ])('splits %s', (line, fields) => {
    expect(splitFields(line)).toEqual(fields)
  })

  it.each([
    ['"a,b', /not closed/],
    ['a,"b', /not closed/],
    ['a,"b""', /not closed/],
    ['a"b,c', /inside an unquoted/],
    ['"a"b,c', /after a closing quote/],
  ])('refuses %s', (line, reason) => {
    expect(splitFields(line)).toMatch(reason)
  })

  it('reads every line as csv-parse does', () => {
    const line = fc.string({ unit: fc.constantFrom('a', ',', '"', ' ', 'é'), minLength: 1, maxLength: 14 })
    fc.assert(
      fc.property(line, (text) => {
        const mine = splitFields(text)
        let theirs: unknown
        try {
          theirs = parse(text, { relax_column_count: true })[0]
        } catch {
          theirs = 'refused'
        }
        expect(typeof mine === 'string' ? 'refused' : mine).toEqual(theirs)
      }),
      { numRuns: 5_000 },
    )
  })
})

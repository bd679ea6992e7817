import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Compatibility, checkVersions } from './compatibility.ts'
import { parseSchema } from './parse-schema.ts'
import { readProblems } from './read-problems.ts'

const record = (fields: readonly unknown[], name = 'Order'): string => JSON.stringify({ type: 'record', name, fields })
const versionsOf = (...texts: readonly string[]) => texts.map((text, index) => ({ version: index + 1, text }))
const messages = (compatibility: Compatibility, ...texts: readonly string[]): readonly string[] =>
  checkVersions(versionsOf(...texts), compatibility).map(({ message }) => message)

const id = { name: 'id', type: 'string' }
const currency = { name: 'currency', type: 'string' }
const note = { name: 'note', type: 'string', default: '' }
const kind = (symbols: readonly string[], fallback?: string) => ({
  name: 'kind',
  type: { type: 'enum', name: 'Kind', symbols, ...(fallback && { default: fallback }) },
})

describe('checkVersions', () => {
  it('lets optional fields come and go', () => {
    expect(messages('FULL_TRANSITIVE', record([id]), record([id, note]), record([id]))).toEqual([])
  })

  it('names a removed field and who cannot read whom', () => {
    expect(messages('FULL_TRANSITIVE', record([id, currency]), record([id]))).toEqual([
      'v2 removes field `currency` without default: v1 readers cannot read v2 records',
    ])
  })

  it('names an added field, and allows a source to forget one', () => {
    expect(messages('BACKWARD_TRANSITIVE', record([id]), record([id, currency]))).toEqual([
      'v2 adds field `currency` without default: v2 readers cannot read v1 records',
    ])
    expect(messages('BACKWARD_TRANSITIVE', record([id, currency]), record([id]))).toEqual([])
  })

  it('compares every version with every other, not only with its neighbour', () => {
    const withDefault = { ...currency, default: 'GBP' }
    expect(messages('BACKWARD_TRANSITIVE', record([id]), record([id, withDefault]), record([id, currency]))).toEqual([
      'v3 adds field `currency` without default: v3 readers cannot read v1 records',
    ])
  })

  it('allows widening in the direction in which it is safe', () => {
    const [int, long] = [record([{ name: 'n', type: 'int' }]), record([{ name: 'n', type: 'long' }])]
    expect(messages('BACKWARD_TRANSITIVE', int, long)).toEqual([])
    expect(messages('FULL_TRANSITIVE', int, long)).toEqual([
      'v2 changes field `n` from int to long: v1 readers cannot read v2 records',
    ])
  })

  it('names a field deep inside, and the symbols of an enum', () => {
    const lines = (fields: readonly unknown[]) =>
      record([{ name: 'lines', type: { type: 'array', items: { type: 'record', name: 'Line', fields } } }])
    expect(messages('BACKWARD_TRANSITIVE', lines([id]), lines([id, currency]))).toEqual([
      'v2 adds field `lines[].currency` without default: v2 readers cannot read v1 records',
    ])
    expect(messages('FULL_TRANSITIVE', record([kind(['a'])]), record([kind(['a', 'b'])]))).toEqual([
      'v2 adds the symbols b to field `kind`, for which v1 has no enum default: v1 readers cannot read v2 records',
    ])
    expect(messages('FULL_TRANSITIVE', record([kind(['a'], 'a')]), record([kind(['a', 'b'], 'a')]))).toEqual([])
  })

  it('names a branch that came or went', () => {
    const [narrow, wide] = [
      record([{ name: 'x', type: ['null', 'string'] }]),
      record([{ name: 'x', type: ['null', 'string', 'long'] }]),
    ]
    expect(messages('FULL_TRANSITIVE', narrow, wide)).toEqual([
      'v2 adds long to field `x`, which v1 does not know: v1 readers cannot read v2 records',
    ])
    expect(messages('BACKWARD_TRANSITIVE', wide, narrow)).toEqual([
      'v2 removes long from field `x`: v2 readers cannot read v1 records',
    ])
  })

  it('names the record when it was renamed', () => {
    expect(messages('BACKWARD_TRANSITIVE', record([id]), record([id], 'Purchase'))).toEqual([
      'v2 changes the record from Order to Purchase: v2 readers cannot read v1 records',
    ])
  })

  it('ends on a schema that contains itself', () => {
    const node = record([{ name: 'next', type: ['null', 'Node'] }], 'Node')
    expect(messages('FULL_TRANSITIVE', node, node)).toEqual([])
  })
})

const scalar = fc.constantFrom('null', 'boolean', 'int', 'long', 'float', 'double', 'string', 'bytes')
const enumOf = fc
  .record({ symbols: fc.uniqueArray(fc.constantFrom('a', 'b', 'c'), { minLength: 1 }), hasDefault: fc.boolean() })
  .map(({ symbols, hasDefault }) => ({ type: 'enum', name: 'E', symbols, ...(hasDefault && { default: symbols[0] }) }))
const fixedOf = fc.integer({ min: 1, max: 2 }).map((size) => ({ type: 'fixed', name: 'F', size }))
const leaf = fc.oneof(scalar, enumOf, fixedOf)
const unionOf = fc.uniqueArray(fc.oneof({ weight: 4, arbitrary: scalar }, { weight: 1, arbitrary: enumOf }), {
  minLength: 1,
  maxLength: 3,
  selector: (branch) => (typeof branch === 'string' ? branch : branch.type),
})
const nested = fc.oneof(leaf, unionOf)
const fieldType = fc.oneof(
  nested,
  nested.map((items) => ({ type: 'array', items })),
  nested.map((values) => ({ type: 'map', values })),
)
const intWithDefault = fc.constant({ type: 'int', default: 0 })
const fieldsOf = fc.uniqueArray(
  fc.record({
    name: fc.constantFrom('p', 'q', 'r'),
    spec: fc.oneof(
      fieldType.map((type) => ({ type })),
      intWithDefault,
    ),
  }),
  { maxLength: 3, selector: ({ name }) => name },
)
/** Names may be defined once a schema: later definitions are dropped by making their field a string. */
const recordText = fieldsOf.map((fields) => {
  const defined = new Set<string>()
  return JSON.stringify({
    type: 'record',
    name: 'R',
    fields: fields.map(({ name, spec }) => {
      const names = JSON.stringify(spec).match(/"name":"[EF]"/g) ?? []
      const isRepeated = names.some((found) => defined.has(found))
      for (const found of names) defined.add(found)
      return { name, ...(isRepeated ? { type: 'string' } : spec) }
    }),
  })
})

it('says of any two schemas what the resolver says', { timeout: 60_000 }, () => {
  let readable = 0
  fc.assert(
    fc.property(recordText, recordText, (readerText, writerText) => {
      const [reader, writer] = [parseSchema(readerText), parseSchema(writerText)]
      let canRead = true
      try {
        reader.createResolver(writer)
      } catch {
        canRead = false
      }
      if (canRead) readable++
      expect(readProblems(reader, writer).length === 0).toBe(canRead)
    }),
    { numRuns: 5_000 },
  )
  expect(readable).toBeGreaterThan(500)
})

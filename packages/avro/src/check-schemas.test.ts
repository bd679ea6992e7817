import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { checkFolder, checkSchemas } from './check-schemas.ts'
import { diffSchemas } from './diff-schemas.ts'

const text = (...fields: readonly unknown[]): string => JSON.stringify({ type: 'record', name: 'R', fields })
const a = { name: 'a', type: 'string' }
const b = { name: 'b', type: ['null', 'long'], default: null }

const folderOf = (versions: readonly string[], samples: Readonly<Record<string, unknown>>) => ({
  subject: 'd.e.v1-value',
  versions: versions.map((schema, index) => ({ path: `d/e/v${index + 1}.avsc`, version: index + 1, text: schema })),
  samples: Object.entries(samples).map(([name, value]) => ({
    path: `d/e/samples/${name}.json`,
    version: Number(name.slice(1, 2)),
    text: JSON.stringify(value),
  })),
})
const good = { 'v2-x': { a: 'x', b: null }, 'v2-y': { a: 'y', b: 1 }, 'v1-x': { a: 'x' } }
const found = (versions: readonly string[], samples: Readonly<Record<string, unknown>>) =>
  checkFolder(folderOf(versions, samples), 'FULL_TRANSITIVE').map(({ path, message }) => `${path}: ${message}`)

describe('checkFolder', () => {
  it('finds nothing wrong with two versions and their samples', () => {
    expect(found([text(a), text(a, b)], good)).toEqual([])
  })

  it('names the newer version when two do not fit, and the samples that prove it', () => {
    expect(found([text(a, b), text(b)], { 'v2-x': { b: null }, 'v2-y': { b: 1 } })).toEqual([
      'd/e/v2.avsc: v2 removes field `a` without default: v1 readers cannot read v2 records',
      'd/e/samples/v2-x.json: v1 readers cannot read it',
      'd/e/samples/v2-y.json: v1 readers cannot read it',
    ])
  })

  it.each([
    ['a value of another type', { a: 1 }, 'not a value of v1: a'],
    ['a field too many', { a: 'x', z: 1 }, 'not a value of v1: the value'],
    ['a field that only a default fills', {}, 'not a value of v1: a'],
  ])('refuses %s as a sample', (_what, sample, message) => {
    expect(found([text(a), text(a, b)], { ...good, 'v1-bad': sample })).toEqual([`d/e/samples/v1-bad.json: ${message}`])
  })

  it('refuses a sample that a default would complete, because the TypeScript type wants every field', () => {
    expect(found([text(a), text(a, b)], { ...good, 'v2-bad': { a: 'x' } })).toEqual([
      'd/e/samples/v2-bad.json: changes when it is written and read: every field must be there',
    ])
  })

  it('wants two samples of the newest version, and a version for every sample', () => {
    expect(found([text(a), text(a, b)], { 'v2-x': { a: 'x', b: null }, 'v3-x': {} })).toEqual([
      'd/e/samples/v3-x.json: there is no v3.avsc',
      'd/e/v2.avsc: has fewer than 2 samples',
    ])
  })

  it('refuses a gap in the versions and a file that is no schema', () => {
    const folder = folderOf(['{"type":"wrong"}'], {})
    const late = { ...folder, versions: folder.versions.map((file) => ({ ...file, version: 2 })) }
    expect(checkFolder(late, 'FULL_TRANSITIVE').map(({ message }) => message)).toEqual([
      'v1.avsc is missing: versions are append-only',
      'not an Avro schema: unknown type: "wrong"',
    ])
  })
})

describe('checkSchemas', () => {
  const schemas = fileURLToPath(new URL('../../../schemas', import.meta.url))

  it('finds every committed schema and sample at least backward compatible', () => {
    const check = checkSchemas(schemas, () => 'BACKWARD_TRANSITIVE')
    expect(check.findings).toEqual([])
    expect(check.versions).toBeGreaterThan(check.subjects)
    expect(check.samples).toBeGreaterThanOrEqual(2 * check.subjects)
  })

  it('finds a schema that no topic carries', () => {
    const check = checkSchemas(schemas, (subject) =>
      subject === 'sales.order-placed.v1-value' ? undefined : 'BACKWARD_TRANSITIVE',
    )
    expect(check.findings).toEqual([
      {
        subject: 'sales.order-placed.v1-value',
        path: 'sales/order-placed/v1.avsc',
        message: 'no topic of the catalogue carries it',
      },
    ])
  })
})

describe('diffSchemas', () => {
  it('lists what changed, field by field', () => {
    const line = (...fields: readonly unknown[]) => ({
      name: 'lines',
      type: { type: 'array', items: { type: 'record', name: 'L', fields } },
    })
    const kind = (...symbols: readonly string[]) => ({
      name: 'k',
      type: ['null', { type: 'enum', name: 'K', symbols }],
    })
    expect(
      diffSchemas(
        text({ ...a, doc: 'old' }, b, line(a), kind('x')),
        text(
          { ...a, type: 'bytes', doc: 'new' },
          { ...b, type: ['long', 'null'], default: 7 },
          line(b),
          kind('x', 'y'),
        ),
      ),
    ).toEqual([
      { path: 'a', kind: 'type', from: 'string', to: 'bytes' },
      { path: 'a', kind: 'doc', from: 'old', to: 'new' },
      { path: 'b', kind: 'type', from: 'null | long', to: 'long | null' },
      { path: 'b', kind: 'default', from: 'null', to: '7' },
      { path: 'lines[].a', kind: 'removed', from: 'string', to: null },
      { path: 'lines[].b', kind: 'added', from: null, to: 'null | long' },
      { path: 'k', kind: 'symbols', from: 'x', to: 'x, y' },
    ])
  })

  it('finds no difference between a schema and itself, even one that contains itself', () => {
    const node = JSON.stringify({ type: 'record', name: 'N', fields: [{ name: 'next', type: ['null', 'N'] }] })
    expect(diffSchemas(node, node)).toEqual([])
  })
})

import avro from 'avsc'
import { parseSchema } from './parse-schema.ts'
import { describeType, fieldPath, isUnion } from './read-problems.ts'

/** One difference between two schema texts. */
export interface SchemaChange {
  /** The field as in `lines[].sku`; empty for the record itself. */
  readonly path: string
  readonly kind: 'added' | 'removed' | 'type' | 'default' | 'symbols' | 'doc'
  /** What was there before, in words; null for nothing. */
  readonly from: string | null
  readonly to: string | null
}

type Field = avro.types.Field & { readonly doc?: string }

/** The type that a person thinks of: the one branch of an optional field, the items of a list. */
const inner = (type: avro.Type, path: string): { readonly type: avro.Type; readonly path: string } => {
  if (type instanceof avro.types.ArrayType) return inner(type.itemsType, `${path}[]`)
  if (type instanceof avro.types.MapType) return inner(type.valuesType, `${path}{}`)
  const branches = isUnion(type) ? type.types.filter((branch) => branch.typeName !== 'null') : []
  return branches.length === 1 && branches[0] !== undefined ? inner(branches[0], path) : { type, path }
}

const defaultOf = (field: Field): string | null => JSON.stringify(field.defaultValue()) ?? null

const change = (path: string, kind: SchemaChange['kind'], from: string | null, to: string | null): SchemaChange[] =>
  from === to ? [] : [{ path, kind, from, to }]

const diffNested = (before: avro.Type, after: avro.Type, at: string, seen: ReadonlySet<string>): SchemaChange[] => {
  const [a, b] = [inner(before, at), inner(after, at)]
  if (a.type instanceof avro.types.EnumType && b.type instanceof avro.types.EnumType) {
    return change(a.path, 'symbols', a.type.symbols.join(', '), b.type.symbols.join(', '))
  }
  const isPair = a.type instanceof avro.types.RecordType && b.type instanceof avro.types.RecordType
  if (!isPair || seen.has(a.type.name ?? '')) return []
  return diffRecords(a.type, b.type, b.path, new Set(seen).add(a.type.name ?? ''))
}

const diffField = (before: Field, after: Field, path: string, seen: ReadonlySet<string>): SchemaChange[] => [
  ...change(path, 'type', describeType(before.type), describeType(after.type)),
  ...change(path, 'default', defaultOf(before), defaultOf(after)),
  ...change(path, 'doc', before.doc ?? null, after.doc ?? null),
  ...diffNested(before.type, after.type, path, seen),
]

const diffRecords = (
  before: avro.types.RecordType,
  after: avro.types.RecordType,
  path: string,
  seen: ReadonlySet<string>,
): SchemaChange[] => [
  ...before.fields
    .filter((field) => !after.fields.some(({ name }) => name === field.name))
    .flatMap((field) => change(fieldPath(path, field.name), 'removed', describeType(field.type), null)),
  ...after.fields.flatMap((field): SchemaChange[] => {
    const old = before.fields.find(({ name }) => name === field.name)
    const at = fieldPath(path, field.name)
    return old === undefined ? change(at, 'added', null, describeType(field.type)) : diffField(old, field, at, seen)
  }),
]

/** What changed from one schema text to another, field by field. Throws on text that is not Avro. */
export const diffSchemas = (before: string, after: string): readonly SchemaChange[] => {
  const [a, b] = [parseSchema(before), parseSchema(after)]
  return [...change('', 'type', describeType(a), describeType(b)), ...diffNested(a, b, '', new Set())]
}

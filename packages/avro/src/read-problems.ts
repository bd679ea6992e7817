import avro from 'avsc'

/** One reason why a reader cannot read a writer's records. */
export interface ReadProblem {
  /** The field as in `lines[].sku`; empty for the record itself. */
  readonly path: string
  /** `missing`: the reader wants a field that the writer does not write, and has no default for it. */
  readonly kind: 'missing' | 'symbols' | 'branch' | 'type'
  /** What the reader has there, in words. */
  readonly reader: string
  /** What the writer has there, in words. */
  readonly writer: string
}

type Union = avro.types.UnwrappedUnionType | avro.types.WrappedUnionType

/** True for unions, however their values look. */
export const isUnion = (type: avro.Type): type is Union =>
  type instanceof avro.types.UnwrappedUnionType || type instanceof avro.types.WrappedUnionType

/** A type in a few words: its name, or its shape. */
export const describeType = (type: avro.Type): string => {
  if (isUnion(type)) return type.types.map(describeType).join(' | ')
  if (type instanceof avro.types.ArrayType) return `array of ${describeType(type.itemsType)}`
  if (type instanceof avro.types.MapType) return `map of ${describeType(type.valuesType)}`
  if (type instanceof avro.types.FixedType) return `${type.name}(${type.size})`
  return type.name ?? type.typeName
}

/** Path of a field within a record at `path`. */
export const fieldPath = (path: string, name: string): string => (path ? `${path}.${name}` : name)

const promotions: Readonly<Record<string, readonly string[]>> = {
  long: ['int'],
  float: ['int', 'long'],
  double: ['int', 'long', 'float'],
  string: ['bytes'],
  bytes: ['string'],
}

const hasName = (
  reader: avro.Type & { readonly aliases?: readonly string[] | undefined },
  writer: avro.Type,
): boolean => reader.name === writer.name || (writer.name !== undefined && (reader.aliases ?? []).includes(writer.name))

const fieldProblems = (
  reader: avro.types.RecordType,
  writer: avro.types.RecordType,
  path: string,
  seen: ReadonlySet<string>,
): readonly ReadProblem[] =>
  reader.fields.flatMap((field): readonly ReadProblem[] => {
    const names = [field.name, ...field.aliases]
    const written = writer.fields.find((candidate) => names.includes(candidate.name))
    const at = fieldPath(path, field.name)
    if (written !== undefined) return problems(field.type, written.type, at, seen)
    if (field.defaultValue() !== undefined) return []
    return [{ path: at, kind: 'missing', reader: describeType(field.type), writer: 'nothing' }]
  })

const namedProblems = (
  reader: avro.Type,
  writer: avro.Type,
  path: string,
  seen: ReadonlySet<string>,
): readonly ReadProblem[] | undefined => {
  if (reader instanceof avro.types.RecordType && writer instanceof avro.types.RecordType && hasName(reader, writer)) {
    const pair = `${reader.name}:${writer.name}`
    return seen.has(pair) ? [] : fieldProblems(reader, writer, path, new Set(seen).add(pair))
  }
  if (reader instanceof avro.types.EnumType && writer instanceof avro.types.EnumType && hasName(reader, writer)) {
    const unknown = writer.symbols.filter((symbol) => !reader.symbols.includes(symbol))
    const hasDefault = (reader as { readonly default?: unknown }).default !== undefined
    if (unknown.length === 0 || hasDefault) return []
    return [{ path, kind: 'symbols', reader: reader.symbols.join(', '), writer: unknown.join(', ') }]
  }
  if (reader instanceof avro.types.FixedType && writer instanceof avro.types.FixedType) {
    return hasName(reader, writer) && reader.size === writer.size ? [] : undefined
  }
  return undefined
}

const problems = (
  reader: avro.Type,
  writer: avro.Type,
  path: string,
  seen: ReadonlySet<string>,
): readonly ReadProblem[] => {
  const mismatch = (kind: 'type' | 'branch'): readonly ReadProblem[] => [
    { path, kind, reader: describeType(reader), writer: describeType(writer) },
  ]
  if (isUnion(writer)) {
    return writer.types.flatMap((branch) => {
      const found = problems(reader, branch, path, seen)
      // A mismatch right here means that the reader has no such branch; deeper problems belong to the branch's fields.
      return found.some((problem) => problem.kind === 'type' && problem.path === path)
        ? [{ path, kind: 'branch' as const, reader: describeType(reader), writer: describeType(branch) }]
        : found
    })
  }
  if (isUnion(reader)) {
    const tries = reader.types.map((branch) => problems(branch, writer, path, seen))
    if (tries.some((found) => found.length === 0)) return []
    return (
      tries.find((found) => found.every((problem) => problem.kind !== 'type' || problem.path !== path)) ??
      mismatch('type')
    )
  }
  const named = namedProblems(reader, writer, path, seen)
  if (named !== undefined) return named
  if (reader instanceof avro.types.ArrayType && writer instanceof avro.types.ArrayType) {
    return problems(reader.itemsType, writer.itemsType, `${path}[]`, seen)
  }
  if (reader instanceof avro.types.MapType && writer instanceof avro.types.MapType) {
    return problems(reader.valuesType, writer.valuesType, `${path}{}`, seen)
  }
  const isSame = reader.typeName === writer.typeName && reader.name === undefined
  return isSame || promotions[reader.typeName]?.includes(writer.typeName) ? [] : mismatch('type')
}

/**
 * Why `reader` cannot read what `writer` wrote, by the rules of Avro's schema resolution; empty when it can. The codec's
 * own resolver is the oracle in the tests; unlike it, this names every field.
 */
export const readProblems = (reader: avro.Type, writer: avro.Type): readonly ReadProblem[] =>
  problems(reader, writer, '', new Set())

import { type AvroSchema, type AvroType, asSchema, isNamed, type NamedSchema, type RecordField } from './avro-schema.ts'

/** TypeScript for one Avro record and everything it defines. */
export interface PrintedTypes {
  /** Declarations, the record itself first, then its nested types in the order of their definition. */
  readonly text: string
  /** The names of the declarations, in the same order. */
  readonly names: readonly string[]
  /** The logical types it needs to import. */
  readonly imports: readonly string[]
}

/** Logical types that have a brand, with the Avro type they annotate. Money is integer minor units, so no decimal. */
const brands: Readonly<Record<string, { readonly on: string; readonly name: string }>> = {
  'timestamp-millis': { on: 'long', name: 'TimestampMillis' },
  date: { on: 'int', name: 'DateDays' },
  uuid: { on: 'string', name: 'Uuid' },
}

const scalars: Readonly<Record<string, string>> = {
  null: 'null',
  boolean: 'boolean',
  int: 'number',
  long: 'number',
  float: 'number',
  double: 'number',
  bytes: 'Buffer',
  string: 'string',
}

/** How JavaScript tells a branch from the others: two branches in one bucket cannot be told apart by `typeof`. */
const buckets: Readonly<Record<string, string>> = {
  int: 'number',
  long: 'number',
  float: 'number',
  double: 'number',
  enum: 'string',
  fixed: 'buffer',
  bytes: 'buffer',
  map: 'object',
  record: 'object',
  error: 'object',
}

const docComment = (doc: string | undefined, indent = ''): string => {
  const words = doc?.replaceAll('*/', '* /').trim()
  return words ? `${indent}/** ${words.replaceAll('\n', `\n${indent} * `)} */\n` : ''
}

const propertyName = (name: string): string => (/^[A-Za-z_]\w*$/.test(name) ? name : `'${name}'`)
const parenthesised = (text: string): string => (text.includes(' | ') ? `(${text})` : text)

/**
 * Prints the types of `root`. `nameOf` turns an Avro full name into a TypeScript name. Unions of branches that
 * JavaScript can tell apart are plain (`string | null`); others are wrapped by branch name, as the codec does.
 * Throws, naming the place, on what the contracts do not allow.
 */
export const printTypes = (root: AvroSchema, nameOf: (fullName: string) => string): PrintedTypes => {
  const names = new Map<string, NamedSchema>()
  const printed: { name: string; text: string }[] = []
  const imports = new Set<string>()

  const resolve = (type: string, namespace: string): string => {
    if (scalars[type] !== undefined) return type
    const fullName = type.includes('.') ? type : `${namespace}.${type}`
    if (!names.has(fullName)) throw new Error(`unknown type "${type}"`)
    return fullName
  }

  const bucketOf = (type: AvroType, namespace: string): string => {
    const kind = typeof type === 'string' ? (names.get(resolve(type, namespace))?.type ?? type) : asSchema(type).type
    return typeof kind === 'string' ? (buckets[kind] ?? kind) : bucketOf(kind, namespace)
  }

  const branchName = (type: AvroType, namespace: string): string => {
    if (typeof type === 'string') return resolve(type, namespace)
    const schema = asSchema(type)
    if (isNamed(schema))
      return schema.name.includes('.') ? schema.name : `${schema.namespace ?? namespace}.${schema.name}`
    return typeof schema.type === 'string' ? schema.type : branchName(schema.type, namespace)
  }

  const printUnion = (branches: readonly AvroType[], namespace: string, path: string): string => {
    // Definitions first: a later branch may refer to a type that an earlier one defines.
    const texts = branches.map((branch) => ({ branch, text: print(branch, namespace, path) }))
    const nullLast = [...texts].sort((a, b) => Number(a.text === 'null') - Number(b.text === 'null'))
    const kinds = branches.map((branch) => bucketOf(branch, namespace))
    if (new Set(kinds).size === kinds.length) return nullLast.map(({ text }) => text).join(' | ')
    const keys = texts.filter(({ text }) => text !== 'null').map(({ branch }) => branchName(branch, namespace))
    return nullLast
      .map(({ branch, text }) => {
        if (text === 'null') return text
        const own = branchName(branch, namespace)
        return `{ ${keys.map((key) => `readonly '${key}'${key === own ? `: ${text}` : '?: never'}`).join('; ')} }`
      })
      .join(' | ')
  }

  const printLogical = (logicalType: string, schema: AvroSchema, path: string): string => {
    const brand = brands[logicalType]
    if (brand === undefined || brand.on !== schema.type) {
      throw new Error(`${path}: logical type "${logicalType}" is not one the contracts allow (${Object.keys(brands)})`)
    }
    imports.add(brand.name)
    return brand.name
  }

  const printField = (field: RecordField, namespace: string, path: string): string => {
    if (!field.doc) throw new Error(`${path}.${field.name}: has no doc`)
    const type = print(field.type, namespace, `${path}.${field.name}`)
    return `${docComment(field.doc, '  ')}  readonly ${propertyName(field.name)}: ${type}\n`
  }

  const printNamed = (schema: NamedSchema, outer: string, path: string): string => {
    const namespace = schema.namespace ?? outer
    const fullName = schema.name.includes('.') ? schema.name : `${namespace}.${schema.name}`
    const name = nameOf(fullName)
    names.set(fullName, schema)
    if (schema.type === 'fixed') return 'Buffer'
    if (!schema.doc) throw new Error(`${path}: ${fullName} has no doc`)
    const slot = { name, text: '' }
    printed.push(slot)
    if (schema.type === 'enum') {
      const symbols = (schema.symbols ?? []).map((symbol) => `'${symbol}'`).join(' | ')
      slot.text = `${docComment(schema.doc)}export type ${name} = ${symbols}\n`
    } else {
      const fields = (schema.fields ?? []).map((field) => printField(field, namespace, path))
      const body =
        fields.length > 0
          ? `export interface ${name} {\n${fields.join('')}}`
          : `export type ${name} = Record<string, never>`
      slot.text = `${docComment(schema.doc)}${body}\n`
    }
    return name
  }

  const print = (type: AvroType, namespace: string, path: string): string => {
    if (typeof type === 'string') {
      const fullName = resolve(type, namespace)
      const named = names.get(fullName)
      return named === undefined ? (scalars[type] ?? type) : named.type === 'fixed' ? 'Buffer' : nameOf(fullName)
    }
    if (Array.isArray(type)) return printUnion(type, namespace, path)
    const schema = asSchema(type)
    if (schema.logicalType !== undefined) return printLogical(schema.logicalType, schema, path)
    if (isNamed(schema)) return printNamed(schema, namespace, path)
    if (schema.type === 'array') return `readonly ${parenthesised(print(schema.items ?? 'null', namespace, path))}[]`
    if (schema.type === 'map') return `Readonly<Record<string, ${print(schema.values ?? 'null', namespace, path)}>>`
    return print(schema.type, namespace, path)
  }

  print(root, '', root.name ?? 'schema')
  return {
    text: printed.map(({ text }) => text).join('\n'),
    names: printed.map(({ name }) => name),
    imports: [...imports].sort(),
  }
}

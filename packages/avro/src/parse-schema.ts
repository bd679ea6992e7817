import avro from 'avsc'

/** The writing half of an avsc type, which its declarations leave out. */
interface Writing {
  _write(tap: unknown, value: unknown): void
}

const { _write: writeString } = avro.types.StringType.prototype as unknown as Writing
const { _write: writeSymbol } = avro.types.EnumType.prototype as unknown as Writing

/** A lone surrogate has no UTF-8: avsc would write bytes that are read back as U+FFFD. */
class WellFormedString extends avro.types.StringType implements Writing {
  _write(tap: unknown, value: unknown): void {
    if (typeof value === 'string' && !value.isWellFormed()) throw new TypeError('a string that is not well-formed')
    writeString.call(this, tap, value)
  }
}

/** avsc looks symbols up in an object with a prototype: "constructor" would be written as the first symbol. */
class OwnSymbolEnum extends avro.types.EnumType implements Writing {
  _write(tap: unknown, value: unknown): void {
    if (typeof value !== 'string' || !this.symbols.includes(value)) throw new TypeError('not a symbol of the enum')
    writeSymbol.call(this, tap, value)
  }
}

const wellFormedString = new WellFormedString()

const strictType = (schema: unknown, options: unknown): avro.Type | undefined => {
  if (schema === 'string') return wellFormedString
  if (typeof schema !== 'object' || schema === null || !('type' in schema)) return undefined
  if (schema.type === 'string') return wellFormedString
  return schema.type === 'enum' ? Reflect.construct(OwnSymbolEnum, [schema, options]) : undefined
}

/**
 * Parses Avro schema text. The one place that fixes how values look in JavaScript: unions whose branches `typeof` can
 * tell apart are plain, others are wrapped by branch name (the generator prints the same); logical types stay numbers
 * and strings, their brands exist at compile time only. Throws on anything but a self-contained Avro schema.
 */
export const parseSchema = (text: string): avro.Type => {
  const options = { wrapUnions: 'auto', omitRecordMethods: true, typeHook: strictType } as const
  return avro.Type.forSchema(JSON.parse(text), options as Partial<avro.ForSchemaOptions>)
}

import avro from 'avsc'
import { shortAscii } from './short-ascii.ts'

/**
 * The widest long that avsc writes and reads exactly. Above it a long is doubled past 2^53 on its way, and a negative one
 * comes back positive: avsc's own bound (2^53 - 2) is too wide.
 */
export const longMax = 2 ** 52

type Hook = (value: unknown, type: avro.Type) => void

/** Where avsc stands in what it reads. */
interface Tap {
  readonly buf: Buffer
  pos: number
}

/** The half of an avsc type that its declarations leave out. */
interface Inside extends Writing {
  _read(tap: Tap): unknown
}

interface Writing {
  _check(value: unknown, flags: unknown, hook: Hook | undefined, path: unknown): boolean
  _write(tap: unknown, value: unknown): void
}

const inside = (type: { readonly prototype: unknown }): Inside => type.prototype as Inside
const stringInside = inside(avro.types.StringType)
const longInside = inside(avro.types.LongType)
const enumInside = inside(avro.types.EnumType)

const refuse = (type: avro.Type, value: unknown, hook: Hook | undefined): false => {
  hook?.(value, type)
  return false
}

/** A lone surrogate has no UTF-8: avsc would write bytes that are read back as U+FFFD. */
class WellFormedString extends avro.types.StringType implements Inside {
  _read(tap: Tap): unknown {
    const { buf, pos } = tap
    // A length up to 63 is one byte, doubled; a negative one is odd.
    const doubled = buf[pos] as number
    if (doubled <= 16 && (doubled & 1) === 0) {
      const text = shortAscii(buf, pos + 1, doubled >> 1)
      if (text !== undefined) {
        tap.pos = pos + 1 + (doubled >> 1)
        return text
      }
    }
    return stringInside._read.call(this, tap)
  }
  _check(value: unknown, _flags: unknown, hook: Hook | undefined): boolean {
    return (typeof value === 'string' && value.isWellFormed()) || refuse(this, value, hook)
  }
  _write(tap: unknown, value: unknown): void {
    if (typeof value === 'string' && !value.isWellFormed()) throw new TypeError('a string that is not well-formed')
    stringInside._write.call(this, tap, value)
  }
}

/** See `longMax`. */
class ExactLong extends avro.types.LongType implements Writing {
  _check(value: unknown, _flags: unknown, hook: Hook | undefined): boolean {
    return (Number.isInteger(value) && Math.abs(value as number) <= longMax) || refuse(this, value, hook)
  }
  _write(tap: unknown, value: unknown): void {
    if (!(Math.abs(value as number) <= longMax)) throw new TypeError('a long that would not come back as it is')
    longInside._write.call(this, tap, value)
  }
}

/** avsc looks symbols up in an object with a prototype: "constructor" would be written as the first symbol. */
class OwnSymbolEnum extends avro.types.EnumType implements Writing {
  _check(value: unknown, _flags: unknown, hook: Hook | undefined): boolean {
    return (typeof value === 'string' && this.symbols.includes(value)) || refuse(this, value, hook)
  }
  _write(tap: unknown, value: unknown): void {
    if (typeof value !== 'string' || !this.symbols.includes(value)) throw new TypeError('not a symbol of the enum')
    enumInside._write.call(this, tap, value)
  }
}

const strictScalars: ReadonlyMap<unknown, avro.Type> = new Map<unknown, avro.Type>([
  ['string', new WellFormedString()],
  // The declarations ask for the arguments of custom long types.
  ['long', Reflect.construct(ExactLong, [])],
])

const strictType = (schema: unknown, options: unknown): avro.Type | undefined => {
  const name = typeof schema === 'object' && schema !== null && 'type' in schema ? schema.type : schema
  // The declarations leave out the arguments of the constructor.
  return name === 'enum' ? Reflect.construct(OwnSymbolEnum, [schema, options]) : strictScalars.get(name)
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

import { type ErrorCode, InterchangeError } from '@interchange/messaging'
import { longMax } from './parse-schema.ts'

/** Where a scan stands, and what the value claimed so far. */
export interface Cursor {
  bytes: Buffer
  position: number
  elements: number
  depth: number
}

/** Moves a cursor past one value, or throws class `contract`. */
export type Step = (cursor: Cursor) => void

/** The step of a value that has no bytes. */
export const noBytes: Step = () => undefined

const longMaxExact = BigInt(longMax)
const intMax = 2n ** 31n - 1n

/** Throws class `contract`; `path` is the field in the schema, never a value. */
export const refuse = (code: ErrorCode, path: string, what: string, position: number): never => {
  throw new InterchangeError(code, `${path || 'the value'}: ${what}`, { class: 'contract', facts: { path, position } })
}

const malformed = (path: string, what: string, position: number): never =>
  refuse('ICX_AVRO_MALFORMED', path, what, position)

/** Moves past a varint and says how many bytes it had. */
const skipVarint = (cursor: Cursor, path: string): number => {
  const { bytes, position } = cursor
  let last = position
  while ((bytes[last] as number) >= 0x80) last++
  if (last >= bytes.length) malformed(path, 'the bytes end inside a number', position)
  cursor.position = last + 1
  return last + 1 - position
}

/** The varint of `length` bytes before the cursor; refused outside `min` to `max`. */
const wideVarint = (cursor: Cursor, length: number, min: bigint, max: bigint, path: string): bigint => {
  const start = cursor.position - length
  if (length > 10) malformed(path, 'a number of more than 10 bytes', start)
  let raw = 0n
  for (let index = length - 1; index >= 0; index--) {
    raw = (raw << 7n) | BigInt((cursor.bytes[start + index] as number) & 0x7f)
  }
  const value = (raw >> 1n) ^ -(raw & 1n)
  if (value > max || value < min) malformed(path, `the number ${value} is out of range`, start)
  return value
}

const readCount = (cursor: Cursor, path: string): number => {
  const byte = cursor.bytes[cursor.position] as number
  if (byte < 0x80) {
    cursor.position++
    return (byte >> 1) ^ -(byte & 1)
  }
  const length = skipVarint(cursor, path)
  if (length > 4) return Number(wideVarint(cursor, length, -longMaxExact, longMaxExact, path))
  const { bytes, position } = cursor
  let raw = 0
  for (let index = 1; index <= length; index++) raw = (raw << 7) | ((bytes[position - index] as number) & 0x7f)
  return (raw >>> 1) ^ -(raw & 1)
}

const advance = (cursor: Cursor, length: number, path: string): void => {
  const { bytes, position } = cursor
  if (length < 0) malformed(path, `a length of ${length}`, position)
  if (length > bytes.length - position) malformed(path, `the bytes end inside ${length} bytes`, position)
  cursor.position = position + length
}

/** A long that is read exactly; seven bytes always fit. */
export const scanLong =
  (path: string): Step =>
  (cursor) => {
    if ((cursor.bytes[cursor.position] as number) < 0x80) return void cursor.position++
    const length = skipVarint(cursor, path)
    if (length > 7) wideVarint(cursor, length, -longMaxExact, longMaxExact, path)
  }

/** A 32-bit integer. */
export const scanInt =
  (path: string): Step =>
  (cursor) => {
    if ((cursor.bytes[cursor.position] as number) < 0x80) return void cursor.position++
    const length = skipVarint(cursor, path)
    if (length > 4) wideVarint(cursor, length, -intMax - 1n, intMax, path)
  }

/** One byte, 0 or 1. */
export const scanBoolean =
  (path: string): Step =>
  (cursor) => {
    const byte = cursor.bytes[cursor.position]
    if (byte === undefined || byte > 1) malformed(path, 'not a boolean', cursor.position)
    cursor.position++
  }

/** A known number of bytes. */
export const scanFixed =
  (size: number, path: string): Step =>
  (cursor) =>
    advance(cursor, size, path)

/** A length and as many bytes. */
export const scanSized =
  (path: string): Step =>
  (cursor) =>
    advance(cursor, readCount(cursor, path), path)

/** A string; `__proto__` is refused, because it would become the prototype of the decoded map. */
export const scanMapKey =
  (path: string): Step =>
  (cursor) => {
    const length = readCount(cursor, path)
    advance(cursor, length, path)
    const start = cursor.position - length
    if (length === 9 && cursor.bytes.toString('latin1', start, cursor.position) === '__proto__') {
      malformed(path, 'a map key that names the prototype', start)
    }
  }

/** One of `count` alternatives by its index: a symbol, or a branch whose own step follows. */
export const scanChoice =
  (count: number, branches: readonly Step[], path: string): Step =>
  (cursor) => {
    const start = cursor.position
    const index = readCount(cursor, path)
    if (index < 0 || index >= count) malformed(path, `alternative ${index} of ${count}`, start)
    const branch = branches[index]
    if (branch !== undefined) branch(cursor)
  }

/** The steps of a record's fields, one after the other. */
export const scanFields = (steps: readonly Step[]): Step => {
  const fields = steps.filter((step) => step !== noBytes)
  if (fields.length === 0) return noBytes
  return (cursor) => {
    for (let index = 0; index < fields.length; index++) (fields[index] as Step)(cursor)
  }
}

/** A record that may contain itself: refused beyond `depthMax` levels. */
export const scanNested =
  (fields: Step, depthMax: number, path: string): Step =>
  (cursor) => {
    if (++cursor.depth > depthMax) refuse('ICX_AVRO_LIMIT', path, `nested deeper than ${depthMax}`, cursor.position)
    fields(cursor)
    cursor.depth--
  }

/** The blocks of an array or a map: a count is believed only as far as the bytes that are left can hold it. */
export const scanBlocks =
  (item: Step, itemBytesMin: number, elementsMax: number, path: string): Step =>
  (cursor) => {
    for (;;) {
      const start = cursor.position
      const claimed = readCount(cursor, path)
      if (claimed === 0) return
      const count = Math.abs(claimed)
      const end = claimed < 0 ? readCount(cursor, path) + cursor.position : undefined
      cursor.elements += count
      if (cursor.elements > elementsMax || count * itemBytesMin > cursor.bytes.length - cursor.position) {
        refuse('ICX_AVRO_LIMIT', path, `claims ${count} elements`, start)
      }
      if (item !== noBytes) for (let index = 0; index < count; index++) item(cursor)
      // avsc believes the size when it skips a block, and a negative one would take it back for ever.
      if (end !== undefined && cursor.position !== end) malformed(path, 'a block of another size than it says', start)
    }
  }

import { InterchangeError } from '../failure/failure.ts'
import type { HeaderEntry } from './header-entry.ts'
import { writeHeaders } from './write-headers.ts'

/** Most headers, and most bytes of headers, that a record may carry before it is refused as `contract`. */
export const headerLimits = { countMax: 1_000, bytesMax: 256 * 1024 } as const

/**
 * The header block of a record exactly as Kafka holds it (record format v2: a count, then name and value, each with
 * a zigzag varint length). Kept as bytes so that a dead letter can be byte-identical: order, duplicates and nulls
 * survive, and a header bomb costs nothing until somebody looks (trap K35). Immutable.
 */
export class HeaderBlock {
  static readonly empty: HeaderBlock = new HeaderBlock(Buffer.from([0]))

  readonly #source: Buffer
  readonly #from: number
  readonly #until: number
  #bytes: Buffer | undefined

  /** The whole block, its count included, as it lies in `source`; it is not copied. */
  constructor(source: Buffer, from = 0, until = source.length) {
    this.#source = source
    this.#from = from
    this.#until = until
    this.#bytes = until - from === source.length ? source : undefined
  }

  /** The whole block. */
  get bytes(): Buffer {
    this.#bytes ??= this.#source.subarray(this.#from, this.#until)
    return this.#bytes
  }

  /** Bytes of the whole block. Makes no view, for that costs as much as reading a record. */
  get size(): number {
    return this.#until - this.#from
  }

  /** A block with `entries` in their order. */
  static of(entries: readonly HeaderEntry[]): HeaderBlock {
    return entries.length === 0 ? HeaderBlock.empty : new HeaderBlock(writeHeaders(entries.length, undefined, entries))
  }

  /** How many headers the block says it has. */
  get count(): number {
    return this.#cursor().count()
  }

  /**
   * The last value of `name` (last wins), null where it is null, undefined where absent. Reads in place and copies
   * nothing. Throws `ICX_HEADERS_LIMIT` or `ICX_HEADERS_MALFORMED`.
   */
  get(name: string): Buffer | null | undefined {
    return this.#find(name) ? finder.value() : undefined
  }

  /** `get`, decoded as UTF-8; undefined where absent or null. */
  text(name: string): string | undefined {
    return this.#find(name) ? finder.text() : undefined
  }

  /** The byte at `place` of what `get` answers; undefined where there is none. Makes no view of it. */
  byteAt(name: string, place: number): number | undefined {
    return this.#find(name) ? finder.byteAt(place) : undefined
  }

  /** All headers in order, values as views. Throws as `get` does. */
  entries(): { name: string; value: Buffer | null }[] {
    const cursor = this.#cursor()
    const entries: { name: string; value: Buffer | null }[] = []
    for (let left = cursor.boundedCount(); left > 0; left--)
      entries.push({ name: cursor.name(), value: cursor.value() })
    return entries
  }

  /**
   * The last `countMax` headers in order, however many come before them: for facts that were appended to a block which
   * may itself be a header bomb. Throws `ICX_HEADERS_MALFORMED`.
   */
  last(countMax: number): { name: string; value: Buffer | null }[] {
    const cursor = this.#cursor()
    const entries: { name: string; value: Buffer | null }[] = []
    for (let left = cursor.count(); left > 0; left--) {
      if (left <= countMax) entries.push({ name: cursor.name(), value: cursor.value() })
      else {
        cursor.skipName(undefined)
        cursor.skipValue()
      }
    }
    return entries
  }

  /** A new block: these bytes untouched, `added` behind them. */
  append(added: readonly HeaderEntry[]): HeaderBlock {
    if (added.length === 0) return this
    const cursor = this.#cursor()
    const count = cursor.count()
    return new HeaderBlock(
      writeHeaders(count + added.length, this.#source.subarray(cursor.position, this.#until), added),
    )
  }

  /** A new block of the first `count` headers, their bytes untouched: undoes `append`. */
  take(count: number): HeaderBlock {
    const cursor = this.#cursor()
    const taken = Math.min(count, cursor.count())
    const start = cursor.position
    for (let left = taken; left > 0; left--) {
      cursor.skipName(undefined)
      cursor.skipValue()
    }
    return new HeaderBlock(writeHeaders(taken, this.#source.subarray(start, cursor.position), []))
  }

  #cursor(): Cursor {
    return new Cursor(this.#source, this.#from, this.#until)
  }

  /** Whether there is a header of this name; `finder` stands before its value then. */
  #find(name: string): boolean {
    finder.enter(this.#source, this.#from, this.#until)
    return finder.find(nameBytes(name))
  }
}

const nameCache = new Map<string, Buffer>()

const nameBytes = (name: string): Buffer => {
  const known = nameCache.get(name)
  if (known !== undefined) return known
  const bytes = Buffer.from(name, 'utf8')
  if (nameCache.size < 256) nameCache.set(name, bytes)
  return bytes
}

class Cursor {
  position: number
  #bytes: Buffer
  #until: number
  #size: number

  constructor(bytes: Buffer, from: number, until: number) {
    this.#bytes = bytes
    this.position = from
    this.#until = until
    this.#size = until - from
  }

  /** Goes to another block. */
  enter(bytes: Buffer, from: number, until: number): void {
    this.#bytes = bytes
    this.position = from
    this.#until = until
    this.#size = until - from
  }

  count(): number {
    const count = this.#varint()
    if (count < 0) throw malformed('a negative header count')
    return count
  }

  boundedCount(): number {
    const count = this.count()
    if (count > headerLimits.countMax || this.#size > headerLimits.bytesMax) {
      throw new InterchangeError('ICX_HEADERS_LIMIT', `${count} headers in ${this.#size} bytes`, {
        class: 'contract',
        facts: { count, bytes: this.#size, countMax: headerLimits.countMax, bytesMax: headerLimits.bytesMax },
      })
    }
    return count
  }

  name(): string {
    const length = this.#length()
    const text = this.#bytes.toString('utf8', this.position, this.position + length)
    this.position += length
    return text
  }

  /** Moves past the name and says whether it is `wanted`. */
  skipName(wanted: Buffer | undefined): boolean {
    const length = this.#length()
    const start = this.position
    this.position += length
    if (wanted === undefined || wanted.length !== length) return false
    for (let index = 0; index < length; index++) if (this.#bytes[start + index] !== wanted[index]) return false
    return true
  }

  /** Reads the whole block, then stands before the last value of `wanted`; false where there is none. */
  find(wanted: Buffer): boolean {
    let found = -1
    for (let left = this.boundedCount(); left > 0; left--) {
      if (this.skipName(wanted)) found = this.position
      this.skipValue()
    }
    this.position = found
    return found >= 0
  }

  /** One byte of the value; undefined where it is null or shorter. */
  byteAt(place: number): number | undefined {
    const length = this.#varint()
    return place >= 0 && place < length ? this.#bytes[this.position + place] : undefined
  }

  /** The value as UTF-8, undefined where it is null. */
  text(): string | undefined {
    const length = this.#varint()
    return length === -1 ? undefined : this.#bytes.toString('utf8', this.position, this.position + length)
  }

  value(): Buffer | null {
    const length = this.#varint()
    if (length === -1) return null
    this.#check(length)
    const value = this.#bytes.subarray(this.position, this.position + length)
    this.position += length
    return value
  }

  skipValue(): void {
    const length = this.#varint()
    if (length === -1) return
    this.#check(length)
    this.position += length
  }

  #length(): number {
    const length = this.#varint()
    this.#check(length)
    return length
  }

  #check(length: number): void {
    if (length < 0 || this.position + length > this.#until) throw malformed('a length that leaves the block')
  }

  #varint(): number {
    let raw = 0
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.position < this.#until ? this.#bytes[this.position++] : undefined
      if (byte === undefined) throw malformed('the block ends inside a number')
      raw |= (byte & 0x7f) << shift
      if (byte < 0x80) return (raw >>> 1) ^ -(raw & 1)
    }
    throw malformed('a number longer than five bytes')
  }
}

/** Finds headers for everybody: nobody stops in the middle, and one for each look would be paid for by every message. */
const finder = new Cursor(Buffer.alloc(0), 0, 0)

const malformed = (what: string): InterchangeError =>
  new InterchangeError('ICX_HEADERS_MALFORMED', `The header block has ${what}.`, { class: 'contract' })

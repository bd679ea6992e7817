import { findHeader } from './find-header.ts'
import { HeaderCursor } from './header-cursor.ts'
import type { HeaderEntry } from './header-entry.ts'
import { writeHeaders } from './write-headers.ts'

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
    return this.#find(name)?.value()
  }

  /** `get`, decoded as UTF-8; undefined where absent or null. */
  text(name: string): string | undefined {
    return this.#find(name)?.text()
  }

  /** The byte at `place` of what `get` answers; undefined where there is none. Makes no view of it. */
  byteAt(name: string, place: number): number | undefined {
    return this.#find(name)?.byteAt(place)
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
        cursor.skipName()
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
      cursor.skipName()
      cursor.skipValue()
    }
    return new HeaderBlock(writeHeaders(taken, this.#source.subarray(start, cursor.position), []))
  }

  #cursor(): HeaderCursor {
    return new HeaderCursor(this.#source, this.#from, this.#until)
  }

  #find(name: string): HeaderCursor | undefined {
    return findHeader(this.#source, this.#from, this.#until, name)
  }
}

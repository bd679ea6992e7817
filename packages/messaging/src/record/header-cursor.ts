import { InterchangeError } from '../failure/failure.ts'

/** Most headers, and most bytes of headers, that a record may carry before it is refused as `contract`. */
export const headerLimits = { countMax: 1_000, bytesMax: 256 * 1024 } as const

/** Reads a header block from front to back: a count, then name and value, each with a zigzag varint length. */
export class HeaderCursor {
  position: number
  #bytes: Buffer
  #until: number
  #size: number
  #nameAt = 0
  #nameBytes = 0

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

  /** Moves past the name, which `nameIs` then knows. */
  skipName(): void {
    this.#nameBytes = this.#length()
    this.#nameAt = this.position
    this.position += this.#nameBytes
  }

  /** Whether the name that was skipped last is this one. */
  nameIs(wanted: Buffer): boolean {
    const length = this.#nameBytes
    if (wanted.length !== length) return false
    for (let index = 0; index < length; index++) if (this.#bytes[this.#nameAt + index] !== wanted[index]) return false
    return true
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
    const first = this.position < this.#until ? this.#bytes[this.position] : undefined
    if (first === undefined || first > 0x7f) return this.#longVarint()
    this.position++
    return (first >>> 1) ^ -(first & 1)
  }

  /** Of more than one byte, which few are; or behind the end. */
  #longVarint(): number {
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

const malformed = (what: string): InterchangeError =>
  new InterchangeError('ICX_HEADERS_MALFORMED', `The header block has ${what}.`, { class: 'contract' })

/** Reads the records of an unpacked batch, one after another. Throws `RangeError` where one leaves the batch. */
export class RecordCursor {
  readonly bytes: Buffer
  position = 0

  constructor(bytes: Buffer) {
    this.bytes = bytes
  }

  /** Begins a record: where it ends. Behind it come its time and offset deltas, its key, its value and its header block. */
  begin(): number {
    const length = this.zigzag()
    const until = this.position + length
    if (length < 0 || until > this.bytes.length) throw new RangeError('a record leaves its batch')
    this.position++
    return until
  }

  /** A number up to 2^53. */
  zigzag(): number {
    const first = this.bytes[this.position++]
    if (first === undefined) throw endless()
    // One byte, or two: lengths and offset deltas, nearly always.
    if (first < 0x80) return (first >>> 1) ^ -(first & 1)
    const second = this.bytes[this.position++]
    if (second === undefined) throw endless()
    const value = (first & 0x7f) | ((second & 0x7f) << 7)
    return second < 0x80 ? (value >>> 1) ^ -(value & 1) : this.longZigzag(value)
  }

  /** A field of the record, as a view. */
  nullable(until: number): Buffer | null {
    const length = this.zigzag()
    if (length < 0) return null
    const from = this.position
    this.position += length
    if (this.position > until) throw new RangeError('a field leaves its record')
    return this.bytes.subarray(from, this.position)
  }

  private longZigzag(begun: number): number {
    let value = begun
    // Beyond 32 bits, so with arithmetic.
    for (let scale = 2 ** 14; scale < 2 ** 64; scale *= 128) {
      const byte = this.bytes[this.position++]
      if (byte === undefined) break
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value % 2 === 0 ? value / 2 : -(value + 1) / 2
    }
    throw endless()
  }
}

const endless = (): RangeError => new RangeError('a number in a record does not end')

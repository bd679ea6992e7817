/** A record as it lies in an unpacked batch; bytes are views. */
export interface RawRecord {
  readonly offsetDelta: number
  readonly timestampDelta: number
  readonly key: Buffer | null
  readonly value: Buffer | null
  /** The header block, its count included. */
  readonly headers: Buffer
}

/** Reads record after record. Throws `RangeError` where one leaves the batch. */
export const createRecordCursor = (bytes: Buffer): { record(): RawRecord } => {
  let position = 0

  const zigzag = (): number => {
    let value = 0
    for (let scale = 1; scale < 2 ** 64; scale *= 128) {
      const byte = bytes[position++]
      if (byte === undefined) break
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value % 2 === 0 ? value / 2 : -(value + 1) / 2
    }
    throw new RangeError('a number in a record does not end')
  }

  const nullable = (until: number): Buffer | null => {
    const length = zigzag()
    if (length < 0) return null
    const from = position
    position += length
    if (position > until) throw new RangeError('a field leaves its record')
    return bytes.subarray(from, position)
  }

  return {
    record() {
      const length = zigzag()
      const until = position + length
      if (length < 0 || until > bytes.length) throw new RangeError('a record leaves its batch')
      position++
      const timestampDelta = zigzag()
      const offsetDelta = zigzag()
      const key = nullable(until)
      const value = nullable(until)
      const headers = bytes.subarray(position, until)
      if (headers.length === 0) throw new RangeError('a record without a header count')
      position = until
      return { offsetDelta, timestampDelta, key, value, headers }
    },
  }
}

/** How many bytes a zigzag varint of `value` takes; exact for safe integers. */
export const zigzagSize = (value: number): number => {
  let size = 1
  for (let rest = zigzagOf(value); rest >= 0x80; rest = Math.floor(rest / 128)) size++
  return size
}

/** Writes a zigzag varint; the position behind it. */
export const zigzagBytes = (into: Buffer, position: number, value: number): number => {
  let next = position
  let rest = zigzagOf(value)
  for (; rest >= 0x80; rest = Math.floor(rest / 128)) into[next++] = (rest % 128) | 0x80
  into[next++] = rest
  return next
}

const zigzagOf = (value: number): number => (value < 0 ? -value * 2 - 1 : value * 2)

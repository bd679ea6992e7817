import { HeaderBlock, type OutboundRecord } from '@interchange/messaging'

/**
 * Many records that wait to be sent, as bytes in a few large buffers: hundreds of thousands of them as objects would keep the
 * collector busy while waiting times are taken.
 */
export interface PackedRecords {
  readonly length: number
  /** Records `from` to `until` - 1, as views. */
  slice(from: number, until: number): readonly OutboundRecord[]
}

const chunkBytes = 8 * 1024 * 1024
/** Per record: chunk, position in it, partition, and the ends of key, value and headers from there. */
const fields = 6

/** `recordOf` is asked for 0 to `length` - 1; every record has a key and a value. Throws when one is larger than a chunk. */
export const packRecords = (
  length: number,
  topic: string,
  recordOf: (index: number) => OutboundRecord,
): PackedRecords => {
  const chunks = [Buffer.allocUnsafeSlow(chunkBytes)]
  const places = new Uint32Array(fields * length)
  let used = 0
  for (let index = 0; index < length; index++) {
    const { key, value, headers, partition } = recordOf(index)
    const parts = [key ?? Buffer.alloc(0), value ?? Buffer.alloc(0), headers.bytes]
    const bytes = parts.reduce((sum, part) => sum + part.length, 0)
    if (bytes > chunkBytes) throw new RangeError(`record ${index} has ${bytes} bytes`)
    if (used + bytes > chunkBytes) {
      chunks.push(Buffer.allocUnsafeSlow(chunkBytes))
      used = 0
    }
    let end = 0
    const ends = parts.map((part) => {
      chunks.at(-1)?.set(part, used + end)
      end += part.length
      return end
    })
    places.set([chunks.length - 1, used, partition, ...ends], fields * index)
    used += bytes
  }

  const viewOf = (index: number): OutboundRecord => {
    const [chunk = 0, start = 0, partition = 0, keyEnd = 0, valueEnd = 0, end = 0] = places.subarray(fields * index)
    const bytes = chunks[chunk]?.subarray(start, start + end) ?? Buffer.alloc(0)
    return {
      topic,
      partition,
      key: bytes.subarray(0, keyEnd),
      value: bytes.subarray(keyEnd, valueEnd),
      headers: new HeaderBlock(bytes.subarray(valueEnd)),
    }
  }

  return {
    length,
    slice: (from, until) =>
      Array.from({ length: Math.max(0, Math.min(until, length) - from) }, (_, index) => viewOf(from + index)),
  }
}

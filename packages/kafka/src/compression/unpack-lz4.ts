import { CompressionError, createGrowingBytes, type GrowingBytes } from './growing-bytes.ts'

const frameMagic = 0x184d2204
const minMatch = 4

/** An LZ4 frame (trap K24). Its own checksums are not read: Kafka's CRC over the batch has been checked by then. */
export const unpackLz4 = (bytes: Buffer, bytesMax: number): Buffer => {
  if (bytes.length < 7 || bytes.readUInt32LE(0) !== frameMagic) throw new CompressionError('not an LZ4 frame')
  const flags = bytes.readUInt8(4)
  const has = (bit: number): boolean => (flags & bit) !== 0
  let at = 6 + (has(0x08) ? 8 : 0) + (has(0x01) ? 4 : 0) + 1
  const out = createGrowingBytes(bytes.length * 2, bytesMax)
  while (at + 4 <= bytes.length) {
    const header = bytes.readUInt32LE(at)
    at += 4
    if (header === 0) return out.result()
    const length = header & 0x7fffffff
    if (at + length > bytes.length) throw new CompressionError('an LZ4 block that leaves the frame')
    if (header >= 0x80000000) out.append(bytes, at, length)
    else unpackBlock(bytes.subarray(at, at + length), out)
    at += length + (has(0x10) ? 4 : 0)
  }
  throw new CompressionError('an LZ4 frame without an end')
}

const unpackBlock = (block: Buffer, out: GrowingBytes): void => {
  let at = 0
  const byte = (): number => {
    const value = block[at++]
    if (value === undefined) throw new CompressionError('an LZ4 block that ends too early')
    return value
  }
  /** Lengths of 15 go on in further bytes, until one is not 255. */
  const extended = (short: number): number => {
    if (short !== 15) return short
    let length = short
    for (let more = 255; more === 255; length += more) more = byte()
    return length
  }
  while (at < block.length) {
    const token = byte()
    const literal = extended(token >> 4)
    out.append(block, at, literal)
    at += literal
    if (at >= block.length) return
    const distance = byte() | (byte() << 8)
    out.repeat(distance, extended(token & 15) + minMatch)
  }
}

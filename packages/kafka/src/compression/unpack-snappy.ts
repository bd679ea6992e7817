import { CompressionError, createGrowingBytes, type GrowingBytes } from './growing-bytes.ts'

const xerialMagic = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00])
const xerialHeaderBytes = 16

/** Snappy as Kafka carries it: in the Java library's chunks, or bare as some other clients write it (trap K24). */
export const unpackSnappy = (bytes: Buffer, bytesMax: number): Buffer => {
  if (!bytes.subarray(0, xerialMagic.length).equals(xerialMagic)) {
    const out = createGrowingBytes(readLength(bytes).value, bytesMax)
    unpackBlock(bytes, out)
    return out.result()
  }
  const out = createGrowingBytes(bytes.length * 2, bytesMax)
  let at = xerialHeaderBytes
  while (at + 4 <= bytes.length) {
    const length = bytes.readInt32BE(at)
    at += 4
    if (length < 0 || at + length > bytes.length) throw new CompressionError('a snappy chunk that leaves the batch')
    unpackBlock(bytes.subarray(at, at + length), out)
    at += length
  }
  return out.result()
}

const unpackBlock = (block: Buffer, out: GrowingBytes): void => {
  let at = readLength(block).next
  const byte = (): number => {
    const value = block[at++]
    if (value === undefined) throw new CompressionError('a snappy block that ends too early')
    return value
  }
  const littleEndian = (count: number): number => {
    let value = 0
    for (let index = 0; index < count; index++) value += byte() * 256 ** index
    return value
  }
  while (at < block.length) {
    const tag = byte()
    const kind = tag & 3
    if (kind === 0) {
      const short = tag >> 2
      const length = (short < 60 ? short : littleEndian(short - 59)) + 1
      out.append(block, at, length)
      at += length
    } else if (kind === 1) out.repeat(((tag >> 5) << 8) | byte(), ((tag >> 2) & 7) + 4)
    else out.repeat(littleEndian(kind === 2 ? 2 : 4), (tag >> 2) + 1)
  }
}

/** The unpacked length at the front of a block, a varint. */
const readLength = (block: Buffer): { value: number; next: number } => {
  let value = 0
  for (let next = 0; next < 5; ) {
    const byte = block[next]
    if (byte === undefined) break
    value += (byte & 0x7f) * 128 ** next
    next++
    if (byte < 0x80) return { value, next }
  }
  throw new CompressionError('a snappy block without a length')
}

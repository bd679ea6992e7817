/** A batch that cannot be unpacked, or would unpack to more than the limit. */
export class CompressionError extends Error {
  override readonly name = 'CompressionError'
}

/** Bytes being unpacked: grows, never beyond `bytesMax`, and copies from what it already holds. */
export interface GrowingBytes {
  append(source: Buffer, from: number, length: number): void
  /** Repeats `length` bytes that begin `distance` bytes back; the two may overlap. */
  repeat(distance: number, length: number): void
  result(): Buffer
}

export const createGrowingBytes = (expectedBytes: number, bytesMax: number): GrowingBytes => {
  if (expectedBytes > bytesMax) throw tooLarge(bytesMax)
  let bytes = Buffer.allocUnsafe(Math.max(64, expectedBytes))
  let size = 0

  const room = (length: number): void => {
    const needed = size + length
    if (needed > bytesMax) throw tooLarge(bytesMax)
    if (needed <= bytes.length) return
    const larger = Buffer.allocUnsafe(Math.min(bytesMax, Math.max(needed, bytes.length * 2)))
    bytes.copy(larger, 0, 0, size)
    bytes = larger
  }

  return {
    append(source, from, length) {
      if (length < 0 || from + length > source.length) throw new CompressionError('a literal that leaves the block')
      room(length)
      source.copy(bytes, size, from, from + length)
      size += length
    },
    repeat(distance, length) {
      if (distance <= 0 || distance > size) throw new CompressionError('a copy from before the beginning')
      room(length)
      if (distance >= length) bytes.copyWithin(size, size - distance, size - distance + length)
      else for (let index = size; index < size + length; index++) bytes[index] = bytes[index - distance] ?? 0
      size += length
    },
    result: () => bytes.subarray(0, size),
  }
}

const tooLarge = (bytesMax: number): CompressionError => new CompressionError(`unpacks to more than ${bytesMax} bytes`)

import type avro from 'avsc'
import { frameBytes, writeFrame } from './frame.ts'

/** Writes framed values one behind the other into one buffer, so that header and body need no copy. */
export interface Slab {
  /** A slice that nobody writes to again. Throws what avsc throws on a value that does not fit. */
  write(id: number, type: avro.Type, value: unknown): Buffer
}

/** Creates a slab of `bytes` at a time. A slice keeps its whole slab in memory; values above half of it get their own. */
export const createSlab = (bytes: number): Slab => {
  let slab = Buffer.allocUnsafeSlow(bytes)
  let position = 0

  const writeAt = (buffer: Buffer, start: number, id: number, type: avro.Type, value: unknown): number => {
    const end = type.encode(value, buffer, start + frameBytes)
    if (end > 0) writeFrame(buffer, start, id)
    return end
  }

  const startNewSlab = (): Buffer => {
    slab = Buffer.allocUnsafeSlow(bytes)
    position = 0
    return slab
  }

  return {
    write(id, type, value) {
      const end = writeAt(slab, position, id, type, value)
      if (end > 0) {
        const written = slab.subarray(position, end)
        position = end
        return written
      }
      // avsc answers minus the number of bytes that were missing, so the second try fits.
      const needed = slab.length - end - position
      const isLarge = needed > bytes / 2
      const buffer = isLarge ? Buffer.allocUnsafeSlow(needed) : startNewSlab()
      const secondEnd = writeAt(buffer, 0, id, type, value)
      if (secondEnd <= 0) throw new RangeError('the value grew while it was written')
      if (!isLarge) position = secondEnd
      return buffer.subarray(0, secondEnd)
    },
  }
}

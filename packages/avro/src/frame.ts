/** Bytes of the Confluent frame: a zero, then the schema id as a big-endian 32-bit integer. */
export const frameBytes = 5

/** The schema id in the frame, as written (it may be zero or negative); undefined when the bytes are not framed. */
export const frameId = (bytes: Buffer): number | undefined =>
  bytes.length >= frameBytes && bytes[0] === 0 ? bytes.readInt32BE(1) : undefined

/** Writes the frame at `position`. The caller made room for `frameBytes`. */
export const writeFrame = (bytes: Buffer, position: number, id: number): void => {
  bytes[position] = 0
  bytes.writeInt32BE(id, position + 1)
}

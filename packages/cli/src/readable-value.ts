import { type Codec, InterchangeError, schemaMissing, type Topic } from '@interchange/messaging'

/** A value as a person can read it: decoded, or the bytes in base64 with the reason why not. */
export const readableValue = async (
  codec: Codec,
  topic: Topic<unknown> | undefined,
  bytes: Buffer | null,
): Promise<unknown> => {
  if (bytes === null || topic === undefined) return bytes === null ? null : { base64: bytes.toString('base64') }
  try {
    const decoded = codec.decode(topic, bytes)
    if (decoded !== schemaMissing) return decoded
    await codec.resolve(topic, bytes)
    return codec.decode(topic, bytes)
  } catch (error) {
    if (!(error instanceof InterchangeError)) throw error
    return { undecodable: error.code, reason: error.message, base64: bytes.toString('base64') }
  }
}

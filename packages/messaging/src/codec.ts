import type { AnyTopic, Topic } from './topic.ts'

/** What `Codec.decode` answers when the writer's schema is not here yet: await `resolve`, then decode again. */
export const schemaMissing: unique symbol = Symbol('schema missing')

/**
 * Values to bytes and back, synchronous on the hot path (design page 4): everything that needs the network happens in
 * `prepare` and `resolve`.
 */
export interface Codec {
  /** Resolves, before the first message, what the topics' values are written with. Rejects with class `outage` or `fatal`. */
  prepare(topics: readonly AnyTopic[]): Promise<void>
  /** The value in framing and bytes. Throws class `poison` (`ICX_AVRO_ENCODE`) when it does not fit. */
  encode<Value>(topic: Topic<Value>, value: Value): Buffer
  /** Throws class `contract` when the bytes are wrong for good; answers `schemaMissing` when it cannot know yet. */
  decode<Value>(topic: Topic<Value>, bytes: Buffer): Value | typeof schemaMissing
  /** Brings the writer schema of these bytes. Rejects with class `outage` (wait) or `contract` (dead letter). */
  resolve(topic: AnyTopic, bytes: Buffer): Promise<void>
  /** The schema id in the frame, undefined when there is none. */
  schemaId(bytes: Buffer): number | undefined
}

import { deserialize, serialize } from 'node:v8'
import { type AnyTopic, type Codec, InterchangeError } from '@interchange/messaging'

/** Values as Node's structured clone holds them (bigint, Date, undefined): no schema, no registry. Remembers the topics it wrote. */
export const createStructuredCodec = (): Codec & { readonly written: ReadonlyMap<string, AnyTopic> } => {
  const written = new Map<string, AnyTopic>()
  return {
    written,
    prepare: async () => undefined,
    encode(topic, value) {
      written.set(topic.name, topic)
      return serialize(value)
    },
    decode(_topic, bytes) {
      try {
        return deserialize(bytes)
      } catch (cause) {
        throw new InterchangeError('ICX_AVRO_MALFORMED', 'not a value of the test codec', { class: 'contract', cause })
      }
    },
    resolve: async () => undefined,
    schemaId: () => undefined,
  }
}

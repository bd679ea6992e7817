import { type Codec, InterchangeError, schemaMissing, type Topic, type Transport } from '@interchange/messaging'
import type { Letter } from './letter.ts'
import { type LetterFacts, type OriginalRecord, readLetter } from './letter-facts.ts'

/** A letter with its bytes and what they mean. */
export interface ShownLetter {
  readonly letter: Letter
  readonly facts: LetterFacts
  readonly original: OriginalRecord
  /** Empty when the block cannot be read. A header whose value is null stays null. */
  readonly headers: readonly { readonly name: string; readonly value: string | null }[]
  readonly decoded:
    | { readonly ok: true; readonly value: unknown }
    | { readonly ok: false; readonly code: string; readonly message: string }
}

/** Reads a letter again from Kafka and decodes it with its writer's schema. Rejects with `ICX_LETTER_GONE` when it is no more. */
export const showLetter = async (
  { transport, codec }: { readonly transport: Transport; readonly codec: Codec },
  letter: Letter,
): Promise<ShownLetter> => {
  const { source, partition, offset } = letter
  const range = { topic: source.deadLetterTopic, partition, fromOffset: offset, untilOffset: offset + 1 }
  for await (const record of transport.read([range])) {
    if (record.offset !== offset) continue
    const { original, facts } = readLetter(record)
    const decoded = await decode(codec, source.topic, original.value)
    return { letter, facts, original, headers: readableHeaders(original), decoded }
  }
  throw new InterchangeError('ICX_LETTER_GONE', `${letter.id} is no longer in its topic.`, {
    class: 'poison',
    facts: { letterId: letter.id },
  })
}

const decode = async (codec: Codec, topic: Topic<unknown>, value: Buffer | null): Promise<ShownLetter['decoded']> => {
  if (value === null) return { ok: true, value: null }
  try {
    let decoded = codec.decode(topic, value)
    if (decoded === schemaMissing) {
      await codec.resolve(topic, value)
      decoded = codec.decode(topic, value)
    }
    if (decoded !== schemaMissing) return { ok: true, value: decoded }
    return { ok: false, code: 'ICX_AVRO_SCHEMA_UNKNOWN', message: "The writer's schema is not here." }
  } catch (error) {
    if (error instanceof InterchangeError) return { ok: false, code: error.code, message: error.message }
    throw error
  }
}

const readableHeaders = ({ headers }: OriginalRecord): ShownLetter['headers'] => {
  try {
    return headers.entries().map(({ name, value }) => ({ name, value: value?.toString('utf8') ?? null }))
  } catch (error) {
    if (error instanceof InterchangeError) return []
    throw error
  }
}

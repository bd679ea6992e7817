import {
  type Codec,
  ceHeaders,
  deadLetterHeaders,
  deadLetterTopicName,
  InterchangeError,
  type Topic,
  type TransportRecord,
} from '@interchange/messaging'
import type { MemoryTransport } from '@interchange/messaging/memory'

/** An event that a handler published. */
export interface PublishedEvent<Value> {
  readonly messageId: string
  readonly correlationId: string | undefined
  readonly causationId: string | undefined
  readonly key: string | null
  readonly value: Value
}

/** A dead letter, by what an engineer looks at first. */
export interface Letter {
  readonly messageId: string | undefined
  readonly code: string | undefined
  readonly failureClass: string | undefined
  readonly error: string | undefined
  readonly attempts: number
  /** The letter as it lies in the topic. */
  readonly record: TransportRecord
}

/** What became of the messages of a scenario. */
export interface Outcome<Effect> {
  /**
   * The events on a topic by their ids, in order. An event that a redelivery repeated counts once; it throws when the repetition has
   * other bytes, because then the handler depends on something beside its input.
   */
  published<Value>(topic: Topic<Value>): readonly PublishedEvent<Value>[]
  /** What was committed, in order; of a publish route nothing. */
  readonly effects: readonly Effect[]
  readonly letters: readonly Letter[]
  /** Ids of the messages that waited durably, for something or behind one of their key, by when they began. */
  readonly waited: readonly string[]
  /** Ids of those that still wait: behind a letter that holds their key. */
  readonly waiting: readonly string[]
}

export const publishedOn = <Value>(
  transport: MemoryTransport,
  codec: Codec,
  topic: Topic<Value>,
): readonly PublishedEvent<Value>[] => {
  const byId = new Map<string, TransportRecord>()
  for (const record of transport.records(topic.name)) {
    const id = record.headers.text(ceHeaders.id) ?? ''
    const first = byId.get(id)
    if (first === undefined) byId.set(id, record)
    else if (!sameBytes(first, record)) throw notRepeatable(topic.name, id)
  }
  return [...byId].map(([messageId, record]) => ({
    messageId,
    correlationId: record.headers.text(ceHeaders.correlationId),
    causationId: record.headers.text(ceHeaders.causationId),
    key: record.key?.toString() ?? null,
    value: decodedValue(codec, topic, record),
  }))
}

export const lettersOf = (transport: MemoryTransport, topicName: string, group: string): readonly Letter[] =>
  transport.records(deadLetterTopicName(topicName, group)).map((record) => {
    const text = (name: string): string | undefined => record.headers.text(name)
    return {
      messageId: text(deadLetterHeaders.messageId),
      code: text(deadLetterHeaders.code),
      failureClass: text(deadLetterHeaders.reason),
      error: text(deadLetterHeaders.errorMessage),
      attempts: Number(text(deadLetterHeaders.attempts)),
      record,
    }
  })

const sameBytes = (one: TransportRecord, other: TransportRecord): boolean =>
  Buffer.compare(one.value ?? Buffer.alloc(0), other.value ?? Buffer.alloc(0)) === 0 &&
  one.headers.text(ceHeaders.time) === other.headers.text(ceHeaders.time)

const notRepeatable = (topic: string, id: string): Error =>
  new Error(`A redelivery published ${id} on ${topic} with other content: the handler depends on more than its input.`)

const decodedValue = <Value>(codec: Codec, topic: Topic<Value>, record: TransportRecord): Value => {
  const decoded = record.value === null ? undefined : codec.decode(topic, record.value)
  if (decoded === undefined || typeof decoded === 'symbol') {
    throw new InterchangeError('ICX_AVRO_MALFORMED', `a record on ${topic.name} has no value`, { class: 'contract' })
  }
  return decoded
}

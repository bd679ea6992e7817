import { type DeliveryOutcome, deliveryOutcome, type ReplayAudit, replayAudit } from '@interchange/contracts'
import {
  type Codec,
  InterchangeError,
  type ReadRange,
  schemaMissing,
  type Topic,
  type Transport,
  type TransportRecord,
} from '@interchange/messaging'
import { toLetter } from './letter.ts'
import type { LetterBook } from './letter-book.ts'
import { readLetter } from './letter-facts.ts'
import type { LetterSource } from './letter-source.ts'

export interface LetterReading {
  readonly transport: Transport
  readonly codec: Codec
  readonly sources: readonly LetterSource[]
  readonly book: LetterBook
  readonly signal?: AbortSignal
}

/** Where the next read begins, per topic and partition. */
export type ReadPositions = ReadonlyMap<string, ReadRange>

/**
 * Reads letters, outcomes, audits and replay lanes from `positions` (undefined: the beginning) to their present ends, and
 * answers the ends. Topics that do not exist are passed over. Rejects with class `outage` when Kafka or the registry is down.
 */
export const readLetterBook = async (reading: LetterReading, positions?: ReadPositions): Promise<ReadPositions> => {
  const ends = await presentEnds(reading)
  const ranges = [...ends].flatMap(([place, end]): ReadRange[] => {
    const fromOffset = Math.max(positions?.get(place)?.fromOffset ?? 0, end.earliest)
    return fromOffset < end.latest
      ? [{ topic: end.topic, partition: end.partition, fromOffset, untilOffset: end.latest }]
      : []
  })
  await readInto(reading, ranges)
  return new Map(
    [...ends].map(([place, { topic, partition, latest }]) => [place, { topic, partition, fromOffset: latest }]),
  )
}

/** Follows the topics from `positions` until `signal` aborts or Kafka or the registry fails (then it rejects). */
export const followLetterBook = (reading: LetterReading, positions: ReadPositions): Promise<void> =>
  readInto(reading, [...positions.values()])

interface PartitionEnd {
  readonly topic: string
  readonly partition: number
  readonly earliest: number
  readonly latest: number
}

const presentEnds = async ({ transport, sources }: LetterReading): Promise<ReadonlyMap<string, PartitionEnd>> => {
  const wanted = [
    ...sources.flatMap(({ deadLetterTopic, lane }) => [deadLetterTopic, lane]),
    deliveryOutcome.name,
    replayAudit.name,
  ]
  const admin = await transport.createAdmin()
  try {
    const existing = await admin.partitionCounts(wanted)
    const offsets = await Promise.all(
      [...existing.keys()].map(async (topic) => (await admin.topicOffsets(topic)).map((ends) => ({ topic, ...ends }))),
    )
    return new Map(offsets.flat().map((end) => [`${end.topic}/${end.partition}`, end]))
  } finally {
    await admin.close()
  }
}

const readInto = async (reading: LetterReading, ranges: readonly ReadRange[]): Promise<void> => {
  if (ranges.length === 0) return
  const { transport, sources, book, signal } = reading
  const letters = new Map(sources.map((source) => [source.deadLetterTopic, source]))
  const lanes = new Map(sources.map((source) => [source.lane, source]))
  for await (const record of transport.read(ranges, signal === undefined ? {} : { signal })) {
    const letterSource = letters.get(record.topic)
    if (letterSource !== undefined) book.addLetter(toLetter(letterSource, record))
    const laneSource = lanes.get(record.topic)
    if (laneSource !== undefined) addSent(book, laneSource, record)
    if (record.topic === deliveryOutcome.name) {
      const outcome = await decodeKnown<DeliveryOutcome>(reading.codec, deliveryOutcome, record)
      if (outcome !== undefined) book.addOutcome(outcome)
    }
    if (record.topic === replayAudit.name) {
      const audit = await decodeKnown<ReplayAudit>(reading.codec, replayAudit, record)
      if (audit !== undefined) book.addAudit(audit)
    }
  }
}

const addSent = (book: LetterBook, source: LetterSource, record: TransportRecord): void => {
  const { facts } = readLetter(record)
  if (facts.replayId === undefined) return
  book.addSent({
    replayId: facts.replayId,
    group: source.group,
    topic: source.topic.name,
    messageId: facts.messageId,
    sentAtMs: record.timestampMs,
  })
}

/** Undefined for a record that is not ours: anybody may write to a topic, and one of theirs must not stop the desk. */
const decodeKnown = async <Value>(
  codec: Codec,
  topic: Topic<Value>,
  record: TransportRecord,
): Promise<Value | undefined> => {
  if (record.value === null) return undefined
  try {
    const value = codec.decode(topic, record.value)
    if (value !== schemaMissing) return value
    await codec.resolve(topic, record.value)
    const resolved = codec.decode(topic, record.value)
    return resolved === schemaMissing ? undefined : resolved
  } catch (error) {
    if (error instanceof InterchangeError && error.failureClass === 'contract') return undefined
    throw error
  }
}

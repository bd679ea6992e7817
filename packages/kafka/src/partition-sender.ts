import { setTimeout as sleep } from 'node:timers/promises'
import { InterchangeError, type OutboundRecord, type SendOutcome } from '@interchange/messaging'
import type { KafkaConfig } from './kafka-config.ts'
import { isRefusal, isTooLarge, isUntaken, kafkaError, rootOf } from './kafka-error.ts'

const batchRecordsMax = 500
const batchBytesMax = 512 * 1024
const recordOverheadBytes = 70
const unknownTopicPatienceMs = 2_000

/**
 * Sends the records of one partition, acks=all, tried once. Resolves with the offset of the first record, or undefined
 * when the answer names none; rejects when there is no answer, or a refusal.
 */
export type Produce = (
  topic: string,
  partition: number,
  records: readonly OutboundRecord[],
) => Promise<number | undefined>

/**
 * Sends by batches of one partition each, and batches of one partition follow each other: the broker takes or refuses a
 * batch as a whole, so the outcome of every record is exact. `produce` tries once; the repeating is here, because only
 * here is it known whether an earlier attempt may have been written. Not idempotent: duplicates are recognised downstream
 * by id anyway.
 */
export const createSend = (
  produce: Produce,
  config: KafkaConfig,
): ((records: readonly OutboundRecord[]) => Promise<readonly SendOutcome[]>) => {
  const sendPartition = createPartitionSender(produce, config)
  return async (records) => {
    const groups = byPartition(records)
    if (groups === undefined) return sendPartition(records)
    const outcomes: SendOutcome[] = new Array(records.length)
    await Promise.all(
      groups.map(async (indexes) => {
        const sent = await sendPartition(indexes.map((index) => records[index] as OutboundRecord))
        for (const [place, outcome] of sent.entries()) outcomes[indexes[place] as number] = outcome
      }),
    )
    return outcomes
  }
}

/** Sends the records of one partition in order, in bounded requests. */
const createPartitionSender =
  (produce: Produce, config: KafkaConfig) =>
  async (records: readonly OutboundRecord[]): Promise<readonly SendOutcome[]> => {
    const deadlineMs = Date.now() + (config.deliveryTimeoutMs ?? 10_000)
    let outcomes: readonly SendOutcome[] = []
    for (let from = 0; from < records.length; from = outcomes.length) {
      // Order within the partition: nothing overtakes a record whose fate is open.
      const open = outcomes.find((outcome) => outcome.status === 'unknown')
      if (open !== undefined) return records.map((_, index) => outcomes[index] ?? open)
      const until = requestEnd(records, from)
      const sent = await sendRequest(
        produce,
        from === 0 && until === records.length ? records : records.slice(from, until),
        deadlineMs,
      )
      outcomes = from === 0 ? sent : [...outcomes, ...sent]
    }
    return outcomes
  }

const sendRequest = async (
  produce: Produce,
  records: readonly OutboundRecord[],
  deadlineMs: number,
): Promise<SendOutcome[]> => {
  const first = records[0]
  if (first === undefined) return []
  const { topic, partition } = first
  const startedMs = Date.now()
  let mayBeWritten = false
  for (let attempt = 1; ; attempt++) {
    try {
      const baseOffset = await produce(topic, partition, records)
      if (baseOffset === undefined) {
        return records.map(() => ({
          status: 'unknown',
          error: unknownOutcome('the answer names no offset', { topic, partition }),
        }))
      }
      return records.map((_, index) => ({ status: 'ok', offset: baseOffset + index }))
    } catch (error) {
      const refused = isRefusal(error)
      mayBeWritten ||= !refused && !isUntaken(error)
      if (refused && isTooLarge(error) && records.length > 1 && !mayBeWritten) {
        return sendHalves(produce, records, deadlineMs)
      }
      const now = Date.now()
      const untilMs = refused ? patienceEndMs(error, startedMs) : deadlineMs
      if (now >= Math.min(untilMs, deadlineMs)) {
        const outcome = mayBeWritten
          ? ({
              status: 'unknown',
              error: unknownOutcome('no acknowledgement', { topic, partition, attempt }, error),
            } as const)
          : ({
              status: 'failed',
              error: kafkaError(error, `sending to ${topic}`, { topic, partition, attempt }),
            } as const)
        return records.map(() => outcome)
      }
      await sleep(Math.min(1_000, 50 * 2 ** attempt, Math.max(0, deadlineMs - now)))
    }
  }
}

/** A request over the topic's limit was not written at all; halved, so that only the record that is too large fails. */
const sendHalves = async (
  produce: Produce,
  records: readonly OutboundRecord[],
  deadlineMs: number,
): Promise<SendOutcome[]> => {
  const middle = records.length >> 1
  const left = await sendRequest(produce, records.slice(0, middle), deadlineMs)
  const open = left.find((outcome) => outcome.status === 'unknown')
  if (open !== undefined) return records.map((_, index) => left[index] ?? open)
  return [...left, ...(await sendRequest(produce, records.slice(middle), deadlineMs))]
}

/** A topic just created may be unknown to a broker for a moment; every other refusal is final at once. */
const patienceEndMs = (error: unknown, startedMs: number): number =>
  rootOf(error).type === 'UNKNOWN_TOPIC_OR_PARTITION' ? startedMs + unknownTopicPatienceMs : startedMs

const unknownOutcome = (
  what: string,
  facts: { topic: string; partition: number; attempt?: number },
  cause?: unknown,
): InterchangeError =>
  new InterchangeError('ICX_KAFKA_UNKNOWN_OUTCOME', `${facts.topic}: ${what}; the broker may have the records.`, {
    class: 'outage',
    facts,
    cause,
  })

/** Indexes of the records per partition, each in order; undefined where all are of one, as a publisher's are. */
const byPartition = (records: readonly OutboundRecord[]): number[][] | undefined => {
  const first = records[0]
  if (records.every(({ topic, partition }) => topic === first?.topic && partition === first.partition)) return undefined
  const groups = Map.groupBy(records.keys(), (index) => {
    const { topic, partition } = records[index] as OutboundRecord
    return `${partition} ${topic}`
  })
  return [...groups.values()]
}

/** Where a request of bounded count and size that begins at `from` ends; a record over the size goes alone. */
const requestEnd = (records: readonly OutboundRecord[], from: number): number => {
  let bytes = 0
  let index = from
  for (; index < records.length && index - from < batchRecordsMax; index++) {
    bytes += sizeOf(records[index] as OutboundRecord)
    if (bytes > batchBytesMax && index > from) break
  }
  return index
}

const sizeOf = ({ key, value, headers }: OutboundRecord): number =>
  recordOverheadBytes + (key?.length ?? 0) + (value?.length ?? 0) + headers.size

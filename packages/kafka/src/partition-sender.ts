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
  const sender = createPartitionSender(produce, config)
  return async (records) => {
    const outcomes: SendOutcome[] = new Array(records.length)
    await Promise.all(
      byPartition(records).map(async (indexes) => {
        for await (const [at, sent] of sender(indexes.map((index) => records[index] as OutboundRecord))) {
          for (const [offset, outcome] of sent.entries()) outcomes[indexes[at + offset] as number] = outcome
        }
      }),
    )
    return outcomes
  }
}

type PartitionSender = (records: readonly OutboundRecord[]) => AsyncGenerator<[at: number, outcomes: SendOutcome[]]>

/** Sends the records of one partition in order, in bounded requests; says what became of each request's records. */
const createPartitionSender = (produce: Produce, config: KafkaConfig): PartitionSender =>
  async function* (records) {
    const deadlineMs = Date.now() + (config.deliveryTimeoutMs ?? 10_000)
    let unsettled: InterchangeError | undefined
    for (const [from, until] of requestsOf(records)) {
      // Order within the partition: nothing overtakes a record whose fate is open.
      if (unsettled !== undefined) {
        const error = unsettled
        yield [from, records.slice(from, until).map(() => ({ status: 'unknown', error }))]
        continue
      }
      const outcomes = await sendRequest(produce, records.slice(from, until), deadlineMs)
      unsettled = outcomes.find((outcome) => outcome.status === 'unknown')?.error
      yield [from, outcomes]
    }
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

/** Indexes of the records per partition, each in order. */
const byPartition = (records: readonly OutboundRecord[]): number[][] => {
  const groups = new Map<string, number[]>()
  for (const [index, { topic, partition }] of records.entries()) {
    const key = `${partition} ${topic}`
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [index])
    else group.push(index)
  }
  return [...groups.values()]
}

/** Cuts records into requests of bounded count and size; a record over the size goes alone. */
function* requestsOf(records: readonly OutboundRecord[]): Generator<[from: number, until: number]> {
  let from = 0
  let bytes = 0
  for (const [index, record] of records.entries()) {
    const size = sizeOf(record)
    if (index > from && (bytes + size > batchBytesMax || index - from >= batchRecordsMax)) {
      yield [from, index]
      from = index
      bytes = 0
    }
    bytes += size
  }
  if (from < records.length) yield [from, records.length]
}

const sizeOf = ({ key, value, headers }: OutboundRecord): number =>
  recordOverheadBytes + (key?.length ?? 0) + (value?.length ?? 0) + headers.size

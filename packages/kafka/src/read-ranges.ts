import { setTimeout as sleep } from 'node:timers/promises'
import type { ReadRange, TopicPartition, TransportRecord } from '@interchange/messaging'
import type { FetchedRecords } from './group-session.ts'
import { kafkaError, rootOf } from './kafka-error.ts'

const attemptsMax = 8

const passing = new Set([
  'NOT_LEADER_FOR_PARTITION',
  'NOT_LEADER_OR_FOLLOWER',
  'LEADER_NOT_AVAILABLE',
  'FENCED_LEADER_EPOCH',
  'UNKNOWN_LEADER_EPOCH',
])

/** Where a fetch begins. */
export interface FetchPosition extends TopicPartition {
  readonly offset: number
}

/** A client that fetches outside any group. Nothing connects before the first fetch. */
export interface RangeClient {
  /** Committed records behind the positions; waits shortly for the first. Partitions without news may be absent. */
  fetch(positions: readonly FetchPosition[]): Promise<readonly FetchedRecords[]>
  /** Asks again who leads what. */
  refresh(): Promise<void>
  /** Ends every connection now. */
  destroy(): void
  close(): Promise<void>
}

interface Position extends FetchPosition {
  readonly untilOffset: number
  offset: number
}

/**
 * Reads ranges by fetching from their leaders: no group, nothing committed, nothing to clean up but sockets. Committed
 * records only. Rejects with `ICX_KAFKA_OFFSET_OUT_OF_RANGE` where a range begins outside the log.
 */
export async function* readRanges(
  client: RangeClient,
  ranges: readonly ReadRange[],
  signal: AbortSignal | undefined,
): AsyncGenerator<TransportRecord> {
  const aborted = (): boolean => signal?.aborted ?? false
  signal?.addEventListener('abort', client.destroy, { once: true })
  let open: Position[] = ranges
    .map(({ topic, partition, fromOffset, untilOffset }) => ({
      topic,
      partition,
      offset: fromOffset,
      untilOffset: untilOffset ?? Number.POSITIVE_INFINITY,
    }))
    .filter(({ offset, untilOffset }) => offset < untilOffset)
  let failures = 0
  try {
    while (open.length > 0 && !aborted()) {
      try {
        const fetched = await client.fetch(open)
        failures = 0
        for (const record of fetched.flatMap((batch) => advance(open, batch))) {
          yield record
          if (aborted()) return
        }
        open = open.filter(({ offset, untilOffset }) => offset < untilOffset)
      } catch (error) {
        if (aborted()) return
        const mapped = kafkaError(error, 'reading ranges')
        if (mapped.code !== 'ICX_KAFKA_UNAVAILABLE' || ++failures >= attemptsMax) throw mapped
        await sleep(50 * 2 ** failures)
        if (passing.has(rootOf(error).type ?? '')) await client.refresh().catch(() => undefined)
      }
    }
  } finally {
    signal?.removeEventListener('abort', client.destroy)
    await Promise.race([client.close().catch(() => undefined), sleep(1_000, undefined, { ref: false })])
    client.destroy()
  }
}

/** Moves the position behind a batch; the records of it that the range wants. */
const advance = (open: readonly Position[], batch: FetchedRecords): readonly TransportRecord[] => {
  const position = open.find(({ topic, partition }) => topic === batch.topic && partition === batch.partition)
  if (position === undefined) return []
  position.offset = batch.nextOffset
  return batch.records.filter(({ offset }) => offset < position.untilOffset)
}

/** The error of asking for a partition that is not there, as a broker would word it. */
export const unknownPartition = (topic: string, partition: number): Error =>
  Object.assign(new Error(`${topic} has no partition ${partition}`), { type: 'UNKNOWN_TOPIC_OR_PARTITION' })

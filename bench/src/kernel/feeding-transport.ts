import type { AssignedPartition, RecordBatch, Transport, TransportRecord } from '@interchange/messaging'
import { partitionCount } from './order-event.ts'

/** A transport without a client: hands out records that were made beforehand, so that what is left is what the kernel does. */
export interface FeedingTransport extends Transport {
  /** Hands out batches, the partitions in turn, as the consumer has room for them. */
  feed(batches: readonly RecordBatch[]): void
}

const batchRecords = 500
const epoch = 1

/** Consecutive records of one partition as its driver would deliver them. */
export const batchesOf = (records: readonly TransportRecord[]): readonly RecordBatch[] => {
  const batches: RecordBatch[] = []
  for (let from = 0; from < records.length; from += batchRecords) {
    const batch = records.slice(from, from + batchRecords)
    const [first, last] = [batch.at(0), batch.at(-1)]
    if (first === undefined || last === undefined) break
    const { topic, partition } = first
    const nextOffset = last.offset + 1
    batches.push({ topic, partition, epoch, records: batch, nextOffset, highWatermark: nextOffset })
  }
  return batches
}

/** One consumer at a time, which gets all partitions of `topic` at once and whose commits are taken as they come. */
export const createFeedingTransport = (topic: string): FeedingTransport => {
  const queues: RecordBatch[][] = Array.from({ length: partitionCount }, () => [])
  const paused = new Set<number>()
  let take: ((batch: RecordBatch) => void) | undefined
  let scheduled = false

  const schedule = (): void => {
    if (scheduled) return
    scheduled = true
    setImmediate(hand)
  }

  const hand = (): void => {
    scheduled = false
    let left = false
    for (const [partition, queue] of queues.entries()) {
      if (paused.has(partition)) continue
      const batch = queue.shift()
      if (batch !== undefined) take?.(batch)
      left ||= queue.length > 0
    }
    if (left) schedule()
  }

  return {
    driver: 'feeding',
    feed(batches) {
      for (const batch of batches) queues[batch.partition]?.push(batch)
      schedule()
    },
    async createConsumer({ onBatch, onAssigned }) {
      take = onBatch
      const assigned: AssignedPartition[] = queues.map((_, partition) => ({ topic, partition, epoch }))
      onAssigned(assigned)
      return {
        pause: (partitions) => {
          for (const { partition } of partitions) paused.add(partition)
        },
        resume: (partitions) => {
          for (const { partition } of partitions) paused.delete(partition)
          schedule()
        },
        seek: () => undefined,
        commit: async () => [],
        assignment: () => assigned,
        close: async () => undefined,
      }
    },
    createProducer: async () => ({
      send: async (records) => {
        throw new Error(`${records.length} records were published where none should be`)
      },
      close: async () => undefined,
    }),
    createAdmin: () => Promise.reject(new Error('there is no cluster behind this transport')),
    read: () => {
      throw new Error('there is no log behind this transport')
    },
  }
}

import { createFifo, type Fifo } from '../fifo.ts'
import type { SendOutcome } from '../transport.ts'
import type { QueuedSend } from './queued-send.ts'

/** A record that is queued, or waits for its answer. */
export interface Pending {
  readonly send: QueuedSend
  readonly bytes: number
  over: boolean
  /** A batch with it was refused: it travels alone now, so that one bad record takes no other with it. */
  alone: boolean
  /** What became of it, once that is known for good. */
  outcome: SendOutcome | undefined
}

/** What waits for one partition, and how its requests fare. */
export interface PartitionQueue {
  readonly topic: string
  readonly pending: Fifo<Pending>
  bytes: number
  sending: boolean
  backingOff: boolean
  /** Requests in a row that did not go through. */
  failures: number
  dueListed: boolean
}

export const createPartitionQueue = (topic: string): PartitionQueue => ({
  topic,
  pending: createFifo(),
  bytes: 0,
  sending: false,
  backingOff: false,
  failures: 0,
  dueListed: false,
})

/** The next request's records, in order. Those that nobody waits for any more are given to `drop` instead. */
export const takeBatch = (
  queue: PartitionQueue,
  { batchRecordsMax, batchBytesMax }: { readonly batchRecordsMax: number; readonly batchBytesMax: number },
  drop: (pending: Pending) => void,
): Pending[] => {
  const batch: Pending[] = []
  for (let bytes = 0; batch.length < batchRecordsMax; ) {
    const next = queue.pending.peek()
    if (next === undefined || (batch.length > 0 && (next.alone || bytes + next.bytes > batchBytesMax))) break
    queue.pending.shift()
    queue.bytes -= next.bytes
    if (next.over) drop(next)
    else {
      batch.push(next)
      bytes += next.bytes
      if (next.alone) break
    }
  }
  return batch
}

/** In front of what waits, in their order. */
export const putBack = (queue: PartitionQueue, again: readonly Pending[]): void => {
  queue.pending.unshift(again)
  for (const pending of again) queue.bytes += pending.bytes
}

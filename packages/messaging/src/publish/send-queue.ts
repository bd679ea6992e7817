import type { Clock } from '../clock.ts'
import type { InterchangeError } from '../failure/failure.ts'
import { createFifo } from '../fifo.ts'
import type { SendOutcome, TransportProducer } from '../transport.ts'
import { createPartitionQueue, type PartitionQueue, type Pending, putBack, takeBatch } from './partition-queue.ts'
import {
  bytesOf,
  deadlinePassed,
  full,
  isRecordRefusal,
  mayTryAgain,
  type QueuedSend,
  unknown,
  unknownForAll,
} from './queued-send.ts'

export interface SendQueueOptions {
  readonly producer: TransportProducer
  readonly clock: Clock
  readonly random: () => number
  /** Longest time a record waits for company, which it does only while a request is under way; else until this turn ends. */
  readonly lingerMs: number
  readonly batchRecordsMax: number
  readonly batchBytesMax: number
  /** Records and bytes that may be queued or under way; more wait for room, at most `waitersMax` of them. */
  readonly inFlightRecordsMax: number
  readonly inFlightBytesMax: number
  readonly waitersMax: number
  readonly retryBackoffMs: number
  readonly retryBackoffMsMax: number
  readonly onSent: (topic: string, count: number, durationMs: number) => void
}

/**
 * Gathers records per partition and sends each group in one request of one partition (trap K1), one request at a time per
 * partition, so that what was queued first arrives first even when a request has to be repeated. No timer per record.
 */
export interface SendQueue {
  add(send: QueuedSend): void
  /** Resolves when nothing is queued or under way that still has somebody waiting for it. */
  flush(): Promise<void>
  /** Refuses whatever has no answer yet. */
  abandon(error: InterchangeError): void
}

const sweepEveryMs = 100

export const createSendQueue = (options: SendQueueOptions): SendQueue => {
  const { producer, clock } = options
  const queues = new Map<string, (PartitionQueue | undefined)[]>()
  const waiters = createFifo<Pending>()
  const underWay = new Set<readonly Pending[]>()
  let due: PartitionQueue[] = []
  let heldRecords = 0
  let heldBytes = 0
  let unanswered = 0
  let sweeping = false
  let whenEmpty: (() => void)[] = []

  const queueOf = (topic: string, partition: number): PartitionQueue => {
    let byPartition = queues.get(topic)
    if (byPartition === undefined) {
      byPartition = []
      queues.set(topic, byPartition)
    }
    let queue = byPartition[partition]
    if (queue === undefined) {
      queue = createPartitionQueue(topic)
      byPartition[partition] = queue
    }
    return queue
  }

  const hasRoom = (bytes: number): boolean =>
    heldRecords === 0 || (heldRecords < options.inFlightRecordsMax && heldBytes + bytes <= options.inFlightBytesMax)

  const add = (send: QueuedSend): void => {
    const pending: Pending = { send, bytes: bytesOf(send.record), over: false, alone: false, outcome: undefined }
    unanswered++
    if (send.deadlineAtMs !== Number.POSITIVE_INFINITY) sweepLater()
    if (waiters.size === 0 && hasRoom(pending.bytes)) admit(pending)
    else if (waiters.size < options.waitersMax) waiters.push(pending)
    else refuse(pending, full(waiters.size))
  }

  const admit = (pending: Pending): void => {
    heldRecords++
    heldBytes += pending.bytes
    const queue = queueOf(pending.send.record.topic, pending.send.record.partition)
    queue.pending.push(pending)
    queue.bytes += pending.bytes
    if (queue.sending || queue.backingOff) return
    if (queue.pending.size >= options.batchRecordsMax || queue.bytes >= options.batchBytesMax) transmit(queue)
    else if (!queue.dueListed) {
      queue.dueListed = true
      // Company comes from who waits for an answer: without a request under way, nobody does.
      if (due.push(queue) === 1 && underWay.size > 0 && options.lingerMs > 0) clock.after(options.lingerMs, transmitDue)
      else if (due.length === 1) setImmediate(transmitDue)
    }
  }

  const transmitDue = (): void => {
    const ready = due
    due = []
    for (const queue of ready) {
      queue.dueListed = false
      transmit(queue)
    }
  }

  const transmit = (queue: PartitionQueue): void => {
    if (queue.sending || queue.backingOff) return
    const batch = takeBatch(queue, options, leave)
    if (batch.length === 0) return
    underWay.add(batch)
    queue.sending = true
    const startedAtMs = clock.now()
    let request: Promise<readonly SendOutcome[]>
    try {
      request = producer.send(batch.map((pending) => pending.send.record))
    } catch (error) {
      request = Promise.reject(error)
    }
    request.then(
      (outcomes) => arrived(queue, batch, outcomes, startedAtMs),
      (error) => arrived(queue, batch, unknownForAll(batch.length, error), startedAtMs),
    )
  }

  const arrived = (
    queue: PartitionQueue,
    batch: readonly Pending[],
    outcomes: readonly SendOutcome[],
    startedAtMs: number,
  ): void => {
    const again: Pending[] = []
    const apart = batch.length > 1 && batch.every((_, index) => isRecordRefusal(outcomes[index]))
    let acknowledged = 0
    let index = 0
    underWay.delete(batch)
    for (const pending of batch) {
      const outcome = outcomes[index++] ?? unknown(undefined)
      if (outcome.status !== 'ok' && !pending.over && (apart || mayTryAgain(outcome))) {
        again.push(pending)
        pending.alone ||= apart
        if (apart) continue
        notify(pending.send, pending.send.retried, outcome.error)
        continue
      }
      leave(pending)
      if (outcome.status === 'ok') acknowledged++
      pending.outcome = outcome
    }
    if (acknowledged > 0) options.onSent(queue.topic, acknowledged, clock.now() - startedAtMs)
    queue.sending = false
    if (again.length > 0) {
      putBack(queue, again)
      if (apart) transmit(queue)
      else backOff(queue)
    } else {
      queue.failures = 0
      if (queue.pending.size > 0) transmit(queue)
    }
    admitWaiters()
    // What follows is on its way before those who get their answers now make more: broker and callers work at the same time.
    if (queue.sending) setImmediate(answer, batch)
    else answer(batch)
    if (due.length > 0) setImmediate(transmitDue)
  }

  const answer = (batch: readonly Pending[]): void => {
    for (const pending of batch) if (pending.outcome !== undefined) close(pending, pending.outcome)
  }

  const backOff = (queue: PartitionQueue): void => {
    const bound = Math.min(options.retryBackoffMsMax, options.retryBackoffMs * 2 ** Math.min(queue.failures++, 20))
    queue.backingOff = true
    clock.after(Math.ceil(bound / 2 + (options.random() * bound) / 2), () => {
      queue.backingOff = false
      transmit(queue)
    })
  }

  /** Gives its room back. */
  const leave = (pending: Pending): void => {
    heldRecords--
    heldBytes -= pending.bytes
  }

  const admitWaiters = (): void => {
    for (let next = waiters.peek(); next !== undefined && (next.over || hasRoom(next.bytes)); next = waiters.peek()) {
      waiters.shift()
      if (!next.over) admit(next)
    }
  }

  /** Gives the answer to whoever still waits for it. */
  const close = (pending: Pending, outcome: SendOutcome): void => {
    if (pending.over) return
    pending.over = true
    unanswered--
    if (outcome.status === 'ok') notify(pending.send, pending.send.acknowledged, outcome.offset)
    else notify(pending.send, pending.send.refused, outcome.error)
    if (unanswered === 0 && whenEmpty.length > 0) {
      const resolvers = whenEmpty
      whenEmpty = []
      for (const resolve of resolvers) resolve()
    }
  }

  const refuse = (pending: Pending, error: InterchangeError): void => close(pending, { status: 'failed', error })

  const sweepLater = (): void => {
    if (sweeping) return
    sweeping = true
    clock.after(sweepEveryMs, sweep)
  }

  const sweep = (): void => {
    sweeping = false
    const nowMs = clock.now()
    let left = false
    for (const pending of [...everyPending()]) {
      if (pending.over) continue
      if (pending.send.deadlineAtMs <= nowMs) refuse(pending, deadlinePassed())
      else if (pending.send.deadlineAtMs !== Number.POSITIVE_INFINITY) left = true
    }
    for (const byPartition of queues.values()) for (const queue of byPartition) queue && forgetExpired(queue)
    admitWaiters()
    if (left) sweepLater()
  }

  /** Expired records at the head give their room back at once; those behind do when their turn comes. */
  const forgetExpired = (queue: PartitionQueue): void => {
    for (let head = queue.pending.peek(); head?.over === true; head = queue.pending.peek()) {
      queue.pending.shift()
      queue.bytes -= head.bytes
      leave(head)
    }
  }

  const everyPending = function* (): Iterable<Pending> {
    for (const byPartition of queues.values()) for (const queue of byPartition) if (queue) yield* queue.pending.items()
    for (const batch of underWay) yield* batch
    yield* waiters.items()
  }

  return {
    add,
    abandon(error) {
      for (const pending of [...everyPending()]) refuse(pending, error)
    },
    flush() {
      transmitDue()
      return unanswered === 0 ? Promise.resolve() : new Promise((resolve) => whenEmpty.push(resolve))
    },
  }
}

/** A listener that throws must not stop the queue. */
const notify = <Fact>(send: QueuedSend, listener: ((fact: Fact) => void) | undefined, fact: Fact): void => {
  try {
    listener?.call(send, fact)
  } catch {
    // The listener is ours (a promise's resolve or reject, a counter); it has nobody else to tell.
  }
}

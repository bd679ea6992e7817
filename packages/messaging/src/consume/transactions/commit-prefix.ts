import type { InterchangeError } from '../../failure/failure.ts'
import type { SettledAs } from '../../metrics.ts'
import type { OutboundRecord } from '../../transport.ts'
import { type GroupState, recovered, troubled } from '../group-state.ts'
import type { Message, OwnedPartition } from '../message.ts'
import type { PartitionTransaction } from './partition-transaction.ts'
import { transact } from './transact.ts'

export interface CommitPrefixOptions {
  readonly state: GroupState
  /** Its offset has passed. */
  readonly settled: (message: Message, as: SettledAs) => void
  /** What it answered is refused; it is under way again. */
  readonly failed: (message: Message, error: InterchangeError) => void
  /** Another owner has to be made. */
  readonly lost: (
    partition: OwnedPartition,
    transaction: PartitionTransaction<Message>,
    error: InterchangeError,
  ) => void
}

/** How long until a letter that Kafka refuses is tried again. */
const letterRetryMs = 1_000

/** One transaction with the contiguous prefix of what is ready, so that offset, outputs and letters agree. Never rejects. */
export type CommitPrefix = (partition: OwnedPartition, transaction: PartitionTransaction<Message>) => Promise<void>

export const createCommitPrefix = (options: CommitPrefixOptions): CommitPrefix => {
  const { state } = options
  const { clock, metrics, group } = state.options

  const commitPrefix: CommitPrefix = async (partition, transaction) => {
    const { messages, offset } = prefixOf(partition, transaction, state.limits.transactionMessagesMax)
    transaction.fresh = 0
    if (transaction.producer === undefined || partition.ended) return
    // Up to here an earlier owner, or a transaction whose end we did not hear of, has committed it.
    if (offset === undefined || offset <= partition.committed) {
      settle(transaction, messages)
      return
    }
    const { records, writers } = writesOf(partition, transaction, messages)
    const startedAtMs = clock.now()
    const result = await transact(transaction.producer, records, {
      group,
      offsets: [{ topic: partition.topic, partition: partition.partition, offset }],
      membership: state.consumer?.membership?.(),
    })
    // Whoever has the partition now takes it over, and reads there what became of this.
    if (partition.ended) return
    if (result.status === 'lost') options.lost(partition, transaction, result.error)
    else if (result.status === 'refused') {
      const refused = new Map<Message, InterchangeError>()
      for (const [at, error] of result.refusals) {
        const writer = writers[at]
        if (writer !== undefined) refused.set(writer, error)
      }
      await takeBack(transaction, refused, messages)
    } else {
      recovered(state, 'transaction')
      transaction.messagesMax = Number.POSITIVE_INFINITY
      partition.committed = offset
      metrics.lag(partition.topic, group, partition.partition, Math.max(0, partition.highWatermark - offset))
      tellSent(records, clock.now() - startedAtMs)
      settle(transaction, messages)
    }
  }

  const settle = (transaction: PartitionTransaction<Message>, messages: readonly Message[]): void => {
    for (const message of messages) {
      const ready = transaction.ready.get(message)
      if (ready === undefined) continue
      forget(transaction, message, ready.bytes)
      for (const span of ready.spans) span.end({ ok: true })
      ready.committed?.()
      options.settled(message, ready.as)
    }
  }

  const forget = (transaction: PartitionTransaction<Message>, message: Message, bytes: number): void => {
    transaction.ready.delete(message)
    transaction.bytes -= bytes
    state.heldBytes -= bytes
  }

  /** Kafka refuses one message's records, or some of several. */
  const takeBack = async (
    transaction: PartitionTransaction<Message>,
    refused: ReadonlyMap<Message, InterchangeError>,
    messages: readonly Message[],
  ): Promise<void> => {
    const [first] = refused
    if (first === undefined) return
    const [message, error] = first
    if (refused.size > 1) transaction.messagesMax = Math.max(1, messages.length >> 1)
    else if (transaction.ready.get(message)?.as !== 'dead-lettered') failAgain(transaction, message, error)
    else await writeLetterAlone(transaction, message, error, messages.indexOf(message))
  }

  /** What it answered becomes a letter, by the way of every message that failed. */
  const failAgain = (transaction: PartitionTransaction<Message>, message: Message, error: InterchangeError): void => {
    const ready = transaction.ready.get(message)
    if (ready === undefined) return
    forget(transaction, message, ready.bytes)
    for (const span of ready.spans) span.end({ ok: false, code: error.code, error })
    message.stage = 'settling'
    state.busy++
    message.owner.busy++
    message.owner.route.unsettled++
    options.failed(message, error)
  }

  /** A letter that Kafka refuses holds the offset, but not the messages before it. It is tried without its texts, and again. */
  const writeLetterAlone = async (
    transaction: PartitionTransaction<Message>,
    message: Message,
    error: InterchangeError,
    index: number,
  ): Promise<void> => {
    const ready = transaction.ready.get(message)
    if (ready?.shortened !== undefined) transaction.ready.set(message, { ...ready, ...ready.shortened() })
    state.progressAtMs = clock.now()
    troubled(state, 'dead-letter', `no letter of ${message.topic} can be written: ${error.code}: ${error.message}`)
    if (index > 0) transaction.messagesMax = index
    else await new Promise<void>((resolve) => clock.after(letterRetryMs, resolve))
  }

  const tellSent = (records: readonly OutboundRecord[], durationMs: number): void => {
    const counts = new Map<string, number>()
    for (const { topic } of records) counts.set(topic, (counts.get(topic) ?? 0) + 1)
    for (const [topic, count] of counts) metrics.sent(topic, count, durationMs)
  }

  return commitPrefix
}

/** What may be committed now, and the offset behind it. */
const prefixOf = (
  { tracker }: OwnedPartition,
  { ready, messagesMax }: PartitionTransaction<Message>,
  limit: number,
): { readonly messages: readonly Message[]; readonly offset: number | undefined } => {
  const unsettled = tracker.unsettled()
  const end = unsettled.findIndex((message, index) => index >= Math.min(limit, messagesMax) || !ready.has(message))
  return end < 0
    ? { messages: unsettled, offset: tracker.end }
    : { messages: unsettled.slice(0, end), offset: unsettled[end]?.offset }
}

/** The records of a transaction, and whose each is. What the group has committed meanwhile is not written again. */
const writesOf = (
  { committed }: OwnedPartition,
  { ready }: PartitionTransaction<Message>,
  messages: readonly Message[],
): { readonly records: readonly OutboundRecord[]; readonly writers: readonly Message[] } => {
  const records: OutboundRecord[] = []
  const writers: Message[] = []
  for (const message of messages) {
    if (message.offset < committed) continue
    for (const record of ready.get(message)?.records ?? []) {
      records.push(record)
      writers.push(message)
    }
  }
  return { records, writers }
}

import type { InterchangeError } from '../../failure/failure.ts'
import type { SettledAs } from '../../metrics.ts'
import { bytesOf } from '../../publish/queued-send.ts'
import type { RecordBatch } from '../../transport.ts'
import { type Commits, tellCounts } from '../commits.ts'
import { type GroupState, troubled } from '../group-state.ts'
import type { Message, OwnedPartition } from '../message.ts'
import { createCommitPrefix } from './commit-prefix.ts'
import type { OpenTransactions } from './open-transactions.ts'
import { noWork, type PartitionTransaction, type TransactionalWork } from './partition-transaction.ts'
import { createTakeOver, type TakenOver } from './take-over.ts'
import { createTransactionalOutputs } from './transactional-outputs.ts'

/**
 * Commits the partitions of transactional routes: what handled messages answered, their letters and their offsets, all of a
 * prefix in one transaction (design page 3, "Transactions"). Nothing is settled before; what was not committed is written
 * again, the same bytes. Partitions of other routes go where they went before.
 */
export interface GroupTransactions extends Commits {
  /** Encodes what the handler answered, for when the message is concluded. Throws what the codec throws. */
  prepare(message: Message): void
  /** The same with a letter. */
  prepareLetter(message: Message, letter: TransactionalWork): void
  /** The message is concluded, and settled with the transaction that reaches it. */
  enter(message: Message, as: SettledAs): void
  /** Keeps what was fetched until the former owner of the partition is fenced. */
  holdBack(batch: RecordBatch, partition: OwnedPartition): void
}

export interface GroupTransactionsOptions {
  readonly state: GroupState
  readonly open: OpenTransactions
  /** For partitions that commit without transactions. */
  readonly plain: Commits
  readonly settled: (message: Message, as: SettledAs) => void
  readonly failed: (message: Message, error: InterchangeError) => void
  readonly take: (batch: RecordBatch) => void
  readonly pause: (partition: OwnedPartition) => void
  readonly relieve: () => void
  readonly end: (error: InterchangeError) => void
}

export const createGroupTransactions = (options: GroupTransactionsOptions): GroupTransactions => {
  const { state, plain } = options
  const { limits } = state
  const { clock } = state.options
  const takeOver = createTakeOver(state, options.open, options.end)
  const encode = createTransactionalOutputs(state)
  const touched = new Set<OwnedPartition>()
  let scheduled = false

  const touch = (partition: OwnedPartition): void => {
    if (partition.transaction === undefined) {
      plain.touch(partition)
      return
    }
    touched.add(partition)
    if (scheduled) return
    scheduled = true
    clock.after(limits.transactionIntervalMs, () => {
      scheduled = false
      for (const each of [...touched]) void commit(each)
    })
  }

  /** One transaction of a partition at a time. Never rejects. */
  const commit = (partition: OwnedPartition): Promise<void> => {
    const { transaction } = partition
    touched.delete(partition)
    if (transaction === undefined) return Promise.resolve()
    transaction.underWay ??= commitPrefix(partition, transaction).then(() => {
      transaction.underWay = undefined
      tellCounts(state, partition)
      options.relieve()
      if (transaction.fresh >= limits.transactionMessagesMax) void commit(partition)
      else if (transaction.ready.size > 0 && !partition.ended) touch(partition)
    })
    return transaction.underWay
  }

  const commitPrefix = createCommitPrefix({
    state,
    settled: options.settled,
    failed: options.failed,
    lost(partition, transaction, error) {
      transaction.producer = undefined
      state.progressAtMs = clock.now()
      troubled(state, 'transaction', `a transaction of ${partition.topic} was lost: ${error.code}: ${error.message}`)
      if (error.failureClass === 'fatal') options.end(error)
      else void own(partition, transaction, error)
    },
  })

  const own = async (
    partition: OwnedPartition,
    transaction: PartitionTransaction<Message>,
    after?: InterchangeError,
  ): Promise<void> => {
    if (transaction.takingOver) return
    transaction.takingOver = true
    const taken = await takeOver(partition, after)
    transaction.takingOver = false
    if (taken !== undefined) begin(partition, transaction, taken)
  }

  const begin = (
    partition: OwnedPartition,
    transaction: PartitionTransaction<Message>,
    { producer, committed }: TakenOver,
  ): void => {
    transaction.producer = producer
    transaction.taken = true
    if (committed !== undefined) {
      partition.committed = Math.max(partition.committed, committed)
      // What lies below and was fetched before is left out; fetching goes on behind it, so there is nothing to seek.
      partition.tracker.delivered(committed)
    }
    for (const batch of transaction.early.splice(0)) options.take(batch)
    touch(partition)
    options.relieve()
  }

  /** Commits until nothing more can be. */
  const drain = async (partition: OwnedPartition, transaction: PartitionTransaction<Message>): Promise<void> => {
    await transaction.underWay
    for (let before = Number.NaN; partition.committed !== before; ) {
      before = partition.committed
      await commit(partition)
    }
  }

  return {
    touch,
    async commitNow(partitions) {
      const others = partitions?.filter(({ transaction }) => transaction === undefined)
      const ours = (partitions ?? [...touched]).map((partition) =>
        partition.transaction === undefined ? undefined : drain(partition, partition.transaction),
      )
      await Promise.all([plain.commitNow(others), ...ours])
    },
    prepare(message) {
      message.answer = encode(message)
    },
    prepareLetter(message, letter) {
      message.answer = letter
    },
    enter(message, as) {
      const { owner } = message
      const { transaction } = owner
      // Only what `prepare` left there is concluded.
      const { records, spans, shortened, committed } = (message.answer as TransactionalWork | undefined) ?? noWork
      if (transaction === undefined || owner.ended) {
        message.stage = 'over'
        return
      }
      message.stage = 'ready'
      message.answer = undefined
      let bytes = 0
      for (const record of records) bytes += bytesOf(record)
      transaction.ready.set(message, { records, spans, shortened, committed, as, bytes })
      transaction.bytes += bytes
      state.heldBytes += bytes
      if (++transaction.fresh >= limits.transactionMessagesMax) void commit(owner)
      else touch(owner)
    },
    holdBack(batch, partition) {
      const { transaction } = partition
      if (transaction === undefined) return
      transaction.early.push(batch)
      options.pause(partition)
      void own(partition, transaction)
    },
  }
}

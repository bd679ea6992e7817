import type { OutboundRecord, TopicPartition, TransactionOffsets } from '@interchange/messaging'

/** Who writes: the broker knows its transactions by these three, and fences a smaller epoch. */
export interface TransactionOwner {
  readonly transactionalId: string
  readonly producerId: bigint
  readonly epoch: number
}

/** Consecutive records of one partition; the broker takes a sequence once, however often it is sent. */
export interface SequencedRecords extends TopicPartition {
  readonly firstSequence: number
  readonly records: readonly OutboundRecord[]
}

/**
 * The requests of which transactions are made, as a driver's client speaks them. Each is tried once and rejects with the
 * client's error; where to send it is looked up again after a failure.
 */
export interface TransactionWire {
  initProducer(transactionalId: string, timeoutMs: number): Promise<TransactionOwner>
  addPartitions(owner: TransactionOwner, partitions: readonly TopicPartition[]): Promise<void>
  /** The offset of the first record; undefined when the answer names none. */
  produce(owner: TransactionOwner, records: SequencedRecords): Promise<number | undefined>
  addGroup(owner: TransactionOwner, group: string): Promise<void>
  commitOffsets(owner: TransactionOwner, offsets: TransactionOffsets): Promise<void>
  end(owner: TransactionOwner, committed: boolean): Promise<void>
  destroy(): void
}

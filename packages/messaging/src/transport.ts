import type { InterchangeError } from './failure/failure.ts'
import type { HeaderBlock } from './record/header-block.ts'

/**
 * The contract every driver meets (design page 3, "What every driver and route must pass"): bytes in, bytes out,
 * headers as raw blocks, one outcome per record, no promise about meaning. `conformance/` holds the cases.
 */

/** A record as Kafka holds it. Views into the fetch buffer: copy what outlives the batch. */
export interface TransportRecord {
  readonly topic: string
  readonly partition: number
  /** Below 2^53. */
  readonly offset: number
  readonly timestampMs: number
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: HeaderBlock
}

/** Consecutive records of one partition within one assignment. */
export interface RecordBatch {
  readonly topic: string
  readonly partition: number
  /** Grows with every assignment of this partition to this member; see `CommitOffset`. */
  readonly epoch: number
  /**
   * Empty where there was nothing but control or aborted records; and, with the position unmoved, from time to time where records lie
   * behind it that readers of committed ones may not have yet, because a transaction is open.
   */
  readonly records: readonly TransportRecord[]
  /** Next offset after the last record, control and aborted records included. */
  readonly nextOffset: number
  /** End of the partition as the broker last said: lag = highWatermark - nextOffset. */
  readonly highWatermark: number
}

export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

export interface AssignedPartition extends TopicPartition {
  readonly epoch: number
}

/** Commit `offset` as the next one to read. Refused when `epoch` is not the current assignment's (trap K16). */
export interface CommitOffset extends TopicPartition {
  readonly offset: number
  readonly epoch: number
}

export interface ConsumerOptions {
  readonly group: string
  readonly topics: readonly string[]
  readonly isolation: 'read_committed' | 'read_uncommitted'
  /**
   * The owner commits in transactions: before it takes the first record of an assignment it fences the former owner and reads
   * the committed offset itself. So the member starts where the group is known to be, and waits for no open transaction.
   */
  readonly transactional?: boolean
  readonly sessionTimeoutMs: number
  readonly rebalanceTimeoutMs: number
  /** Most bytes one fetch takes from one partition. */
  readonly fetchPartitionBytesMax: number
  /** Must return at once and never throw; back-pressure is `pause`. */
  onBatch(batch: RecordBatch): void
  /** All that the member holds from now on, not only what is new. */
  onAssigned(partitions: readonly AssignedPartition[]): void
  /** Called before the partitions go to another member; a returned promise is awaited, at most `rebalanceTimeoutMs`. */
  onRevoked(partitions: readonly AssignedPartition[]): Promise<void> | void
  /** The consumer has ended and will not come back by itself: the process must say so and exit (traps K12, K13). */
  onEnded(error: InterchangeError): void
}

/** A group member. Starts at the earliest offset where the group has none; an offset out of range ends it (trap K19). */
export interface TransportConsumer {
  pause(partitions: readonly TopicPartition[]): void
  resume(partitions: readonly TopicPartition[]): void
  /** Moves the fetch position of an assigned partition; records already delivered are not recalled. */
  seek(partition: TopicPartition, offset: number): void
  /** Commits in one request. Entries with a stale epoch are dropped and returned. Rejects when the broker refuses. */
  commit(offsets: readonly CommitOffset[]): Promise<readonly CommitOffset[]>
  assignment(): readonly AssignedPartition[]
  /** As whom offsets are sent in a transaction; absent where the driver's protocol has no place for it. */
  membership?(): GroupMembership | undefined
  /** Leaves the group. Commits nothing by itself. Idempotent; ends within `deadlineMs`. */
  close(deadlineMs: number): Promise<void>
}

export interface OutboundRecord {
  readonly topic: string
  /** Computed once by us (trap K2), never by the client. */
  readonly partition: number
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: HeaderBlock
  readonly timestampMs?: number
  /** Sent compressed, whatever the configuration says: it was refused as too large. */
  readonly compressed?: boolean
}

/**
 * What became of one record. `unknown` is neither success nor failure: the in-sync replicas may have it, so it is
 * sent again with the same id and deduplicated downstream (design page 3, promise 1).
 */
export type SendOutcome =
  | { readonly status: 'ok'; readonly offset: number }
  | { readonly status: 'unknown'; readonly error: InterchangeError }
  | { readonly status: 'failed'; readonly error: InterchangeError }

export interface TransportProducer {
  /** acks=all. One outcome per record, in their order; never rejects for what happened to a record. */
  send(records: readonly OutboundRecord[]): Promise<readonly SendOutcome[]>
  close(): Promise<void>
}

/** A member of a consumer group as its coordinator knows it. A later generation fences it. */
export interface GroupMembership {
  readonly memberId: string
  readonly generation: number
}

/** What a group has read, to be committed with the records of a transaction or not at all. */
export interface TransactionOffsets {
  readonly group: string
  readonly offsets: readonly (TopicPartition & { readonly offset: number })[]
  /** Has the broker refuse a member that has lost its assignment (KIP-447); left out where the protocol cannot say it. */
  readonly membership?: GroupMembership | undefined
}

/**
 * The one live owner of a transactional id; one transaction at a time. Every step ends in bounded time. A step that
 * rejects, or an outcome that is not `ok`, leaves three cases:
 * - `ICX_KAFKA_FENCED`: another owner has the id, or another member the partition. This producer is of no more use.
 * - anything else before `commit`: nothing of the transaction will be seen. `abort`; when a record was `unknown` or a step
 *   rejected, make another producer, for this one begins no further transaction.
 * - `commit` rejected, whatever it said: nobody knows. Make another producer, and read what the group has committed.
 */
export interface TransactionalProducer {
  /** No round trip. Throws when a transaction is open, or must not follow. */
  begin(): void
  /** As `TransportProducer.send`, within the transaction. */
  send(records: readonly OutboundRecord[]): Promise<readonly SendOutcome[]>
  sendOffsets(offsets: TransactionOffsets): Promise<void>
  /** Resolves when the transaction will be seen whole by whoever reads committed records. */
  commit(): Promise<void>
  /** Resolves when nothing of the transaction will ever be seen. */
  abort(): Promise<void>
}

/** Transactions over one client of a transport. */
export interface Transactions {
  /**
   * Takes the id over: fences every earlier owner and waits until what that one left open is aborted, or committed where it
   * had got so far. Offsets read after it are final.
   */
  takeOver(transactionalId: string): Promise<TransactionalProducer>
  /** Ends every connection; open transactions are aborted by the next owner, or by their timeout. */
  close(): Promise<void>
}

/** Open for so long, a transaction is aborted by the broker: what a dead owner leaves holds up readers no longer. */
export const transactionTimeoutMs = 40_000

export interface TopicSpec {
  readonly name: string
  readonly partitions: number
  readonly replicationFactor: number
  readonly configs: Readonly<Record<string, string>>
}

export interface PartitionOffsets {
  readonly partition: number
  readonly earliest: number
  readonly latest: number
}

export interface GroupMember {
  readonly memberId: string
  readonly clientId: string
  readonly assignment: readonly TopicPartition[]
}

export interface GroupState {
  readonly group: string
  readonly state: string
  readonly members: readonly GroupMember[]
}

export interface TransportAdmin {
  /** Partition count per topic; a topic that does not exist is absent. */
  partitionCounts(topics?: readonly string[]): Promise<ReadonlyMap<string, number>>
  /** Creates what is missing; says what it created. Never changes an existing topic. */
  createTopics(topics: readonly TopicSpec[]): Promise<readonly string[]>
  /** Longest time a record of each topic can be read (`topicRetentionMs`); a topic that does not exist is absent. */
  retentionsMs(topics: readonly string[]): Promise<ReadonlyMap<string, number>>
  topicOffsets(topic: string): Promise<readonly PartitionOffsets[]>
  /** First offset at or after a time, per partition; -1 where there is none. */
  offsetsAt(topic: string, timestampMs: number): Promise<readonly { partition: number; offset: number }[]>
  /** Committed offsets of a group; partitions without one are absent. */
  committedOffsets(group: string, topics: readonly string[]): Promise<readonly (TopicPartition & { offset: number })[]>
  groups(): Promise<readonly string[]>
  describeGroup(group: string): Promise<GroupState>
  brokers(): Promise<{ clusterId: string; brokers: readonly { nodeId: number; host: string; port: number }[] }>
  close(): Promise<void>
}

export interface ReadRange {
  readonly topic: string
  readonly partition: number
  readonly fromOffset: number
  /** Exclusive; the reader ends there. Undefined follows the log until `signal` aborts. */
  readonly untilOffset?: number
}

/** What a driver may leave out of the contract; a group that asks for it is then refused at its start. */
export type TransportFeature = 'read-committed' | 'transactions'

export interface Transport {
  /** `memory`, `kafkajs`, ... as health and logs say it. */
  readonly driver: string
  /** What this driver does not keep, and why. */
  readonly gaps?: Partial<Readonly<Record<TransportFeature, string>>>
  createProducer(): Promise<TransportProducer>
  /** Absent where the driver has no transactions. */
  createTransactions?(): Promise<Transactions>
  /** Joins the group and starts to fetch. */
  createConsumer(options: ConsumerOptions): Promise<TransportConsumer>
  createAdmin(): Promise<TransportAdmin>
  /** Reads ranges outside any group of ours, records of one partition in order; commits nothing. */
  read(ranges: readonly ReadRange[], options?: { signal?: AbortSignal }): AsyncIterable<TransportRecord>
}

import type {
  CommitOffset,
  ConsumerOptions,
  GroupMembership,
  RecordBatch,
  TopicPartition,
} from '@interchange/messaging'

/** A batch before its epoch is known. */
export type FetchedRecords = Omit<RecordBatch, 'epoch'>

/** Nothing came, though there is more: a transaction is open at the position. */
export const isWithheld = (
  { offset }: TopicPartition & { readonly offset: number },
  highWatermark: number,
  isolation: ConsumerOptions['isolation'],
): boolean => isolation === 'read_committed' && highWatermark > offset

export interface GroupSessionHooks {
  /** Before every join but the first: awaited while the session is kept alive by heartbeats. */
  beforeRejoin(): Promise<void>
  joined(partitions: readonly TopicPartition[]): void
  /** The session is over and does not come back; not called after `close`. */
  crashed(error: unknown): void
  /** Synchronous; true when the records were taken, so that fetching goes on behind them. */
  takeBatch(batch: FetchedRecords): boolean
}

/** One life of a group member, from its first join to its crash or close; never used again after (traps K13, K29). */
export interface GroupSession {
  /** Resolves when the group is joined; rejects when it cannot be. */
  start(): Promise<void>
  /**
   * Commits under the generation of the current assignment, so that the broker refuses a late owner (trap K16). False
   * when it did, or when there is no assignment. Rejects when the broker refuses for good or stays away.
   */
  commit(offsets: readonly CommitOffset[]): Promise<boolean>
  /** As whom it has joined, or is to; undefined where the coordinator gives the id. */
  memberId(): string | undefined
  /** As whom offsets are sent in a transaction; absent where the client's requests have no place for it (trap K5). */
  membership?(): GroupMembership | undefined
  pause(partitions: readonly TopicPartition[]): void
  resume(partitions: readonly TopicPartition[]): void
  seek(partition: TopicPartition, offset: number): void
  close(deadlineMs: number): Promise<void>
}

/**
 * `formerId` is the member id of the session before this one: a member that comes back under it is not waited for as one that has
 * gone without a word. Where the coordinator has forgotten it, it gives another.
 */
export type CreateGroupSession = (options: ConsumerOptions, hooks: GroupSessionHooks, formerId?: string) => GroupSession

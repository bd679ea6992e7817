/** Bounds of a consumer group in one process. Times in milliseconds. */
export interface GroupLimits {
  /** Open window of one partition: it is paused at these and resumed at half of them. */
  readonly partitionRecordsMax: number
  readonly partitionBytesMax: number
  /** All windows together; a partition that holds nothing may always fetch, so that none starves. */
  readonly bytesMax: number
  readonly fetchPartitionBytesMax: number
  /** What may wait in the waiting table, of one key and of one partition; beyond that the partition pauses. */
  readonly waitingKeyBytesMax: number
  readonly waitingPartitionBytesMax: number
  /** How often a group with held keys asks whether one of them may go on. */
  readonly heldKeysCheckMs: number
  readonly commitIntervalMs: number
  /** A transaction takes what has gathered in so long, or so many messages. */
  readonly transactionIntervalMs: number
  readonly transactionMessagesMax: number
  /** Pause between probes while a dependency is down: doubles from the first to the second. */
  readonly outageBackoffMs: number
  readonly outageBackoffMsMax: number
  /** So many messages in a row that fail for the moment with one cause are an outage. */
  readonly outageAfterMessages: number
  /** Letters of one fingerprint that make a flood: so many in a row, or this share of the last `window` messages. */
  readonly floodLetters: { readonly inARow: number; readonly ratio: number; readonly window: number }
  /** Pause between probes while a flood lasts: doubles from the first to the second. */
  readonly floodPauseMs: number
  readonly floodPauseMsMax: number
  /** The lowest unsettled message of a partition for so long, with later ones done: it is told. */
  readonly headOfLineMsMax: number
  /** An open transaction has kept a partition from being read for so long: it is told. */
  readonly openTransactionMsMax: number
  /** In flight, and nothing settled or probed for so long: the group ends. */
  readonly noProgressMsMax: number
  /** How long a revoked partition may drain before it is given away with handlers still running. */
  readonly revokeDrainMsMax: number
  readonly isolation: 'read_committed' | 'read_uncommitted'
  readonly sessionTimeoutMs: number
  readonly rebalanceTimeoutMs: number
}

export const defaultGroupLimits: GroupLimits = {
  partitionRecordsMax: 4_096,
  partitionBytesMax: 8 * 1024 * 1024,
  bytesMax: 64 * 1024 * 1024,
  fetchPartitionBytesMax: 512 * 1024,
  waitingKeyBytesMax: 1024 * 1024,
  waitingPartitionBytesMax: 4 * 1024 * 1024,
  heldKeysCheckMs: 1_000,
  commitIntervalMs: 500,
  transactionIntervalMs: 100,
  transactionMessagesMax: 2_000,
  outageBackoffMs: 200,
  outageBackoffMsMax: 5_000,
  outageAfterMessages: 10,
  floodLetters: { inARow: 20, ratio: 0.1, window: 200 },
  floodPauseMs: 5_000,
  floodPauseMsMax: 60_000,
  headOfLineMsMax: 60_000,
  openTransactionMsMax: 20_000,
  noProgressMsMax: 300_000,
  revokeDrainMsMax: 20_000,
  isolation: 'read_committed',
  sessionTimeoutMs: 30_000,
  rebalanceTimeoutMs: 60_000,
}

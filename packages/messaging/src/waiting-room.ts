import type { FailureClass } from './failure/failure.ts'
import type { TopicPartition } from './transport.ts'

/** The right to write what waits for one partition. A later claim on the same partition makes it void. */
export interface WaitingClaim extends TopicPartition {
  readonly group: string
  /** Grows with every claim on this partition, whoever makes it. */
  readonly token: number
}

/** What went wrong with the earlier attempts at a message that waits. */
export interface WaitingFailure {
  readonly failureClass: FailureClass
  readonly code: string
  readonly type: string
  readonly message: string
  readonly stack: string
  readonly firstFailedAtMs: number
  readonly lastFailedAtMs: number
  readonly attemptsSpent: number
  /** How often it has been put into the room for its own sake. */
  readonly waits: number
  readonly notYetSinceMs: number | undefined
}

/** A record that waits, bytes unchanged. Its offset is its place in the order of its key. */
export interface WaitingRecord {
  readonly offset: number
  readonly timestampMs: number
  readonly key: Buffer | null
  readonly value: Buffer | null
  /** The raw header block. */
  readonly headers: Buffer
  readonly messageId: string
  /** Not to be tried before: milliseconds since the epoch by the clock of who puts or claims it. The room evens out what these differ. */
  readonly dueMs: number
  /** Attempts made; 0 when it only waits behind another message of its key. */
  readonly attempts: number
  readonly failure: WaitingFailure | undefined
}

/** A key whose later messages wait for a dead letter (`afterDeadLetter: 'hold'`), named by the place of the letter's message. */
export interface HeldKey extends TopicPartition {
  readonly offset: number
  readonly key: Buffer | null
  readonly messageId: string
}

/** Which keys are held, durably. Methods reject as those of `WaitingRoom` do. */
export interface HeldKeys {
  /** Holds the key unless it was let go before, and takes the letter's message out of the room if it waits there, all or nothing. */
  hold(claim: WaitingClaim, held: HeldKey): Promise<void>
  /** What is held for these partitions now, by offset. */
  held(group: string, partitions: readonly TopicPartition[]): Promise<readonly HeldKey[]>
  /**
   * Lets a key go for good: its letter was replayed with success, or archived. Whoever learns of it may, also before the key is
   * held: a replay can be quicker than the group that wrote the letter.
   */
  release(group: string, held: HeldKey): Promise<void>
}

/** A partition taken over, and what waits for it, by offset. */
export interface ClaimedPartition {
  readonly claim: WaitingClaim
  readonly records: readonly WaitingRecord[]
}

/**
 * Where messages of a group wait durably, so that their offsets may pass (design page 3, "Waiting without losing order").
 * Every method rejects with class `outage` or `transient` when nothing was decided, and the writing ones with
 * `ICX_WAITING_FENCED` when the claim is void. A message that waits leaves with its effects: see `SettleEntry.claim`.
 */
export interface WaitingRoom {
  /** Takes partitions over: whoever claimed them before can write nothing more once this has resolved. */
  claim(group: string, partitions: readonly TopicPartition[]): Promise<readonly ClaimedPartition[]>
  /** Writes all or nothing. A record that waits already gets its new due time, attempts and failure. */
  put(claim: WaitingClaim, records: readonly WaitingRecord[]): Promise<void>
  /** Takes one out that ended without an effect. One that is not there is no error. */
  remove(claim: WaitingClaim, offset: number): Promise<void>
  /** A room without it cannot be asked to hold keys: such a route is refused at start. */
  readonly keys?: HeldKeys
}

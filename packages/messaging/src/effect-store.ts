import type { DeliveryOutcome } from './delivery-outcome.ts'
import type { InterchangeError } from './failure/failure.ts'
import type { HeaderEntry } from './record/header-entry.ts'
import type { WaitingClaim, WaitingRoom } from './waiting-room.ts'

/** What an event takes over from the message whose handler publishes it. */
export interface Cause {
  readonly correlationId: string
  /** CloudEvents time, milliseconds since the epoch. */
  readonly timeMs: number
  /** `traceparent` and its company. */
  readonly trace: readonly HeaderEntry[]
}

/** One handled message on its way into the database. */
export interface SettleEntry<Effect> {
  readonly messageId: string
  /** First 16 bytes of SHA-256 over the value: the same id with another hash is a conflict, not a duplicate. */
  readonly contentHash: Buffer
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly effects: readonly Effect[]
  /** For the events among the effects. */
  readonly cause: Cause
  /**
   * The message waits in the store's room under this claim, or one of its key before it does: `done` and `duplicate` take it out of
   * there if it is there, `done` in the same transaction. When the claim is void the result is `ICX_WAITING_FENCED` and nothing of the message is written.
   */
  readonly claim?: WaitingClaim | undefined
  /** Set when the message failed before or was replayed: what a store with `tellsOutcomes` tells, with its own word for the end. */
  readonly delivery?: Omit<DeliveryOutcome, 'outcome'> | undefined
}

/** `done`: effects and inbox row are committed. `duplicate`: they were before. An error: this one message failed for good. */
export type SettleResult = 'done' | 'duplicate' | InterchangeError

/**
 * Where effects happen once (design page 3, promise 2): the inbox rows and the effects of all entries commit in one
 * transaction, effects in the entries' order. When the database refuses one message's effects the batch is bisected, so
 * that only that message carries the error. Rejects (class `outage` or `transient`) when nothing was decided.
 */
export interface EffectStore<Effect> {
  /** Where messages wait that cannot be handled yet. Without it they wait in place, and their partition's offset with them. */
  readonly waiting?: WaitingRoom
  /** The outcome of an entry with `delivery` commits with `done` and `duplicate`: nobody else reports it then. */
  readonly tellsOutcomes?: boolean
  settle(group: string, entries: readonly SettleEntry<Effect>[]): Promise<readonly SettleResult[]>
}

import type { OutboundRecord, SendOutcome, TopicPartition } from './transport.ts'

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

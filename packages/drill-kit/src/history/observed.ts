import type { Happened } from './history.ts'

/** A record as the independent reader found it at the end. */
export interface ReadRecord {
  readonly partition: number
  readonly offset: number
  /** `ce_id`. */
  readonly id: string
  readonly key: string | null
  readonly valueHash: string | null
  /** Without what letters and replays add; absent where nobody looked. */
  readonly headersHash?: string
}

/** A row a handler's work left in the database; `row` grows in the order of commits of a key. */
export interface Effect {
  readonly row: number
  readonly id: string
  readonly key: string
  readonly seq: number
}

/** A dead letter, and the place it says it is from. */
export interface Letter extends Omit<ReadRecord, 'partition' | 'offset'> {
  readonly fromPartition: number
  readonly fromOffset: number
}

/** A committed record of a topic that is written in transactions. */
export interface OutputRecord extends ReadRecord {
  readonly topic: string
  /** `ce_causationid`: the message it was made of. */
  readonly cause: string | null
}

/** What was written in transactions. */
export interface Outputs {
  /** Each message of the load leaves one record in each of these; none where the load itself is written in transactions. */
  readonly topics: readonly string[]
  readonly records: readonly OutputRecord[]
}

/** The books that transfers leave: each leg moves its amount between an account and the clearing account. */
export interface Ledger {
  /** What all accounts came to at first. */
  readonly opening: number
  /** What the clearing account holds at the end: of transfers with one leg. */
  readonly clearing: number
  readonly legs: readonly { readonly transfer: string; readonly side: string; readonly amount: number }[]
}

/** All that is known when a drill is over. Checkers read nothing else. */
export interface Observed {
  readonly history: readonly Happened[]
  /** The topic the load is written to. */
  readonly log: readonly ReadRecord[]
  readonly letters: readonly Letter[]
  /** In the order of `row`. */
  readonly effects: readonly Effect[]
  /** Ids in the group's waiting table. */
  readonly waiting: ReadonlySet<string>
  /** What operators sent back, as it lies in the group's replay lane; absent where nobody did. */
  readonly replays?: readonly ReadRecord[]
  /** The group's committed offsets at the end. */
  readonly committed: readonly { readonly partition: number; readonly offset: number }[]
  /** Absent where nothing is written in transactions. */
  readonly outputs?: Outputs
  readonly ledger?: Ledger
}

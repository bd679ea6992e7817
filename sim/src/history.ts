/** A partition of a topic. */
interface Place {
  readonly topic: string
  readonly partition: number
}

interface Attempt extends Place {
  readonly process: string
  readonly offset: number
  readonly attempt: number
  readonly epoch: number
}

interface Assignment extends Place {
  readonly process: string
  readonly group: string
  readonly epoch: number
}

interface Claim extends Place {
  readonly process: string
  readonly token: number
}

/** A message in the waiting table. */
export interface WaitingRow {
  readonly offset: number
  /** By the clock of who puts it there. */
  readonly dueMs: number
  /** So long after it is there. */
  readonly dueInMs: number
  readonly attempts: number
}

/** What a record in the log says it is. */
export interface RecordFacts {
  /** `ce_id`. */
  readonly id: string
  readonly key: string
  /** The message it carries or stems from, `undefined` for a stranger's. */
  readonly n: number | undefined
  readonly part: number
  /** Value and headers, byte for byte. */
  readonly bytes: string
}

/** What the harness saw, in the order in which it happened. Checkers read nothing else. */
export type HistoryEvent =
  | { readonly kind: 'publish'; readonly n: number; readonly id: string; readonly phase: 'invoke' | 'info' }
  | ({ readonly kind: 'published'; readonly n: number; readonly id: string; readonly offset: number } & Place)
  | ({
      readonly kind: 'append'
      readonly offset: number
      readonly letter: LetterOf | undefined
      /** On a replay lane. */
      readonly replayId: string | undefined
      /** On a replay lane: the place of the message whose letter is archived. */
      readonly archives: OriginalPlace | undefined
      /** In a retry topic. */
      readonly retry: RetryOf | undefined
    } & Place &
      RecordFacts)
  | ({ readonly kind: 'deliver'; readonly offset: number; readonly id: string } & Assignment)
  | ({ readonly kind: 'assigned' } & Assignment)
  | ({ readonly kind: 'revoking' } & Assignment)
  | ({ readonly kind: 'revoked' } & Assignment)
  | ({ readonly kind: 'lost' } & Assignment)
  /** `ownMs`: what the clock of the process says. */
  | ({ readonly kind: 'start'; readonly n: number; readonly part: number; readonly ownMs: number } & Attempt)
  | ({ readonly kind: 'end'; readonly how: 'answered' | 'failed' | 'aborted' } & Attempt)
  | { readonly kind: 'effect'; readonly process: string; readonly n: number; readonly part: number }
  | {
      readonly kind: 'outcome'
      readonly process: string
      readonly topic: string
      readonly id: string
      readonly outcome: string
      readonly replayId: string | undefined
      readonly attempts: number
    }
  | { readonly kind: 'replay'; readonly replayId: string; readonly phase: 'invoke' | 'sent' }
  | ({ readonly kind: 'claimed'; readonly rows: readonly Pick<WaitingRow, 'offset' | 'attempts'>[] } & Claim)
  | ({ readonly kind: 'put'; readonly rows: readonly (WaitingRow & { key: string; bytes: number })[] } & Claim)
  | ({ readonly kind: 'left'; readonly offset: number } & Claim)
  /** The store holds the key of the message at this place behind its letter, or lets it go. */
  | ({ readonly kind: 'held' | 'released'; readonly process: string } & OriginalPlace)
  /** The engineer wants nothing done about the letter of the message at this place. */
  | ({ readonly kind: 'archive' } & OriginalPlace)
  /** The claim is void: nothing was written under it. */
  | ({ readonly kind: 'fenced' } & Claim)
  /** A row of the outbox, committed. */
  | {
      readonly kind: 'written'
      readonly id: string
      readonly topic: string
      readonly key: string
      readonly position: number
      readonly bytes: number
    }
  | { readonly kind: 'quarantined'; readonly id: string; readonly topic: string }
  /** What a relay does: has the lease, is told that another has it, sends rows. */
  | { readonly kind: 'relay'; readonly process: string; readonly what: 'holds' | 'refused' | 'sends' }
  | ({ readonly kind: 'commit'; readonly offset: number; readonly refused: boolean } & Assignment)
  | { readonly kind: 'fault'; readonly fault: FaultKind; readonly process: string; readonly detail: string }
  | { readonly kind: 'process'; readonly process: string; readonly phase: 'started' | 'killed' | 'stopped' | 'failed' }
  | { readonly kind: 'ended'; readonly process: string; readonly code: string }
  | { readonly kind: 'healed'; readonly detail: string }
  | { readonly kind: 'calm'; readonly detail: string }
  | { readonly kind: 'restless'; readonly detail: string }

/** Where a message stands in its own topic. */
export interface OriginalPlace extends Place {
  readonly offset: number
}

/** What a record in a retry topic says about the one it is a copy of. */
export interface RetryOf extends OriginalPlace {
  readonly dueMs: number
  readonly attempts: number
  readonly identical: boolean
}

/** What a dead letter says about the record it holds. */
export interface LetterOf extends OriginalPlace {
  readonly code: string
  /** Whether key, value and the first headers are those of the record at that place. */
  readonly identical: boolean
}

export const faultKinds = [
  'drop',
  'duplicate',
  'reorder',
  'delay',
  'crash',
  'zombie',
  'stop',
  'rollback',
  'outage',
] as const

export type FaultKind = (typeof faultKinds)[number]

/** An event with its virtual time, milliseconds since the run began. */
export type Happened = HistoryEvent & { readonly atMs: number }

/** Group, topic and partition as one map key. */
export const placeKey = ({ topic, partition }: Place): string => `${topic}/${partition}`

import type { FailureClass } from '@interchange/messaging'
import type { LetterState } from './letter-states.ts'
import type { Refusal } from './plan-replay.ts'

/** What the replay service answers and takes, as JSON: one set of shapes for the service and its callers. Times are ISO 8601. */
export interface LetterSummary {
  readonly id: string
  readonly shortId: string
  readonly state: LetterState
  readonly group: string
  readonly topic: string
  readonly partition: number | null
  readonly offset: number | null
  readonly key: string | null
  readonly messageId: string
  readonly correlationId: string | null
  readonly failedAt: string
  readonly reason: FailureClass | 'unknown'
  readonly code: string | null
  readonly errorMessage: string | null
  readonly fingerprint: string
  readonly attempts: number | null
  readonly replays: number
  readonly traceId: string | null
}

export interface LetterPage {
  readonly letters: readonly LetterSummary[]
  /** How many match in all. */
  readonly total: number
  /** Give it as `cursor` for the next page; null on the last. */
  readonly nextCursor: string | null
}

export interface CauseSummary {
  readonly group: string
  readonly fingerprint: string
  readonly reason: FailureClass | 'unknown'
  readonly code: string | null
  readonly errorMessage: string | null
  readonly topics: readonly string[]
  readonly open: number
  readonly replaying: number
  readonly resolved: number
  readonly firstFailedAt: string
  readonly lastFailedAt: string
}

export interface LetterDetail extends LetterSummary {
  readonly errorType: string | null
  readonly errorStack: string | null
  readonly firstFailedAt: string | null
  readonly schemaId: number | null
  readonly service: string | null
  readonly serviceVersion: string | null
  readonly headers: readonly { readonly name: string; readonly value: string | null }[]
  /** The decoded value, text about persons masked unless revealed; null with `valueError` when it cannot be decoded. */
  readonly value: unknown
  readonly valueError: { readonly code: string; readonly message: string } | null
  readonly valueBytes: number | null
  /** The original value, base64; null unless revealed. */
  readonly valueBase64: string | null
  readonly revealed: boolean
  readonly supersededBy: string | null
  readonly history: readonly ReplayHistoryEntry[]
}

export interface ReplayHistoryEntry {
  readonly replayId: string
  readonly actor: string
  readonly reason: string
  readonly plannedAt: string
  readonly sentAt: string | null
  readonly outcome: string | null
  readonly code: string | null
}

/** Exactly one of: `letterIds`; `group` with `cause`; `group` with `all`. */
export interface ReplayRequest {
  readonly letterIds?: readonly string[]
  readonly group?: string
  readonly cause?: string
  readonly all?: true
  /** Why, for the audit. */
  readonly reason: string
  /** Who, for the audit; a claim, as the token is one for all operators. Default `operator`. */
  readonly actor?: string
  readonly ratePerSecondMax?: number
  /** Send also what is resolved or on its way. */
  readonly force?: boolean
  /** Send also what its key has gone on without: the group then sees them in another order. */
  readonly acceptReorder?: boolean
}

/** As a replay's, for what one has left that was cut short. */
export type ContinueRequest = Pick<ReplayRequest, 'reason' | 'actor' | 'ratePerSecondMax' | 'acceptReorder'>

/** As a replay's, for letters that nobody wants handled. */
export type ArchiveRequest = Omit<ReplayRequest, 'ratePerSecondMax' | 'force' | 'acceptReorder'>

/** What was archived; letters that are no longer in their topic are not counted. */
export interface Archived {
  readonly archiveId: string
  readonly archived: number
  readonly refused: readonly Refusal[]
}

export interface ReplayStatus {
  readonly replayId: string
  /** `running`: still sending. `waiting`: all sent, not all answered. `stopped`: sending ended early, see `error`. */
  readonly state: 'running' | 'waiting' | 'done' | 'stopped'
  readonly actor: string
  readonly reason: string
  readonly startedAt: string
  readonly counts: {
    readonly planned: number
    readonly sent: number
    readonly resolved: number
    readonly failedAgain: number
    readonly duplicate: number
    readonly pending: number
    readonly gone: number
  }
  readonly refused: readonly Refusal[]
  readonly error: { readonly code: string; readonly message: string } | null
}

export interface AuditEntry {
  readonly auditId: string
  readonly at: string
  readonly actor: string
  readonly action: string
  readonly group: string
  readonly topic: string
  readonly letterIds: readonly string[]
  readonly count: number
  readonly reason: string
}

/** RFC 9457. */
export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly code: string
  readonly detail: string
}

export interface LetterQuery {
  readonly group?: string
  readonly topic?: string
  readonly cause?: string
  readonly state?: LetterState
  readonly since?: string
  readonly key?: string
  readonly correlation?: string
  readonly match?: string
  readonly limit?: number
  readonly cursor?: string
}

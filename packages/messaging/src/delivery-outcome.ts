import type { ErrorCode } from './failure/error-codes.ts'
import type { FailureClass } from './failure/failure.ts'

/**
 * What became of a message that failed before or carries a replay id. Reported, and awaited, before the offset passes
 * (design page 3, "Outcomes"), so that whoever keeps the dead letters learns it without reading another's database.
 */
export interface DeliveryOutcome {
  readonly messageId: string
  readonly group: string
  readonly topic: string
  readonly outcome: 'resolved' | 'failed-again' | 'duplicate' | 'superseded' | 'dead-lettered'
  readonly replayId: string | undefined
  readonly attempts: number
  readonly atMs: number
  readonly code: ErrorCode | undefined
  readonly failureClass: FailureClass | undefined
}

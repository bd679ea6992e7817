import type { FailureClass } from './failure.ts'

/** How a message that failed is tried again. Times in milliseconds. */
export interface RetryPolicy {
  /** Tries in all before a `transient` becomes a letter with reason `transient` (exhausted). */
  readonly attemptsMax: number
  /** First pause; doubles up to `backoffMsMax`, with full jitter (between 0 and the computed pause). */
  readonly backoffMs: number
  readonly backoffMsMax: number
  /** Longest time a `not-yet` message waits before it becomes a letter. */
  readonly notYetMsMax: number
}

export const defaultRetryPolicy: RetryPolicy = {
  attemptsMax: 5,
  backoffMs: 100,
  backoffMsMax: 5_000,
  notYetMsMax: 60_000,
}

/**
 * Full jitter (AWS Architecture Blog, "Exponential Backoff And Jitter"): uniform in [0, min(max, base * 2^(attempt-1))].
 * `random` gives [0, 1).
 */
export const backoffMs = (policy: RetryPolicy, attempt: number, random: () => number): number =>
  Math.floor(random() * Math.min(policy.backoffMsMax, policy.backoffMs * 2 ** Math.min(attempt - 1, 30)))

/** What is done with a failed attempt. An outage is never a dead letter (design page 3, promise 6). */
export const afterFailure = (
  policy: RetryPolicy,
  failureClass: FailureClass,
  attempts: number,
  waitedMs: number,
): 'retry' | 'dead-letter' | 'stop' => {
  switch (failureClass) {
    case 'outage':
      return 'retry'
    case 'transient':
    case 'rate-limited':
      return attempts < policy.attemptsMax ? 'retry' : 'dead-letter'
    case 'not-yet':
      return waitedMs < policy.notYetMsMax ? 'retry' : 'dead-letter'
    case 'contract':
    case 'poison':
      return 'dead-letter'
    case 'fatal':
      return 'stop'
  }
}

import type { FailureClass } from './failure.ts'

/** How a message that failed is tried again. Times in milliseconds. */
export interface RetryPolicy {
  /** Tries in place. After them a `transient` becomes a letter, or goes into the waiting table where the route has one. */
  readonly attemptsMax: number
  /** First pause; doubles up to `backoffMsMax`, with full jitter (between 0 and the computed pause). */
  readonly backoffMs: number
  readonly backoffMsMax: number
  /** Longest time a `not-yet` message waits in place before it becomes a letter. */
  readonly notYetMsMax: number
  /** Tries from the waiting table before a `transient` becomes a letter. Default 10: some 20 minutes after the first failure. */
  readonly waitingAttemptsMax: number
  /** First pause in the waiting table; doubles up to `waitingBackoffMsMax`, jittered between half of it and all of it. */
  readonly waitingBackoffMs: number
  readonly waitingBackoffMsMax: number
  /** Longest time a `not-yet` message waits in all, where the route has a waiting table. Default one hour. */
  readonly waitingNotYetMsMax: number
}

export const defaultRetryPolicy: RetryPolicy = {
  attemptsMax: 5,
  backoffMs: 100,
  backoffMsMax: 5_000,
  notYetMsMax: 60_000,
  waitingAttemptsMax: 10,
  waitingBackoffMs: 5_000,
  waitingBackoffMsMax: 300_000,
  waitingNotYetMsMax: 3_600_000,
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

/** What a failed message has behind it. */
export interface FailedSoFar {
  /** Attempts in this place, of whatever end. */
  readonly attempts: number
  /** Attempts that count: an outage and a `not-yet` spend none. */
  readonly attemptsSpent: number
  /** How long it has been `not-yet`. */
  readonly waitedMs: number
  /** What the other side asked for. */
  readonly retryAfterMs: number | undefined
}

/** As `afterFailure`, where messages can wait in a table: `wait` once the tries in place are used up. */
export const afterFailureWithRoom = (
  policy: RetryPolicy,
  failureClass: FailureClass,
  { attempts, attemptsSpent, waitedMs, retryAfterMs }: FailedSoFar,
): 'retry' | 'wait' | 'dead-letter' | 'stop' => {
  switch (failureClass) {
    case 'transient':
    case 'rate-limited':
      if (attemptsSpent >= policy.attemptsMax + policy.waitingAttemptsMax) return 'dead-letter'
      return attemptsSpent < policy.attemptsMax && (retryAfterMs ?? 0) <= policy.backoffMsMax ? 'retry' : 'wait'
    case 'not-yet':
      if (waitedMs >= policy.waitingNotYetMsMax) return 'dead-letter'
      return attempts < policy.attemptsMax ? 'retry' : 'wait'
    default:
      return afterFailure(policy, failureClass, attemptsSpent, waitedMs)
  }
}

/** As `afterFailure`, where messages can wait in retry topics: `level` is the one this came from, 0 for none, of `levels`. */
export const afterFailureWithTopics = (
  policy: RetryPolicy,
  failureClass: FailureClass,
  { attempts, attemptsSpent, waitedMs, retryAfterMs }: FailedSoFar,
  level: number,
  levels: number,
): 'retry' | 'wait' | 'dead-letter' | 'stop' => {
  switch (failureClass) {
    case 'transient':
    case 'rate-limited':
      if (level === 0 && attemptsSpent < policy.attemptsMax && (retryAfterMs ?? 0) <= policy.backoffMsMax)
        return 'retry'
      return level < levels ? 'wait' : 'dead-letter'
    case 'not-yet':
      if (waitedMs >= policy.waitingNotYetMsMax) return 'dead-letter'
      return level === 0 && attempts < policy.attemptsMax ? 'retry' : 'wait'
    default:
      return afterFailure(policy, failureClass, attemptsSpent, waitedMs)
  }
}

/** The retry topic that comes next: the first after `level` that waits long enough, else the last. Counted from 1. */
export const nextRetryLevel = (delaysMs: readonly number[], level: number, retryAfterMs = 0): number => {
  const longEnough = delaysMs.findIndex((delayMs, index) => index >= level && delayMs >= retryAfterMs)
  return longEnough === -1 ? delaysMs.length : longEnough + 1
}

/** Pause before try number `wait` from the waiting table: equal jitter, so that it always grows. */
export const waitingMs = (policy: RetryPolicy, wait: number, random: () => number): number => {
  const bound = Math.min(policy.waitingBackoffMsMax, policy.waitingBackoffMs * 2 ** Math.min(wait - 1, 30))
  return Math.ceil(bound / 2 + (random() * bound) / 2)
}

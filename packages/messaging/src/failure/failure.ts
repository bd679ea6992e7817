import type { ErrorCode } from './error-codes.ts'

/**
 * The closed set that drives retry, alert, filter and metric (design page 3, "Failure classes"). `flood` is not a
 * class: it is what the group does when letters come too fast.
 */
export const failureClasses = ['transient', 'rate-limited', 'outage', 'not-yet', 'contract', 'poison', 'fatal'] as const

/** One of the failure classes. */
export type FailureClass = (typeof failureClasses)[number]

/**
 * Classes that are tried again within a budget of tries or of time, so that a dead letter of one says that its budget is
 * exhausted. A letter keeps its class all the same: one word for retry, metric, filter and letter.
 */
export const budgetedClasses: ReadonlySet<string> = new Set(['transient', 'rate-limited', 'not-yet'])

/** Facts that an error carries; scalar, bounded by whoever puts them there, never payload. */
export type ErrorFacts = Readonly<Record<string, string | number | boolean | null>>

/** The one error class of the code base: a code from the closed set, a failure class, facts, and the cause kept. */
export class InterchangeError extends Error {
  override readonly name: string = 'InterchangeError'
  readonly code: ErrorCode
  /** What retrying would do; see `FailureClass`. */
  readonly failureClass: FailureClass
  readonly facts: ErrorFacts
  /** For `rate-limited`: how long the other side asked us to wait, in milliseconds. */
  readonly retryAfterMs: number | undefined

  constructor(
    code: ErrorCode,
    message: string,
    options: { class: FailureClass; cause?: unknown; facts?: ErrorFacts; retryAfterMs?: number },
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.failureClass = options.class
    this.facts = options.facts ?? {}
    this.retryAfterMs = options.retryAfterMs
  }
}

/** The value itself is wrong for the business: dead letter at once. Handlers throw this. */
export const rejected = (message: string, facts?: ErrorFacts): InterchangeError =>
  new InterchangeError('ICX_HANDLER_REJECTED', message, { class: 'poison', ...(facts && { facts }) })

/** Something this value needs has not arrived: wait within its own budget, without error noise. */
export const notYet = (message: string, facts?: ErrorFacts): InterchangeError =>
  new InterchangeError('ICX_HANDLER_FAILED', message, { class: 'not-yet', ...(facts && { facts }) })

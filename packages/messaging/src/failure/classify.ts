import { type ErrorCode, errorCodes } from './error-codes.ts'
import { type FailureClass, failureClasses, InterchangeError } from './failure.ts'

/** A thrown thing, understood: plain strings that are safe to log, hash and put into headers, all bounded. */
export interface Failure {
  readonly failureClass: FailureClass
  readonly code: ErrorCode
  /** Name of what was thrown: `InterchangeError`, `TypeError`, `string`, `undefined` ... At most 128 characters. */
  readonly type: string
  /** At most 4,096 characters. */
  readonly message: string
  /** At most 16,384 characters; empty when there is none. */
  readonly stack: string
  readonly retryAfterMs: number | undefined
  /** What was thrown when it is ours, otherwise an error of ours with the thrown thing as its cause. */
  readonly error: InterchangeError
}

/**
 * Understands anything that can be thrown, and never throws itself: strings, undefined, frozen errors, circular causes,
 * proxies and getters that throw (X60). Programming errors are `poison`; a `fetch` without an answer, and an error of no known
 * kind, are `transient`.
 */
export const classify = (thrown: unknown): Failure => {
  const own = attempt(() => (thrown instanceof InterchangeError ? thrown : undefined))
  const type = (own === undefined ? typeNameOf(thrown) : own.name).slice(0, 128)
  const message = (textOf(thrown, 'message') ?? describe(thrown)).slice(0, 4_096)
  const stack = (textOf(thrown, 'stack') ?? '').slice(0, 16_384)
  const error = own ?? foreign(thrown, type, message)
  // A copy of this package in another place makes errors that are no instance of ours; and fields can be overwritten.
  const failureClass = failureClasses.includes(error.failureClass) ? error.failureClass : 'transient'
  const code = Object.hasOwn(errorCodes, error.code) ? error.code : 'ICX_HANDLER_FAILED'
  const retryAfterMs = Number.isFinite(error.retryAfterMs) ? error.retryAfterMs : undefined
  return { failureClass, code, type, message, stack, retryAfterMs, error }
}

const programmingErrors: ReadonlySet<string> = new Set([
  'TypeError',
  'RangeError',
  'SyntaxError',
  'ReferenceError',
  'EvalError',
  'URIError',
])

const foreign = (thrown: unknown, type: string, message: string): InterchangeError => {
  const claimed = attempt(() => claimOf(thrown))
  if (claimed !== undefined) return new InterchangeError(claimed.code, message, { ...claimed.options, cause: thrown })
  return programmingErrors.has(type) && attempt(() => isOfTheNetwork(thrown)) !== true
    ? new InterchangeError('ICX_HANDLER_CRASHED', message, { class: 'poison', cause: thrown })
    : new InterchangeError('ICX_HANDLER_FAILED', message, { class: 'transient', cause: thrown })
}

/**
 * `fetch` throws a TypeError for whatever keeps it from an answer (Fetch standard, "network error"); Node keeps what it was as the
 * cause, with a code. What was wrong before anything was sent has a code too, and stays a programming error.
 */
const isOfTheNetwork = (thrown: unknown): boolean => {
  const cause = thrown instanceof TypeError ? thrown.cause : undefined
  const code = typeof cause === 'object' && cause !== null ? (cause as { code?: unknown }).code : undefined
  return typeof code === 'string' && !/^(UND_)?ERR_INVALID/.test(code)
}

/** The code and class of an error made by another copy of this package. */
const claimOf = (
  thrown: unknown,
): { code: ErrorCode; options: { class: FailureClass; retryAfterMs?: number } } | undefined => {
  if (typeof thrown !== 'object' || thrown === null) return undefined
  const { code, failureClass, retryAfterMs } = thrown as Partial<InterchangeError>
  if (code === undefined || failureClass === undefined) return undefined
  if (!Object.hasOwn(errorCodes, code) || !failureClasses.includes(failureClass)) return undefined
  return { code, options: { class: failureClass, ...(typeof retryAfterMs === 'number' && { retryAfterMs }) } }
}

const typeNameOf = (thrown: unknown): string => {
  if (thrown === null) return 'null'
  if (typeof thrown !== 'object') return typeof thrown
  // The name of a built-in error counts, whatever a subclass calls itself.
  const builtIn = attempt(() => builtInName(thrown))
  return builtIn ?? textOf(thrown, 'name') ?? attempt(() => thrown.constructor?.name) ?? 'object'
}

const builtInName = (thrown: object): string | undefined => {
  if (thrown instanceof TypeError) return 'TypeError'
  if (thrown instanceof RangeError) return 'RangeError'
  if (thrown instanceof SyntaxError) return 'SyntaxError'
  if (thrown instanceof ReferenceError) return 'ReferenceError'
  return undefined
}

const textOf = (thrown: unknown, field: 'message' | 'stack' | 'name'): string | undefined => {
  if (typeof thrown !== 'object' || thrown === null) return undefined
  const text = attempt(() => (thrown as Record<string, unknown>)[field])
  return typeof text === 'string' && text !== '' ? text : undefined
}

const describe = (thrown: unknown): string => {
  if (typeof thrown === 'object' && thrown !== null) return `a thrown ${typeNameOf(thrown)} without a message`
  if (typeof thrown === 'function') return 'a thrown function'
  return attempt(() => String(thrown)) ?? `a thrown ${typeof thrown}`
}

const attempt = <Result>(read: () => Result): Result | undefined => {
  try {
    return read()
  } catch {
    return undefined
  }
}

import { type FailureClass, InterchangeError } from './failure.ts'

/** What of an HTTP answer tells its class: `fetch`'s `Response` fits. */
export interface HttpAnswer {
  readonly status: number
  readonly headers?: { get(name: string): string | null }
}

/**
 * The failure that an HTTP answer means for the message whose handler asked; undefined below 400. Whoever refuses our credentials
 * (401, 403, 407) refuses every message: an outage of that dependency. `Retry-After` is kept, in milliseconds (RFC 9110, 10.2.3).
 */
export const httpFailure = (whom: string, { status, headers }: HttpAnswer): InterchangeError | undefined => {
  if (status < 400) return undefined
  const retryAfterMs = retryAfter(headers?.get('retry-after') ?? null)
  const failureClass = httpClass(status, retryAfterMs !== undefined)
  return answerFailure(`${whom} answered ${status}`, failureClass, { httpStatus: status }, retryAfterMs)
}

const httpClass = (status: number, asksToWait: boolean): FailureClass => {
  switch (status) {
    case 401:
    case 403:
    case 407:
      return 'outage'
    case 429:
      return 'rate-limited'
    case 408:
    case 425:
      return 'transient'
    case 501:
    case 505:
      return 'poison'
    default:
      if (status < 500) return 'poison'
      return asksToWait ? 'rate-limited' : 'transient'
  }
}

/** Seconds, or a date; undefined for neither. */
const retryAfter = (text: string | null): number | undefined => {
  if (text === null) return undefined
  const waitMs = /^\d{1,9}$/.test(text.trim()) ? Number(text) * 1_000 : Date.parse(text) - Date.now()
  return Number.isNaN(waitMs) ? undefined : Math.max(0, waitMs)
}

/**
 * gRPC's status codes by number (grpc.io, "Status codes"). The classes are those of Uber's uForwarder where it buries or retries,
 * but for ABORTED, of which gRPC says that the caller is to try again.
 */
const grpcClasses: readonly (readonly [name: string, failureClass: FailureClass])[] = [
  ['OK', 'transient'],
  ['CANCELLED', 'transient'],
  ['UNKNOWN', 'transient'],
  ['INVALID_ARGUMENT', 'poison'],
  ['DEADLINE_EXCEEDED', 'transient'],
  ['NOT_FOUND', 'poison'],
  ['ALREADY_EXISTS', 'poison'],
  ['PERMISSION_DENIED', 'outage'],
  ['RESOURCE_EXHAUSTED', 'rate-limited'],
  ['FAILED_PRECONDITION', 'poison'],
  ['ABORTED', 'transient'],
  ['OUT_OF_RANGE', 'poison'],
  ['UNIMPLEMENTED', 'poison'],
  ['INTERNAL', 'transient'],
  ['UNAVAILABLE', 'transient'],
  ['DATA_LOSS', 'poison'],
  ['UNAUTHENTICATED', 'outage'],
]

const alreadyExists = 6

/**
 * As `httpFailure`, for the status of a gRPC call; undefined for OK, and for ALREADY_EXISTS: an earlier try has done it. A number
 * that gRPC does not have is UNKNOWN.
 */
export const grpcFailure = (whom: string, status: number): InterchangeError | undefined => {
  if (status === 0 || status === alreadyExists) return undefined
  const [name, failureClass] = grpcClasses[status] ?? ['UNKNOWN', 'transient']
  return answerFailure(`${whom} answered ${name}`, failureClass, { grpcStatus: status }, undefined)
}

const answerFailure = (
  message: string,
  failureClass: FailureClass,
  facts: Readonly<Record<string, number>>,
  retryAfterMs: number | undefined,
): InterchangeError => {
  const code = failureClass === 'poison' ? 'ICX_HANDLER_REJECTED' : 'ICX_HANDLER_FAILED'
  return new InterchangeError(code, message, {
    class: failureClass,
    facts,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  })
}

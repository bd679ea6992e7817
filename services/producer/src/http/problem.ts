import type { ErrorCode } from '@interchange/messaging'

/** One thing wrong with a request body: where (JSON pointer) and what. */
export interface FieldProblem {
  readonly pointer: string
  readonly detail: string
}

/** RFC 9457 problem details, with our error code and where there are any the fields at fault. */
export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly code: ErrorCode
  readonly detail: string
  readonly errors?: readonly FieldProblem[]
}

const titles: Readonly<Record<number, string>> = {
  400: 'Bad request',
  401: 'Not authenticated',
  404: 'Not found',
  408: 'Request took too long',
  409: 'Conflict',
  413: 'Body too large',
  415: 'Unsupported media type',
  422: 'Unprocessable content',
  429: 'Too many requests',
  500: 'Internal error',
  503: 'Not available now',
}

/** A refusal on its way to the client: a status, a code, a sentence; for 429 and 503 when to come back. */
export class ProblemError extends Error {
  override readonly name: string = 'ProblemError'
  readonly status: number
  readonly code: ErrorCode
  readonly errors: readonly FieldProblem[]
  readonly retryAfterSeconds: number | undefined

  constructor(
    status: number,
    code: ErrorCode,
    detail: string,
    options: { errors?: readonly FieldProblem[]; retryAfterSeconds?: number; cause?: unknown } = {},
  ) {
    super(detail, options.cause === undefined ? undefined : { cause: options.cause })
    this.status = status
    this.code = code
    this.errors = options.errors ?? []
    this.retryAfterSeconds = options.retryAfterSeconds
  }

  /** What the client reads. */
  problem(): Problem {
    return {
      type: `urn:interchange:problem:${this.code}`,
      title: titles[this.status] ?? 'Error',
      status: this.status,
      code: this.code,
      detail: this.message,
      ...(this.errors.length > 0 && { errors: this.errors }),
    }
  }
}

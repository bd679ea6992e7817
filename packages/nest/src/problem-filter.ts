import { STATUS_CODES } from 'node:http'
import { type ErrorCode, InterchangeError, type Logger } from '@interchange/messaging'
import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, Inject } from '@nestjs/common'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { LOGGER } from './tokens.ts'

/** RFC 9457, with our code and the correlation id to ask about. */
export interface ProblemBody {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail?: string
  readonly code: ErrorCode
}

/** An error that says itself what the client reads. */
interface ProblemSource extends Error {
  readonly retryAfterSeconds?: number | undefined
  problem(): ProblemBody
}

interface Refusal {
  readonly body: ProblemBody
  readonly retryAfterSeconds: number | undefined
}

/** Answers every error as `application/problem+json`: no stack trace, and no words of ours about our own faults. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  readonly #logger: Logger

  constructor(@Inject(LOGGER) logger: Logger) {
    this.#logger = logger
  }

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp()
    const request = http.getRequest<FastifyRequest>()
    const reply = http.getResponse<FastifyReply>()
    const { body, retryAfterSeconds } = refusalOf(error)
    if (body.status >= 500) {
      this.#logger.error(
        { error, method: request.method, path: pathOf(request), status: body.status },
        'request failed',
      )
    }
    // A body that was being streamed cannot become a problem any more; its connection breaks.
    if (reply.sent) return
    if (retryAfterSeconds !== undefined) reply.header('retry-after', String(retryAfterSeconds))
    reply
      .status(body.status)
      .header('content-type', 'application/problem+json; charset=utf-8')
      .send({ ...body, instance: pathOf(request), correlationId: request.id })
  }
}

const pathOf = (request: FastifyRequest): string => request.url.split('?', 1)[0] ?? request.url

const refusalOf = (error: unknown): Refusal => {
  if (isProblemSource(error)) return { body: error.problem(), retryAfterSeconds: error.retryAfterSeconds }
  if (error instanceof InterchangeError) return interchangeRefusal(error)
  const status = statusOf(error)
  if (status === undefined || status >= 500) {
    return refusal(status ?? 500, status === 503 ? 'ICX_HTTP_OVERLOADED' : 'ICX_HTTP_INTERNAL', undefined)
  }
  return refusal(status, codes[status] ?? 'ICX_HTTP_INVALID', error instanceof Error ? error.message : undefined)
}

const codes: Readonly<Record<number, ErrorCode>> = {
  400: 'ICX_HTTP_MALFORMED',
  401: 'ICX_HTTP_UNAUTHENTICATED',
  404: 'ICX_HTTP_NOT_FOUND',
  408: 'ICX_HTTP_TIMEOUT',
  413: 'ICX_HTTP_TOO_LARGE',
  415: 'ICX_HTTP_MEDIA_TYPE',
  429: 'ICX_HTTP_RATE_LIMITED',
}

/** Seconds after which a client may try again when a dependency of ours is down. */
const outageRetryAfterSeconds = 5

const interchangeRefusal = (error: InterchangeError): Refusal => {
  switch (error.failureClass) {
    case 'outage':
    case 'transient':
    case 'rate-limited':
      return {
        ...refusal(503, error.code, 'A service this one needs does not answer. Nothing was accepted; try again.'),
        retryAfterSeconds:
          error.retryAfterMs === undefined ? outageRetryAfterSeconds : Math.ceil(error.retryAfterMs / 1_000),
      }
    case 'poison':
    case 'contract':
      return refusal(422, error.code, error.message)
    case 'not-yet':
      return refusal(409, error.code, error.message)
    case 'fatal':
      return refusal(500, error.code, undefined)
  }
}

const refusal = (status: number, code: ErrorCode, detail: string | undefined): Refusal => ({
  body: {
    type: `urn:interchange:problem:${code}`,
    title: STATUS_CODES[status] ?? 'Error',
    status,
    ...(detail !== undefined && { detail: detail.slice(0, 500) }),
    code,
  },
  retryAfterSeconds: undefined,
})

/** The status of a Nest or a Fastify error. */
const statusOf = (error: unknown): number | undefined => {
  if (error instanceof HttpException) return error.getStatus()
  if (!(error instanceof Error && 'statusCode' in error)) return undefined
  return typeof error.statusCode === 'number' && error.statusCode >= 400 && error.statusCode < 600
    ? error.statusCode
    : undefined
}

const isProblemSource = (error: unknown): error is ProblemSource =>
  error instanceof Error && 'problem' in error && typeof error.problem === 'function'

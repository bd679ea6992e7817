import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import { ProblemError } from './problem.ts'

/** Counts a request of `caller`. Answers the `RateLimit-*` headers; throws a 429 problem when there are too many. */
export type RateLimit = (caller: string) => Promise<Readonly<Record<string, string>>>

/** At most `requestsMax` requests per caller in each window. Per process: behind a balancer each process counts by itself. */
export const createRateLimit = (requestsMax: number, windowSeconds: number): RateLimit => {
  const limiter = new RateLimiterMemory({ points: requestsMax, duration: windowSeconds })
  return async (caller) => {
    try {
      const left = await limiter.consume(caller)
      return headersOf(requestsMax, left)
    } catch (refused) {
      if (!(refused instanceof RateLimiterRes)) throw refused
      throw new ProblemError(429, 'ICX_HTTP_RATE_LIMITED', `More than ${requestsMax} requests in ${windowSeconds} s.`, {
        retryAfterSeconds: secondsUntil(refused),
      })
    }
  }
}

const secondsUntil = (state: RateLimiterRes): number => Math.max(1, Math.ceil(state.msBeforeNext / 1_000))

const headersOf = (requestsMax: number, state: RateLimiterRes): Readonly<Record<string, string>> => ({
  'ratelimit-limit': String(requestsMax),
  'ratelimit-remaining': String(state.remainingPoints),
  'ratelimit-reset': String(secondsUntil(state)),
})

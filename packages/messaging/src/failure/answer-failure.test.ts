import { describe, expect, it } from 'vitest'
import { grpcFailure, httpFailure } from './answer-failure.ts'

describe('an HTTP answer', () => {
  it.each([200, 204, 304])('of %i is no failure', (status) => {
    expect(httpFailure('the rates service', { status })).toBeUndefined()
  })

  it.each([
    [400, 'poison'],
    [401, 'outage'],
    [403, 'outage'],
    [404, 'poison'],
    [407, 'outage'],
    [408, 'transient'],
    [409, 'poison'],
    [425, 'transient'],
    [429, 'rate-limited'],
    [500, 'transient'],
    [501, 'poison'],
    [503, 'transient'],
    [504, 'transient'],
    [599, 'transient'],
  ])('of %i is %s', (status, failureClass) => {
    expect(httpFailure('the rates service', { status })).toMatchObject({
      failureClass,
      code: failureClass === 'poison' ? 'ICX_HANDLER_REJECTED' : 'ICX_HANDLER_FAILED',
      message: `the rates service answered ${status}`,
      facts: { httpStatus: status },
      retryAfterMs: undefined,
    })
  })

  it('is waited for as long as it asks, in seconds or until a date', () => {
    const answer = (retryAfter: string) => ({ status: 503, headers: new Headers({ 'retry-after': retryAfter }) })
    expect(httpFailure('it', answer('120'))).toMatchObject({ failureClass: 'rate-limited', retryAfterMs: 120_000 })
    const past = httpFailure('it', answer('Wed, 21 Oct 2015 07:28:00 GMT'))
    expect(past).toMatchObject({ failureClass: 'rate-limited', retryAfterMs: 0 })
    const future = httpFailure('it', answer(new Date(Date.now() + 3_600_000).toUTCString()))?.retryAfterMs ?? 0
    expect(future).toBeGreaterThan(3_000_000)
    expect(future).toBeLessThanOrEqual(3_600_000)
    expect(httpFailure('it', answer('soon'))).toMatchObject({ failureClass: 'transient', retryAfterMs: undefined })
  })

  it('may be a Response of fetch', () => {
    expect(httpFailure('it', new Response(null, { status: 429, headers: { 'retry-after': '1' } }))).toMatchObject({
      failureClass: 'rate-limited',
      retryAfterMs: 1_000,
    })
  })
})

describe('a gRPC status', () => {
  it.each([0, 6])('of %i is no failure: it is done, or was done before', (status) => {
    expect(grpcFailure('stock', status)).toBeUndefined()
  })

  it.each([
    [1, 'CANCELLED', 'transient'],
    [3, 'INVALID_ARGUMENT', 'poison'],
    [4, 'DEADLINE_EXCEEDED', 'transient'],
    [7, 'PERMISSION_DENIED', 'outage'],
    [8, 'RESOURCE_EXHAUSTED', 'rate-limited'],
    [9, 'FAILED_PRECONDITION', 'poison'],
    [14, 'UNAVAILABLE', 'transient'],
    [16, 'UNAUTHENTICATED', 'outage'],
    [99, 'UNKNOWN', 'transient'],
  ])('of %i is %s: %s', (status, name, failureClass) => {
    expect(grpcFailure('stock', status)).toMatchObject({
      failureClass,
      message: `stock answered ${name}`,
      facts: { grpcStatus: status },
    })
  })
})

import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { classify } from './classify.ts'
import { InterchangeError, notYet, rejected } from './failure.ts'

const circular = (): Error => {
  const error = new Error('round')
  error.cause = { error }
  return error
}
const thrower = (): Error => {
  const error = new Error('hidden')
  Object.defineProperty(error, 'message', {
    get() {
      throw new Error('no')
    },
  })
  return error
}
const hostile = (): unknown =>
  new Proxy(
    {},
    {
      get() {
        throw new Error('get')
      },
      getPrototypeOf() {
        throw new Error('proto')
      },
      has() {
        throw new Error('has')
      },
    },
  )

describe('classify', () => {
  it.each([
    ['TypeError', new TypeError('x is undefined')],
    ['RangeError', new RangeError('out')],
    ['SyntaxError', new SyntaxError('odd')],
    ['ReferenceError', new ReferenceError('where')],
    ['URIError', new URIError('bad')],
  ])('takes a %s for a programming error: poison', (type, error) => {
    expect(classify(error)).toMatchObject({ failureClass: 'poison', code: 'ICX_HANDLER_CRASHED', type })
  })

  it('takes a fetch that had no answer for transient, though it throws a TypeError (B14)', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    await new Promise((resolve) => server.close(resolve))
    const refused = await fetch(`http://127.0.0.1:${port}/`).catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(TypeError)
    expect(classify(refused)).toMatchObject({ failureClass: 'transient', code: 'ICX_HANDLER_FAILED' })
  })

  it('takes a fetch of what is no address for a programming error', async () => {
    const invalid = await fetch('http://').catch((error: unknown) => error)
    expect(classify(invalid)).toMatchObject({ failureClass: 'poison', code: 'ICX_HANDLER_CRASHED' })
  })

  it('takes a subclass of a programming error for one', () => {
    class OddError extends TypeError {
      override readonly name = 'OddError'
    }
    expect(classify(new OddError('x')).failureClass).toBe('poison')
  })

  it.each([
    ['an Error of no known kind', new Error('boom'), 'Error', 'boom'],
    ['a string', 'boom', 'string', 'boom'],
    ['undefined', undefined, 'undefined', 'undefined'],
    ['null', null, 'null', 'null'],
    ['a symbol', Symbol('s'), 'symbol', 'Symbol(s)'],
    ['a frozen error', Object.freeze(new Error('cold')), 'Error', 'cold'],
    ['an error that is its own cause', circular(), 'Error', 'round'],
    ['an object without a prototype', Object.create(null), 'object', 'a thrown object without a message'],
    ['an error whose message throws', thrower(), 'Error', 'a thrown Error without a message'],
    ['a proxy that throws at every touch', hostile(), 'object', 'a thrown object without a message'],
  ])('survives %s and calls it transient (X60)', (_, thrown, type, message) => {
    const failure = classify(thrown)
    expect(failure).toMatchObject({ failureClass: 'transient', code: 'ICX_HANDLER_FAILED', type, message })
    expect(failure.error).toBeInstanceOf(InterchangeError)
  })

  it('keeps class, code and Retry-After of our own errors', () => {
    expect(classify(rejected('no'))).toMatchObject({ failureClass: 'poison', code: 'ICX_HANDLER_REJECTED' })
    expect(classify(notYet('later')).failureClass).toBe('not-yet')
    const slow = new InterchangeError('ICX_HANDLER_FAILED', 'slow', { class: 'rate-limited', retryAfterMs: 1_500 })
    expect(classify(slow)).toMatchObject({ failureClass: 'rate-limited', retryAfterMs: 1_500, error: slow })
  })

  it('understands an error made by another copy of this package, and does not believe an invented class', () => {
    const twin = Object.assign(new Error('away'), { code: 'ICX_STORE_UNAVAILABLE', failureClass: 'outage' })
    expect(classify(twin)).toMatchObject({ failureClass: 'outage', code: 'ICX_STORE_UNAVAILABLE' })
    const invented = Object.assign(new Error('x'), { code: 'ICX_NO_SUCH', failureClass: 'nice' })
    expect(classify(invented)).toMatchObject({ failureClass: 'transient', code: 'ICX_HANDLER_FAILED' })
  })

  it('bounds what it keeps', () => {
    const failure = classify(new Error('x'.repeat(1_000_000)))
    expect(failure.message.length).toBeLessThanOrEqual(4_096)
    expect(failure.stack.length).toBeLessThanOrEqual(16_384)
  })
})

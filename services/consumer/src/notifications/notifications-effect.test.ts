import { timestampMillis } from '@interchange/contracts'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { eraseCustomer, furthestWelcomes, type Welcome, welcomeCustomer } from './notifications-effect.ts'

const name = {
  prefix: null,
  given: 'Mary',
  middle: 'Jane',
  particles: null,
  family: 'Watson-Parker',
  suffix: null,
  original: 'Mary Jane Watson-Parker',
}
const customer = { customerId: 'c1', name, email: 'mj@example.com', consent: 'granted' } as const
const handled = { messageId: 'm1', timeMs: 1_000 }

test('queues one greeting for a customer who agreed', () => {
  expect(welcomeCustomer(customer, handled)).toEqual({
    customerId: 'c1',
    messageId: 'm1',
    state: 'queued',
    reason: null,
    greeting: 'Dear Mary Jane,',
    email: 'mj@example.com',
    decidedAtMs: 1_000,
  })
})

test.each([
  [{ consent: 'refused' as const }, 'no-consent'],
  [{ consent: 'unknown' as const }, 'no-consent'],
  [{ email: null }, 'no-email'],
  [{ email: ' ' }, 'no-email'],
])('keeps nothing about the person for %o', (change, reason) => {
  const welcome = welcomeCustomer({ ...customer, ...change }, handled)
  expect(welcome).toMatchObject({ state: 'suppressed', reason, greeting: null, email: null })
})

test('ends erased whatever the order in which welcome and erasure arrive', () => {
  const erasure = eraseCustomer({ customerId: 'c1', requestedAt: timestampMillis(2_000) }, handled)
  const welcomes = [
    welcomeCustomer(customer, handled),
    welcomeCustomer({ ...customer, consent: 'refused' }, handled),
    erasure,
  ]
  fc.assert(
    fc.property(fc.shuffledSubarray(welcomes, { minLength: 3 }), (shuffled: Welcome[]) => {
      expect(furthestWelcomes(shuffled)).toEqual([erasure])
    }),
  )
})

test('keeps the first of two welcomes that went equally far', () => {
  const first = welcomeCustomer(customer, handled)
  const second = welcomeCustomer({ ...customer, email: 'other@example.com' }, { messageId: 'm2', timeMs: 2_000 })
  expect(furthestWelcomes([first, second])).toEqual([first])
})

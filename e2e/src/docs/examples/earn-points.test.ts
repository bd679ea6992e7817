import { type OrderPlaced, orderPlaced, timestampMillis } from '@interchange/contracts'
import { effectRoute } from '@interchange/messaging'
import { given, message } from '@interchange/testing'
import { expect, test } from 'vitest'
import { earnPoints, type Points } from './earn-points.ts'

const order = (orderId: string, totalMinor: number, customerRef: string | null = '17850'): OrderPlaced => ({
  orderId,
  source: 'shop',
  placedAt: timestampMillis(Date.UTC(2026, 0, 1)),
  customerRef,
  recipientName: null,
  countryCode: 'IE',
  currency: 'EUR',
  lines: [],
  totalMinor,
  channel: 'web',
  shippingMinor: 0,
  discountMinor: 0,
  taxMinor: 0,
})

const route = effectRoute<OrderPlaced, Points>({
  from: orderPlaced,
  group: 'loyalty',
  handle: earnPoints,
  store: { settle: () => Promise.reject(new Error('the test kit brings its own store')) },
})

test('an order earns once, however often it is delivered', async () => {
  const outcome = await given(route).whenDuplicated(message(order('a', 13_912)))
  expect(outcome.effects).toEqual([{ orderId: 'a', customerRef: '17850', points: 139 }])
})

test('a crash between effects and commit earns once', async () => {
  const outcome = await given(route).whenCrashed('before-commit', message(order('a', 500)))
  expect(outcome.effects).toHaveLength(1)
})

test('an order of less than nothing is one dead letter, a guest earns nothing, and neighbours go through', async () => {
  const outcome = await given(route).when(
    message(order('a', -1)),
    message(order('b', 100, null)),
    message(order('c', 100)),
  )
  expect(outcome.letters.map(({ code }) => code)).toEqual(['ICX_HANDLER_REJECTED'])
  expect(outcome.effects.map(({ orderId }) => orderId)).toEqual(['c'])
})

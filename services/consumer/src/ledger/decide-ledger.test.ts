import { timestampMillis } from '@interchange/contracts'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { billCustomer, postAdjustment, postCancellation, postOrder, postRefund } from './decide-ledger.ts'
import { newestCustomers } from './ledger-effect.ts'

const handled = { messageId: 'm1', timeMs: 1_000 }
const at = timestampMillis(1_291_191_960_000)
const line = (amountMinor: number) => ({
  sku: 'A',
  description: null,
  quantity: 1,
  unitPriceMills: amountMinor * 10,
  amountMinor,
})
const order = (amounts: readonly number[], shippingMinor = 0, taxMinor = 0, discountMinor = 0) => ({
  orderId: 'o1',
  source: 'shop' as const,
  placedAt: at,
  customerRef: null,
  recipientName: null,
  countryCode: 'US',
  currency: 'USD',
  lines: amounts.map(line),
  totalMinor: amounts.reduce((total, amount) => total + amount, 0) + shippingMinor + taxMinor - discountMinor,
  channel: 'web' as const,
  shippingMinor,
  discountMinor,
  taxMinor,
})
const balance = (postings: readonly { amountMinor: number }[]) =>
  postings.reduce((total, { amountMinor }) => total + amountMinor, 0)

test('posts an order as owed against what earned it', () => {
  expect(postOrder(order([8_999], 1_000, 75, 500), handled).postings).toEqual([
    { account: 'receivable', amountMinor: 9_574 },
    { account: 'sales', amountMinor: -8_999 },
    { account: 'shipping', amountMinor: -1_000 },
    { account: 'tax', amountMinor: -75 },
    { account: 'discounts', amountMinor: 500 },
  ])
})

test('posts an order of the first schema version, which knows positions alone', () => {
  expect(postOrder(order([1_530, 2_034]), handled).postings).toEqual([
    { account: 'receivable', amountMinor: 3_564 },
    { account: 'sales', amountMinor: -3_564 },
  ])
})

test('posts an order that costs nothing', () => {
  expect(postOrder(order([0]), handled).postings).toEqual([
    { account: 'receivable', amountMinor: 0 },
    { account: 'sales', amountMinor: 0 },
  ])
})

test('sums to zero for every order', () => {
  const amount = fc.integer({ min: -1e9, max: 1e9 })
  fc.assert(
    fc.property(fc.array(amount, { minLength: 1 }), amount, amount, amount, (amounts, shipping, tax, discount) => {
      expect(balance(postOrder(order(amounts, shipping, tax, discount), handled).postings)).toBe(0)
    }),
  )
})

test('rejects an order whose total is not the sum of its positions', () => {
  expect(() => postOrder({ ...order([100]), totalMinor: 101 }, handled)).toThrow(
    expect.objectContaining({ code: 'ICX_HANDLER_REJECTED', facts: { positionsMinor: 100, totalMinor: 101 } }),
  )
})

test('rejects a currency that is no ISO code', () => {
  expect(() => postOrder({ ...order([100]), currency: '£' }, handled)).toThrow('ISO 4217')
})

test('takes a cancelled amount back from receivable and sales', () => {
  const cancellation = {
    cancellationId: 'C1',
    originalOrderRef: null,
    cancelledAt: at,
    countryCode: 'GB',
    currency: 'GBP',
    lines: [line(-2_750)],
    totalMinor: -2_750,
  }
  expect(postCancellation(cancellation, handled)).toMatchObject({
    kind: 'cancellation',
    orderRef: null,
    postings: [
      { account: 'receivable', amountMinor: -2_750 },
      { account: 'sales', amountMinor: 2_750 },
    ],
  })
})

test('posts a refund with its own amount, whatever its positions say', () => {
  const lines = [{ sku: 'A', quantity: 1, amountMinor: -8_999, restocked: false }]
  const refund = { refundId: 'r1', orderId: 'o1', issuedAt: at, currency: 'USD', amountMinor: -8_500, lines }
  expect(postRefund(refund, handled).postings).toEqual([
    { account: 'receivable', amountMinor: -8_500 },
    { account: 'refunds', amountMinor: 8_500 },
  ])
})

test('posts an adjustment against bad debt', () => {
  const adjustment = { adjustmentId: 'A1', recordedAt: at, currency: 'GBP', amountMinor: 1_106_206, reason: 'bad debt' }
  expect(postAdjustment(adjustment, handled).postings).toEqual([
    { account: 'receivable', amountMinor: 1_106_206 },
    { account: 'bad-debt', amountMinor: -1_106_206 },
  ])
})

test('keeps the newest state of a customer by event time', () => {
  const customer = { customerId: 'c1', legalName: 'Wu Hui', address: null, email: null }
  const older = billCustomer(customer, handled)
  const newer = billCustomer({ ...customer, email: 'hui@example.com' }, { messageId: 'm2', timeMs: 2_000 })
  expect(newestCustomers([newer, older])).toEqual([newer])
  expect(newestCustomers([older, newer])).toEqual([newer])
})

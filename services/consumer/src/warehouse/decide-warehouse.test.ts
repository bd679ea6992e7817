import { timestampMillis } from '@interchange/contracts'
import { InterchangeError } from '@interchange/messaging'
import { expect, test } from 'vitest'
import { adjustStock, cancelOrder, lineUnitsMax, reserveOrder, restockRefund } from './decide-warehouse.ts'
import { stockTotals } from './warehouse-effect.ts'

const handled = { messageId: 'm1' }
const at = timestampMillis(1_291_191_960_000)
const line = (sku: string, quantity: number) => ({
  sku,
  description: null,
  quantity,
  unitPriceMills: 1_000,
  amountMinor: 100 * quantity,
})
const order = (lines: readonly ReturnType<typeof line>[]) => ({
  orderId: 'o1',
  source: 'retail' as const,
  placedAt: at,
  customerRef: null,
  recipientName: 'Mary Jane Watson-Parker',
  countryCode: 'GB',
  currency: 'GBP',
  lines,
  totalMinor: 0,
  channel: 'export' as const,
  shippingMinor: 0,
  discountMinor: 0,
  taxMinor: 0,
})
const cancellation = (originalOrderRef: string | null) => ({
  cancellationId: 'C1',
  originalOrderRef,
  cancelledAt: at,
  countryCode: 'GB',
  currency: 'GBP',
  lines: [line('A', 2)],
  totalMinor: -200,
})

test('reserves every unit of an order for its recipient', () => {
  expect(reserveOrder(order([line('A', 2), line('B', 3)]), handled)).toMatchObject({
    orderId: 'o1',
    recipientName: 'Mary Jane Watson-Parker',
    countryCode: 'GB',
    lineCount: 2,
    units: 5,
  })
})

test('releases what the cancelled order reserved when the order is named', () => {
  expect(cancelOrder(cancellation('o1'), handled).stock).toEqual([{ sku: 'A', onHand: 0, reserved: -2 }])
})

test('takes goods back on the shelf when the cancellation names no order', () => {
  expect(cancelOrder(cancellation(null), handled).stock).toEqual([{ sku: 'A', onHand: 2, reserved: 0 }])
})

test('restocks only the refunded positions that say so and have a SKU', () => {
  const refund = {
    refundId: 'r1',
    orderId: 'o1',
    issuedAt: at,
    currency: 'USD',
    amountMinor: -300,
    lines: [
      { sku: 'A', quantity: 1, amountMinor: -100, restocked: true },
      { sku: 'B', quantity: 1, amountMinor: -100, restocked: false },
      { sku: null, quantity: 1, amountMinor: -100, restocked: true },
    ],
  }
  expect(restockRefund(refund, handled).stock).toEqual([{ sku: 'A', onHand: 1, reserved: 0 }])
})

test('corrects stock in both directions', () => {
  const lines = [
    { sku: 'A', quantityDelta: -9, reason: 'damages' },
    { sku: 'A', quantityDelta: 4, reason: 'found' },
  ]
  const movement = adjustStock({ adjustmentId: 'a1', adjustedAt: at, lines }, handled)
  expect(stockTotals([movement])).toEqual([{ sku: 'A', onHand: -5, reserved: 0 }])
})

test.each([
  ['no positions', []],
  ['a position of no units', [line('A', 0)]],
  ['a position of negative units', [line('A', -1)]],
  ['more units than anybody orders', [line('A', lineUnitsMax + 1)]],
  ['a position without a SKU', [line('', 1)]],
])('rejects an order with %s as poison', (_, lines) => {
  expect(() => reserveOrder(order(lines), handled)).toThrow(
    expect.objectContaining({ name: InterchangeError.name, code: 'ICX_HANDLER_REJECTED', failureClass: 'poison' }),
  )
})

test('adds up many documents to one change per SKU, in SKU order, codes that differ by case apart', () => {
  const effects = [
    reserveOrder(order([line('b', 1), line('a', 2), line('B', 4)]), handled),
    reserveOrder(order([line('a', 3)]), handled),
    cancelOrder(cancellation(null), handled),
  ]
  expect(stockTotals(effects)).toEqual([
    { sku: 'A', onHand: 2, reserved: 0 },
    { sku: 'B', onHand: 0, reserved: 4 },
    { sku: 'a', onHand: 0, reserved: 5 },
    { sku: 'b', onHand: 0, reserved: 1 },
  ])
})

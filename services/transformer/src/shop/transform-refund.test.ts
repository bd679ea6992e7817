import { type RefundReceived, type RefundReceivedLine, timestampMillis } from '@interchange/contracts'
import { describe, expect, it } from 'vitest'
import { transformErasure } from './transform-erasure.ts'
import { transformRefund } from './transform-refund.ts'

const line: RefundReceivedLine = {
  lineItemId: '487817672276298554',
  sku: 'SKU2006-001',
  quantity: 1,
  restockType: 'no_restock',
  subtotal: '89.99',
  totalTax: '7.20',
}

const transaction = (amount: string, status = 'success', kind = 'refund') => ({
  transactionId: '1',
  kind,
  status,
  amount,
})

const refund: RefundReceived = {
  refundId: '890088186047892319',
  orderId: '820982911946154508',
  createdAt: '2021-12-31T19:00:00-05:00',
  note: 'Things were damaged',
  restock: false,
  currency: 'USD',
  lines: [line],
  transactions: [transaction('75.00'), transaction('10.00')],
}

const transformed = (change: Partial<RefundReceived>): unknown => transformRefund({ ...refund, ...change })?.value

describe('shop refunds', () => {
  it('REF-01 says what the customer gets back', () => {
    expect(transformRefund(refund)?.topic.name).toBe('sales.refund-issued.v1')
    expect(transformed({})).toEqual({
      refundId: '890088186047892319',
      orderId: '820982911946154508',
      issuedAt: Date.UTC(2022, 0, 1),
      currency: 'USD',
      amountMinor: -8500,
      lines: [{ sku: 'SKU2006-001', quantity: 1, amountMinor: -8999, restocked: false }],
    })
  })

  it('REF-02 counts money that moves back, pending or done', () => {
    const transactions = [
      transaction('1.00', 'pending'),
      transaction('2.00', 'failure'),
      transaction('4.00', 'error'),
      transaction('8.00', 'success', 'void'),
    ]
    expect(transformed({ transactions })).toMatchObject({ amountMinor: -100 })
  })

  it('REF-03 rejects words the shop does not have', () => {
    expect(() => transformed({ transactions: [transaction('1', 'maybe')] })).toThrow('an unknown status of a refund')
    expect(() => transformed({ lines: [{ ...line, restockType: 'burn' }] })).toThrow('an unknown way to restock')
  })

  it.each([
    ['return', true],
    ['legacy_restock', true],
    ['no_restock', false],
    ['cancel', false],
  ])('REF-04 takes %s as restocked %s', (restockType, restocked) => {
    expect(transformed({ lines: [{ ...line, restockType }] })).toMatchObject({ lines: [{ restocked }] })
  })

  it('REF-05 makes nothing of a refund of nothing', () => {
    expect(transformed({ lines: [], transactions: [], currency: null })).toBeUndefined()
    expect(transformed({ lines: [], transactions: [transaction('1', 'failure')] })).toBeUndefined()
  })

  it('REF-06 rejects money without a currency', () => {
    expect(() => transformed({ currency: null })).toThrow('a refund names no currency')
    expect(() => transformed({ currency: null, lines: [] })).toThrow('a refund names no currency')
  })

  it('REF-07 rejects amounts and quantities that go the wrong way', () => {
    expect(() => transformed({ lines: [{ ...line, quantity: 0 }] })).toThrow('a quantity below 1')
    expect(() => transformed({ lines: [{ ...line, subtotal: '-1' }] })).toThrow('a negative amount')
    expect(() => transformed({ transactions: [transaction('-1')] })).toThrow('a negative amount')
    expect(transformed({ lines: [{ ...line, subtotal: '0', sku: ' ' }], transactions: [] })).toMatchObject({
      amountMinor: 0,
      lines: [{ sku: null, amountMinor: 0 }],
    })
  })
})

describe('erasure requests', () => {
  it('ERA-01 passes on who and when, and no more', () => {
    const { topic, value } = transformErasure({
      customerId: '191167',
      shopId: '954889',
      shopDomain: 'example.myshopify.com',
      email: 'john@example.com',
      phone: '555-625-1199',
      ordersToRedact: ['299938'],
      receivedAt: timestampMillis(1_767_225_600_000),
    })
    expect([topic.name, value]).toEqual([
      'privacy.erasure-requested.v1',
      { customerId: '191167', requestedAt: 1_767_225_600_000 },
    ])
  })
})

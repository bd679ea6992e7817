import type { InvoiceReceived, InvoiceReceivedLine } from '@interchange/contracts'
import { describe, expect, it } from 'vitest'
import { createCountries } from '../countries/countries.ts'
import { transformInvoice } from './transform-invoice.ts'

const countries = createCountries({})

const line = (change: Partial<InvoiceReceivedLine> = {}): InvoiceReceivedLine => ({
  lineNo: 2,
  stockCode: '85123A',
  description: 'WHITE HANGING HEART T-LIGHT HOLDER',
  quantity: 6,
  invoiceDate: '2010-12-01 08:26:00',
  unitPrice: '2.55',
  customerId: '17850.0',
  country: 'United Kingdom',
  ...change,
})

const invoice = (invoiceNo: string, ...changes: readonly Partial<InvoiceReceivedLine>[]): InvoiceReceived => ({
  invoiceNo,
  batchId: 'imp-1',
  lines: changes.map(line),
})

const transformed = (received: InvoiceReceived): [string, unknown] => {
  const { topic, value } = transformInvoice(received, countries)
  return [topic.name, value]
}

const placedAt = Date.UTC(2010, 11, 1, 8, 26)
const nobody = { customerId: null, unitPrice: '0.0' } as const

describe('retail invoices', () => {
  it('RET-01 makes an order of an ordinary invoice', () => {
    const received = invoice('536365', {}, { stockCode: '71053', description: 'LANTERN', unitPrice: '3.39' })
    expect(transformed(received)).toEqual([
      'sales.order-placed.v1',
      {
        orderId: '536365',
        source: 'retail',
        placedAt,
        customerRef: '17850',
        recipientName: null,
        countryCode: 'GB',
        currency: 'GBP',
        lines: [
          {
            sku: '85123A',
            description: 'WHITE HANGING HEART T-LIGHT HOLDER',
            quantity: 6,
            unitPriceMills: 2550,
            amountMinor: 1530,
          },
          { sku: '71053', description: 'LANTERN', quantity: 6, unitPriceMills: 3390, amountMinor: 2034 },
        ],
        totalMinor: 3564,
        channel: 'export',
        shippingMinor: 0,
        discountMinor: 0,
        taxMinor: 0,
      },
    ])
  })

  it('RET-02 makes a cancellation of a C invoice', () => {
    const received = invoice('C536379', { stockCode: 'D', description: 'Discount', quantity: -2, unitPrice: '27.5' })
    expect(transformed(received)).toEqual([
      'sales.order-cancelled.v1',
      {
        cancellationId: 'C536379',
        originalOrderRef: null,
        cancelledAt: placedAt,
        countryCode: 'GB',
        currency: 'GBP',
        lines: [{ sku: 'D', description: 'Discount', quantity: 2, unitPriceMills: 27_500, amountMinor: -5500 }],
        totalMinor: -5500,
      },
    ])
  })

  it.each([
    ['11062.06', 1_106_206],
    ['-11062.06', -1_106_206],
  ])('RET-03 records an adjustment of %s pounds with its sign', (unitPrice, amountMinor) => {
    const change = { quantity: 1, unitPrice, description: 'Adjust bad debt', customerId: null, country: 'Unspecified' }
    expect(transformed(invoice('A563186', change))).toEqual([
      'sales.adjustment-recorded.v1',
      { adjustmentId: 'A563186', recordedAt: placedAt, currency: 'GBP', amountMinor, reason: 'Adjust bad debt' },
    ])
  })

  it('RET-04 adjusts stock down for damages of nobody', () => {
    const change = { ...nobody, quantity: -20, description: 'damages', country: 'Unspecified' }
    expect(transformed(invoice('537425', change))).toEqual([
      'inventory.stock-adjusted.v1',
      {
        adjustmentId: '537425',
        adjustedAt: placedAt,
        lines: [{ sku: '85123A', quantityDelta: -20, reason: 'damages' }],
      },
    ])
  })

  it('RET-05 adjusts stock up for what was found', () => {
    expect(transformed(invoice('536414', { ...nobody, quantity: 56, description: null }))).toMatchObject([
      'inventory.stock-adjusted.v1',
      { lines: [{ sku: '85123A', quantityDelta: 56, reason: null }] },
    ])
  })

  it('RET-06 takes free samples as orders', () => {
    expect(transformed(invoice('1', { unitPrice: '0.0' }))).toMatchObject(['sales.order-placed.v1', { totalMinor: 0 }])
    expect(transformed(invoice('1', nobody, { customerId: null }))).toMatchObject([
      'sales.order-placed.v1',
      { totalMinor: 1530, customerRef: null },
    ])
  })

  it.each(['536365', 'C536365', 'A536365'])('RET-07 rejects quantity 0 on %s', (invoiceNo) => {
    expect(() => transformed(invoice(invoiceNo, {}, { quantity: 0 }))).toThrow('a line with quantity 0')
  })

  it('RET-08 rejects quantities of both signs', () => {
    expect(() => transformed(invoice('1', {}, { quantity: -1 }))).toThrow('quantities of both signs')
    expect(() => transformed(invoice('1', nobody, { ...nobody, quantity: -1 }))).toThrow('quantities of both signs')
  })

  it('RET-09 rejects negative quantities that are neither cancellation nor stock', () => {
    expect(() => transformed(invoice('1', { quantity: -1 }))).toThrow('an invoice that is no cancellation')
    expect(() => transformed(invoice('1', { quantity: -1, customerId: null }))).toThrow('that is no cancellation')
    expect(() => transformed(invoice('1', { quantity: -1, unitPrice: '0' }))).toThrow('that is no cancellation')
  })

  it('RET-10 rejects a cancellation with a quantity above 0', () => {
    expect(() => transformed(invoice('C1', {}))).toThrow('a cancellation with a quantity above 0')
    expect(() => transformed(invoice('C1', { quantity: -1 }, {}))).toThrow('a cancellation with a quantity above 0')
  })

  it('RET-11 rejects a negative price outside an adjustment', () => {
    expect(() => transformed(invoice('1', { unitPrice: '-0.01' }))).toThrow('a negative price outside an adjustment')
    expect(() => transformed(invoice('C1', { quantity: -1, unitPrice: '-1' }))).toThrow('a negative price')
  })

  it('RET-12 rejects an invoice without lines', () => {
    expect(() => transformed(invoice('1'))).toThrow('an invoice without lines')
  })

  it.each(['B1', 'C', 'c536379', '', '536365 ', 'CA1'])('RET-13 rejects the invoice number %j', (invoiceNo) => {
    expect(() => transformed(invoice(invoiceNo, {}))).toThrow('an invoice number that is neither')
  })

  it('RET-14 rejects an invoice of two customers', () => {
    expect(() => transformed(invoice('1', {}, { customerId: '17851.0' }))).toThrow('more than one customer')
    expect(() => transformed(invoice('1', {}, { customerId: null }))).toThrow('more than one customer')
    expect(transformed(invoice('1', {}, { customerId: '17850' }))).toMatchObject([{}, { customerRef: '17850' }])
  })

  it('RET-15 rejects an invoice of two countries', () => {
    expect(() => transformed(invoice('1', {}, { country: 'France' }))).toThrow('more than one country')
  })

  it('RET-16 keeps exact duplicate lines', () => {
    expect(transformed(invoice('1', {}, {}))).toMatchObject([{}, { lines: [{}, {}], totalMinor: 3060 }])
  })

  it('RET-17 takes the earliest of two times', () => {
    const later = { invoiceDate: '2010-12-01 08:27:00' }
    expect(transformed(invoice('1', later, {}, later))).toMatchObject([{}, { placedAt }])
  })

  it('RET-18 takes stock codes that differ by case as one', () => {
    expect(transformed(invoice('1', {}, { stockCode: ' 85123a' }))).toMatchObject([
      {},
      { lines: [{ sku: '85123A' }, { sku: '85123A' }] },
    ])
  })

  it.each([
    [null, null],
    ['', null],
    ['  ', null],
    [' RED  BOX ', 'RED BOX'],
  ])('RET-19 takes the description %j as %j', (written, description) => {
    expect(transformed(invoice('1', { description: written }))).toMatchObject([{}, { lines: [{ description }] }])
  })

  it.each(['17850.0', '17850', '17850.00', ' 17850.0 '])('RET-20 reads customer %j as a whole number', (customerId) => {
    expect(transformed(invoice('1', { customerId }))).toMatchObject([{}, { customerRef: '17850' }])
  })

  it.each([null, '', '  '])('RET-21 takes customer %j as nobody known', (customerId) => {
    expect(transformed(invoice('1', { customerId }))).toMatchObject(['sales.order-placed.v1', { customerRef: null }])
  })

  it.each(['1.785E4', '17850.5', 'n/a', '-1.0', 'NaN'])('RET-22 rejects customer %j', (customerId) => {
    expect(() => transformed(invoice('1', { customerId }))).toThrow('no customer number')
  })

  it('RET-23 rejects an adjustment without a reason', () => {
    expect(() => transformed(invoice('A1', { description: ' ' }))).toThrow('an adjustment without a reason')
  })

  it('RET-24 rejects a blank stock code', () => {
    expect(() => transformed(invoice('1', { stockCode: ' ' }))).toThrow('a line without a stock code')
  })

  it('needs a country for orders and cancellations', () => {
    expect(() => transformed(invoice('1', { country: 'EIRE' }))).toThrow('no country code for EIRE')
    expect(() => transformed(invoice('C1', { quantity: -1, country: '' }))).toThrow('no country is named')
  })

  it('reads prices and times before it decides', () => {
    expect(() => transformed(invoice('1', { unitPrice: '2,55' }))).toThrow('an amount is no plain decimal')
    expect(() => transformed(invoice('1', { invoiceDate: '01/12/2010' }))).toThrow('no local time')
  })
})

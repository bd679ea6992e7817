import type { OrderReceived, OrderReceivedAddress, OrderReceivedLine } from '@interchange/contracts'
import { describe, expect, it } from 'vitest'
import { createCountries } from '../countries/countries.ts'
import { type TestOrders, transformOrder } from './transform-order.ts'

const countries = createCountries({})

const shipping: OrderReceivedAddress = {
  name: 'Steve Shipper',
  firstName: 'Steve',
  lastName: 'Shipper',
  company: 'Shipping Company',
  address1: '123 Shipping Street',
  address2: null,
  city: 'Shippington',
  province: 'Kentucky',
  provinceCode: 'KY',
  zip: '40003',
  country: 'United States',
  countryCode: 'US',
}

const line: OrderReceivedLine = {
  lineId: '487817672276298554',
  sku: 'SKU2006-001',
  title: 'Aviator sunglasses',
  quantity: 1,
  price: '89.99',
  totalDiscount: '0.00',
}

const order: OrderReceived = {
  orderId: '820982911946154508',
  orderName: '#9999',
  createdAt: '2021-12-31T19:00:00-05:00',
  cancelledAt: null,
  sourceName: 'web',
  test: false,
  currency: 'USD',
  email: 'jon@example.com',
  customerId: '115310627314723954',
  shippingAddress: shipping,
  billingAddress: null,
  lines: [line],
  totalPrice: '94.99',
  totalDiscounts: '5.00',
  totalTax: '0.00',
  taxesIncluded: false,
  totalShipping: '10.00',
}

const events = (change: Partial<OrderReceived>, testOrders: TestOrders = 'skip'): readonly [string, unknown][] =>
  transformOrder({ ...order, ...change }, countries, testOrders).map(({ topic, value }) => [topic.name, value])

const transformed = (change: Partial<OrderReceived>): unknown => {
  const [first, ...more] = events(change)
  expect(more).toEqual([])
  return first
}

describe('shop orders', () => {
  it('ORD-01 makes an order of what the shop sold', () => {
    expect(transformed({})).toEqual([
      'sales.order-placed.v1',
      {
        orderId: '820982911946154508',
        source: 'shop',
        placedAt: Date.UTC(2022, 0, 1),
        customerRef: '115310627314723954',
        recipientName: 'Steve Shipper',
        countryCode: 'US',
        currency: 'USD',
        lines: [
          {
            sku: 'SKU2006-001',
            description: 'Aviator sunglasses',
            quantity: 1,
            unitPriceMills: 89_990,
            amountMinor: 8999,
          },
        ],
        totalMinor: 9499,
        channel: 'web',
        shippingMinor: 1000,
        discountMinor: 500,
        taxMinor: 0,
      },
    ])
  })

  it('ORD-02 counts taxes once', () => {
    expect(transformed({ totalTax: '8.00', totalPrice: '102.99' })).toMatchObject([{}, { taxMinor: 800 }])
    expect(transformed({ totalTax: '8.00', taxesIncluded: true })).toMatchObject([
      {},
      { taxMinor: 0, totalMinor: 9499 },
    ])
    expect(transformed({ totalShipping: null, totalPrice: '84.99' })).toMatchObject([{}, { shippingMinor: 0 }])
  })

  it('ORD-03 rejects an order whose parts do not add up', () => {
    expect(() => transformed({ totalPrice: '97.99' })).toThrow('do not add up to its total')
  })

  it('ORD-04 places and cancels an order that is cancelled already', () => {
    expect(events({ cancelledAt: '2022-01-02T00:00:00Z' })).toEqual([
      transformed({}),
      [
        'sales.order-cancelled.v1',
        {
          cancellationId: '820982911946154508',
          originalOrderRef: '820982911946154508',
          cancelledAt: Date.UTC(2022, 0, 2),
          countryCode: 'US',
          currency: 'USD',
          lines: [
            {
              sku: 'SKU2006-001',
              description: 'Aviator sunglasses',
              quantity: 1,
              unitPriceMills: 89_990,
              amountMinor: -8999,
            },
          ],
          totalMinor: -8999,
        },
      ],
    ])
  })

  it('ORD-05 makes nothing of a test order unless told to', () => {
    expect(events({ test: true })).toEqual([])
    expect(events({ test: true }, 'accept')).toEqual(events({}))
  })

  it("ORD-06 takes the payer's address where there is no shipping address", () => {
    const billingAddress = { ...shipping, name: 'Bob Biller', countryCode: 'CA' }
    expect(transformed({ shippingAddress: null, billingAddress })).toMatchObject([
      {},
      { recipientName: 'Bob Biller', countryCode: 'CA' },
    ])
  })

  it('ORD-07 rejects an order without any address', () => {
    expect(() => transformed({ shippingAddress: null })).toThrow('no destination country')
  })

  it.each([null, '', ' '])('ORD-08 rejects a line with stock keeping unit %j', (sku) => {
    expect(() => transformed({ lines: [{ ...line, sku }] })).toThrow('an order line without a stock keeping unit')
  })

  it('ORD-09 rejects lines that sell nothing', () => {
    expect(() => transformed({ lines: [{ ...line, quantity: 0 }] })).toThrow('a quantity below 1')
    expect(() => transformed({ lines: [{ ...line, quantity: -1 }] })).toThrow('a quantity below 1')
    expect(() => transformed({ lines: [{ ...line, price: '-1.00' }] })).toThrow('a negative price')
    expect(() => transformed({ lines: [] })).toThrow('an order without lines')
  })

  it.each([
    ['web', 'web'],
    ['pos', 'point_of_sale'],
    ['iphone', 'unknown'],
    [null, 'unknown'],
  ])('ORD-10 takes source %j as channel %s', (sourceName, channel) => {
    expect(transformed({ sourceName })).toMatchObject([{}, { channel }])
  })

  it.each([null, '', ' '])('ORD-11 takes customer %j as a guest', (customerId) => {
    expect(transformed({ customerId })).toMatchObject([{}, { customerRef: null }])
  })

  it('ORD-12 writes the recipient on one line', () => {
    const recipient = (change: Partial<OrderReceivedAddress>): unknown =>
      transformed({ shippingAddress: { ...shipping, ...change } })
    expect(recipient({ name: ' Steve \t Shipper ' })).toMatchObject([{}, { recipientName: 'Steve Shipper' }])
    expect(recipient({ name: null, firstName: '太郎', lastName: '山田' })).toMatchObject([
      {},
      { recipientName: '山田 太郎' },
    ])
    expect(recipient({ name: '', firstName: '', lastName: null })).toMatchObject([
      {},
      { recipientName: 'Shipping Company' },
    ])
    expect(recipient({ name: null, firstName: null, lastName: null, company: null })).toMatchObject([
      {},
      { recipientName: null },
    ])
  })

  it('ORD-13 keeps the case of a stock keeping unit', () => {
    expect(transformed({ lines: [{ ...line, sku: ' sku2006-001' }] })).toMatchObject([
      {},
      { lines: [{ sku: 'sku2006-001' }] },
    ])
  })

  it('ORD-14 counts in minor units of the currency', () => {
    const plain = { totalDiscounts: '0', totalShipping: null }
    const yen = { ...plain, currency: 'JPY', lines: [{ ...line, quantity: 3, price: '1200.00' }], totalPrice: '3600' }
    expect(transformed(yen)).toMatchObject([{}, { totalMinor: 3600, lines: [{ unitPriceMills: 1_200_000 }] }])
    const dinars = { ...plain, currency: 'KWD', lines: [{ ...line, quantity: 2, price: '1.005' }], totalPrice: '2.010' }
    expect(transformed(dinars)).toMatchObject([{}, { totalMinor: 2010, lines: [{ amountMinor: 2010 }] }])
    expect(() => transformed({ currency: 'usd' })).toThrow('no currency of ISO 4217')
  })
})

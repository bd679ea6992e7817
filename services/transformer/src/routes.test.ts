import { type ShopErasureRequested, timestampMillis, topicsOf } from '@interchange/contracts'
import type { HandlerContext } from '@interchange/messaging'
import { describe, expect, it } from 'vitest'
import { createCountries } from './countries/countries.ts'
import { transformerRoutes } from './routes.ts'

const routes = transformerRoutes(createCountries({}), 'skip')

const context: HandlerContext = {
  messageId: '0190163d-8694-739b-aea5-966c26f8ad91',
  correlationId: '0190163d-8694-739b-aea5-966c26f8ad91',
  timeMs: 0,
  topic: 'shop.erasure-requested.v1',
  partition: 0,
  offset: 0,
  key: '191167',
  attempt: 1,
  replayId: undefined,
  signal: new AbortController().signal,
}

describe('the routes of the transformer', () => {
  it('read what the catalogue says the group reads, each topic once and in the order of its keys', () => {
    const read = routes.map(({ from }) => from.name)
    expect([...read].sort()).toEqual(
      topicsOf('transformer')
        .map(({ name }) => name)
        .sort(),
    )
    expect(routes.every(({ group, ordering = 'key' }) => group === 'transformer' && ordering === 'key')).toBe(true)
  })

  it('answer the same for the same message whenever it comes again', async () => {
    const request: ShopErasureRequested = {
      customerId: '191167',
      shopId: '954889',
      shopDomain: 'example.myshopify.com',
      email: null,
      phone: null,
      ordersToRedact: [],
      receivedAt: timestampMillis(1_767_225_600_000),
    }
    const route = routes.find(({ from }) => from.name === 'shop.erasure-requested.v1')
    const first = await route?.handle(request, context)
    expect(first).toMatchObject({ value: { customerId: '191167', requestedAt: 1_767_225_600_000 } })
    expect(await route?.handle(request, { ...context, attempt: 2, timeMs: 5 })).toEqual(first)
  })
})

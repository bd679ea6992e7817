import { randomBytes } from 'node:crypto'
import { customerReceived } from '@interchange/contracts'
import { type RunningStack, startStack } from '@interchange/stack'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  get,
  json,
  mark,
  prepareCluster,
  type RunningProducer,
  sendImport,
  sendWebhook,
  startProducer,
  testTransport,
  until,
} from './running-producer.fixture.ts'

// A broker of our own, because this test kills it; registry and database are those of the set-up.
let stack: RunningStack
let producer: RunningProducer
const outer = process.env['KAFKA_BROKERS']

beforeAll(async () => {
  const { KAFKA_BROKERS: _, ...env } = process.env
  stack = await startStack({ name: 'producer-outage', fresh: true, env: { ...env, INTERCHANGE_STACK: 'local' } })
  process.env['KAFKA_BROKERS'] = stack.env['KAFKA_BROKERS']
  await prepareCluster()
  producer = await startProducer({ PUBLISH_DEADLINE_MS: '2000' })
}, 180_000)
afterAll(async () => {
  await producer?.stop()
  await stack?.stop()
  process.env['KAFKA_BROKERS'] = outer
})

const unique = (): string => randomBytes(8).toString('hex')

describe('while Kafka is down', () => {
  it('a webhook is answered 503 within its deadline, and the same event goes through afterwards, once', async () => {
    const since = await mark(testTransport(), customerReceived)
    const headers = { 'x-shopify-event-id': unique() }
    const body = JSON.stringify({ id: 1, first_name: unique() })
    await stack.kafka.kill()
    const startedMs = performance.now()
    const response = await sendWebhook(producer, 'customers/create', body, headers)
    expect(performance.now() - startedMs).toBeLessThan(4_000)
    expect(response.status).toBe(503)
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(await json(response)).toMatchObject({ status: 503, code: expect.stringMatching(/^ICX_(KAFKA|PUBLISH)_/) })
    expect((await get(producer, '/health/live')).status).toBe(200)

    const importing = await sendImport(
      producer,
      `InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n${unique()},A,X,1,d,1,c,UK\n`,
    )
    expect(importing.status).toBe(202)

    await stack.kafka.start()
    const again = await until(async () => {
      const answer = await sendWebhook(producer, 'customers/create', body, headers)
      return answer.status === 202 ? json(answer) : undefined
    }, 60_000)
    expect(again).toMatchObject({ status: 'published', duplicate: true })
    const ids = (await since()).map(({ id }) => id)
    expect(new Set(ids)).toEqual(new Set([again.eventId]))
    await until(
      async () => (await json(get(producer, importing.headers.get('location') ?? ''))).state === 'done',
      60_000,
    )
  }, 180_000)
})

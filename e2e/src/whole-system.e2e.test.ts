import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type Audit,
  auditSystem,
  importRetailFile,
  prepareCluster,
  quiesce,
  sendWebhook,
  shopMorning,
  withSystem,
} from '@interchange/cli'
import { catalogue, orderPlaced, orderPlacedVersions, timestampMillis } from '@interchange/contracts'
import { createReplayClient } from '@interchange/dead-letters'
import { journeyOf } from '@interchange/journey'
import { HeaderBlock, partitionOf } from '@interchange/messaging'
import { javaKafkaClient, type RunningStack, type RunningSystem, startStack, startSystem } from '@interchange/stack'
import { waitFor } from '@interchange/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { madeInvoices } from './made-invoices.ts'

let stack: RunningStack
let system: RunningSystem
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'interchange-e2e-'))
  // The set-up of the whole run already has a stack; this one is ours to break.
  const {
    KAFKA_BROKERS: _k,
    SCHEMA_REGISTRY_URL: _s,
    DATABASE_URL: _d,
    OTEL_EXPORTER_OTLP_ENDPOINT: _o,
    ...env
  } = process.env
  stack = await startStack({ name: 'e2e', fresh: true, env })
  await prepareCluster(stack.env)
  system = await startSystem(stack)
}, 180_000)

afterAll(async () => {
  await stack?.stop()
  await rm(folder, { recursive: true, force: true })
})

const quiet = (): Promise<void> =>
  withSystem(
    async (opened) =>
      quiesce(await opened.admin(), {
        stalledMs: 60_000,
        signal: AbortSignal.timeout(240_000),
        onLag: () => undefined,
      }),
    stack.env,
  )

const audit = async (): Promise<Audit> =>
  auditSystem({
    brokers: stack.addresses.kafkaBrokers,
    databaseUrl: stack.addresses.databaseUrl,
    client: await javaKafkaClient(),
  })

const expectClosed = ({ balance, duplicatedEffects, effects }: Audit): void => {
  expect(balance.groups.flatMap(({ group, missingIds }) => missingIds.map((id) => `${group} ${id}`))).toEqual([])
  expect(balance).toMatchObject({ closes: true, lost: 0, divergentIds: [] })
  expect({ duplicatedEffects, duplicates: effects.duplicates }).toEqual({ duplicatedEffects: 0, duplicates: [] })
  expect([...effects.ledgerSums.values()].every((sum) => sum === 0)).toBe(true)
}

const importInvoices = async (prefix: number, count: number, atHalf: () => Promise<void>): Promise<void> => {
  const path = join(folder, `${prefix}.csv`)
  await writeFile(path, madeInvoices(prefix, count, 10))
  let acted: Promise<void> | undefined
  const target = {
    producerUrl: system.producer.url,
    token: system.credentials.ingestToken,
    signal: AbortSignal.timeout(200_000),
  }
  await importRetailFile(target, path, (job) => {
    if (job.invoicesPublished > 0 || job.state === 'done') acted ??= atHalf()
  })
  await acted
}

describe('the whole system', () => {
  it('carries one order from the webhook to every group in one trace', async () => {
    const [order] = (await shopMorning('trace')).filter(({ topic }) => topic === 'orders/create')
    if (order === undefined) throw new Error('the sample morning has no order')
    const answer = await sendWebhook(system.producer.url, system.credentials.shopWebhookSecret, order)
    expect(answer).toMatchObject({ status: 202, duplicate: false })
    await quiet()
    const correlationId = answer.correlationId ?? ''
    const journey = await withSystem(
      ({ transport }) => journeyOf(transport, correlationId, { topics: catalogue }),
      stack.env,
    )
    expect(journey.hops.map(({ topic }) => topic)).toEqual(['shop.order-received.v1', 'sales.order-placed.v1'])
    expect(journey.hops[1]?.receivers).toEqual([
      { group: 'warehouse', state: 'passed' },
      { group: 'ledger', state: 'passed' },
    ])
    if (stack.tracesOff !== null) {
      process.stderr.write(`NOT CHECKED: the trace in Jaeger, because traces are off: ${stack.tracesOff}\n`)
      return
    }
    expect(journey.traceIds).toHaveLength(1)
    const services = await waitFor(
      async () => {
        const found = await servicesOfTrace(journey.traceIds[0] ?? '')
        return found.length === 3 ? found : undefined
      },
      { timeoutMs: 30_000, everyMs: 250 },
    )
    expect(services).toEqual(['consumer', 'producer', 'transformer'])
  })

  it('answers a webhook that comes twice with the same event, and refuses other content under its id', async () => {
    const [order] = (await shopMorning('twice')).filter(({ topic }) => topic === 'orders/create')
    if (order === undefined) throw new Error('the sample morning has no order')
    const { producer, credentials } = system
    const first = await sendWebhook(producer.url, credentials.shopWebhookSecret, order)
    const second = await sendWebhook(producer.url, credentials.shopWebhookSecret, order)
    expect(second).toMatchObject({ status: 202, eventId: first.eventId, duplicate: true })
    const other = { ...order, body: order.body.replace('"#1001"', '"#9001"') }
    expect(await sendWebhook(producer.url, credentials.shopWebhookSecret, other)).toMatchObject({ status: 409 })
    expect(await sendWebhook(producer.url, 'another secret', order)).toMatchObject({ status: 401 })
  })

  it('reads both versions of an event on the wire', async () => {
    const [first] = orderPlacedVersions
    await withSystem(async (opened) => {
      const topic = { ...orderPlaced, schema: first }
      const publisher = await opened.publisher([topic])
      const line = { sku: 'A1', description: null, quantity: 2, unitPriceMills: 1_250, amountMinor: 250 }
      const value = {
        orderId: 'first-version-1',
        source: 'retail',
        placedAt: timestampMillis(1_291_191_960_000),
        customerRef: null,
        recipientName: null,
        countryCode: 'GB',
        currency: 'GBP',
        lines: [line],
        totalMinor: 250,
      }
      await publisher.publish(topic, value as never)
    }, stack.env)
    await quiet()
    const { effects } = await audit()
    expect(effects.receivables).toContainEqual({ documentId: 'first-version-1', kind: 'order', amountMinor: 250 })
  })

  it('loses and doubles nothing when the consumer is killed in mid-stream', async () => {
    await importInvoices(700_000, 1_500, async () => {
      system.consumer.kill('SIGKILL')
      await system.consumer.exited()
      await system.consumer.restart()
    })
    await quiet()
    const closed = await audit()
    expectClosed(closed)
    expect(closed.effects.receivables.filter(({ documentId }) => documentId.startsWith('70'))).toHaveLength(1_500)
  }, 240_000)

  it('loses and doubles nothing when the broker is killed in mid-stream', async () => {
    await importInvoices(710_000, 1_500, async () => {
      await stack.kafka.kill()
      await stack.kafka.start()
    })
    await quiet()
    const closed = await audit()
    expectClosed(closed)
    expect(closed.effects.receivables.filter(({ documentId }) => documentId.startsWith('71'))).toHaveLength(1_500)
  }, 240_000)

  it('turns hostile records into one classified dead letter each, and their neighbours go through', async () => {
    await withSystem(async (opened) => {
      const producer = await opened.transport.createProducer()
      const send = (key: string, value: Buffer | null, headers: HeaderBlock) =>
        producer.send([
          {
            topic: orderPlaced.name,
            partition: partitionOf(Buffer.from(key), orderPlaced.partitions),
            key: Buffer.from(key),
            value,
            headers,
          },
        ])
      const bomb = HeaderBlock.of(Array.from({ length: 6_000 }, (_, index) => ({ name: `h${index}`, value: 'x' })))
      for (const bytes of [0, 1, 2, 3, 4]) await send('hostile', Buffer.alloc(bytes), HeaderBlock.empty)
      await send('hostile', Buffer.from([0, 0x7f, 0xff, 0xff, 0xff, 1]), HeaderBlock.empty)
      await send('hostile', null, HeaderBlock.empty)
      await send('hostile', Buffer.from('{"json":true}'), bomb)
      await producer.close()
    }, stack.env)
    await importInvoices(720_000, 20, async () => undefined)
    await quiet()
    const desk = createReplayClient({ url: system.dlqReplay.url, token: system.credentials.operatorToken })
    const found = await waitFor(
      async () => {
        const { letters } = await desk.letters({ topic: orderPlaced.name, key: 'hostile', limit: 100 })
        return letters.length >= 16 ? letters : undefined
      },
      { timeoutMs: 20_000, everyMs: 250 },
    )
    expect(found).toHaveLength(8 * orderPlaced.groups.length)
    expect(new Set(found.map(({ reason }) => reason))).toEqual(new Set(['contract']))
    const closed = await audit()
    expectClosed(closed)
    expect(closed.effects.receivables.filter(({ documentId }) => documentId.startsWith('72'))).toHaveLength(20)
  }, 120_000)
})

const servicesOfTrace = async (traceId: string): Promise<readonly string[]> => {
  const answer = await fetch(`${stack.addresses.jaegerQueryUrl}/api/traces/${traceId}`)
  if (!answer.ok) return []
  const { data } = (await answer.json()) as { data: { processes: Record<string, { serviceName: string }> }[] }
  return [
    ...new Set(data.flatMap(({ processes }) => Object.values(processes).map(({ serviceName }) => serviceName))),
  ].sort()
}

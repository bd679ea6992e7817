import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
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
import {
  checkoutFolder,
  javaKafkaClient,
  type RunningStack,
  type RunningSystem,
  startStack,
  startSystem,
} from '@interchange/stack'
import { createDatabase } from '@interchange/store'
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

interface Ended {
  readonly code: number
  /** One JSON document of each line. */
  readonly answers: readonly Readonly<Record<string, unknown>>[]
  readonly words: string
}

/** `ix` as an operator runs it. */
const ix = (...words: readonly string[]): Promise<Ended> =>
  new Promise((resolve) => {
    const { dlqReplay, credentials } = system
    const env = {
      ...process.env,
      ...stack.env,
      DLQ_REPLAY_URL: dlqReplay.url,
      OPERATOR_TOKEN: credentials.operatorToken,
    }
    const main = join(checkoutFolder, 'packages/cli/dist/main.js')
    const child = execFile(process.execPath, [main, ...words], { env }, (_error, stdout, stderr) => {
      const lines = stdout.split('\n').filter((line) => line !== '')
      resolve({ code: child.exitCode ?? -1, answers: lines.map((line) => JSON.parse(line)), words: stderr })
    })
  })

describe('an operator at the command line', () => {
  const within = { timeoutMs: 30_000, everyMs: 250 }

  /** Orders that nobody can decode; answers their letters for the ledger, in the order of the orders. */
  const breakOrders = async (key: string, count: number): Promise<readonly string[]> => {
    await withSystem(async (opened) => {
      const producer = await opened.transport.createProducer()
      const partition = partitionOf(Buffer.from(key), orderPlaced.partitions)
      const broken = { topic: orderPlaced.name, partition, key: Buffer.from(key), headers: HeaderBlock.empty }
      for (let n = 1; n <= count; n++) await producer.send([{ ...broken, value: Buffer.alloc(n) }])
      await producer.close()
    }, stack.env)
    const listed = await waitFor(async () => {
      const { answers } = await ix('dlq', 'list', '--group', 'ledger', '--key', key, '--json')
      return answers.length === count ? answers : undefined
    }, within)
    await quiet()
    return listed.toSorted((a, b) => Number(a['offset']) - Number(b['offset'])).map(({ shortId }) => String(shortId))
  }

  it('puts a letter away, hears what could not be, and cannot send it back unforced', async () => {
    const key = `unwanted-${randomUUID()}`
    const [letter = ''] = await breakOrders(key, 1)
    const archived = await ix('dlq', 'archive', letter, 'nothing', '--reason', 'a test order', '--json')
    expect(archived).toMatchObject({ code: 3, answers: [{ archived: 1 }] })
    expect(archived.words).toContain('not archived: nothing: unknown')
    const put = await ix('dlq', 'list', '--group', 'ledger', '--key', key, '--state', 'archived', '--json')
    expect(put).toMatchObject({ code: 0, answers: [{ shortId: letter }] })
    const { answers: audit } = await ix('replay', 'history', '--json')
    expect(audit[0]).toMatchObject({ action: 'archive', group: 'ledger', count: 1, reason: 'a test order' })
    const sent = await ix('replay', 'one', letter, '--reason', 'after all', '--yes', '--json')
    expect(sent).toMatchObject({ code: 1, answers: [] })
    expect(sent.words).toContain('archived')
  })

  it('is asked before a letter changes the order of its key', async () => {
    const [first = '', second = ''] = await breakOrders(`late-${randomUUID()}`, 2)
    const refused = await ix('replay', 'one', first, '--reason', 'mended', '--yes', '--json')
    expect(refused).toMatchObject({ code: 1, answers: [] })
    expect(refused.words).toContain('late')
    const both = ['replay', 'one', first, second, '--reason', 'mended', '--yes', '--json']
    expect(await ix(...both)).toMatchObject({
      code: 3,
      answers: [{ refused: [], counts: { sent: 2, failedAgain: 2 } }],
    })
    const [third = '', fourth = ''] = await breakOrders(`accepted-${randomUUID()}`, 2)
    const accepted = await ix('replay', 'one', third, '--reason', 'mended', '--yes', '--json', '--accept-reorder')
    expect(accepted).toMatchObject({ code: 3, answers: [{ counts: { sent: 1, failedAgain: 1 } }] })
    expect(await ix('dlq', 'show', fourth, '--json')).toMatchObject({ answers: [{ state: 'new' }] })
  }, 120_000)

  it('finds what Kafka refuses of an outbox, and sends it once that is mended', async () => {
    const missing = `nowhere-${randomUUID()}`
    const ledger = createDatabase({ url: stack.addresses.databaseUrl, schema: 'ledger' })
    await ledger.query(
      `INSERT INTO outbox (id, aggregatetype, aggregateid, type, payload, partition, headers)
       VALUES ($1, $2, 'k', 'test.event.v1', $3, 0, $4)`,
      [randomUUID(), missing, Buffer.from('event'), HeaderBlock.empty.bytes],
    )
    await ledger.close()
    const list = ['outbox', 'list', '--topic', missing, '--json']
    const found = await waitFor(async () => {
      const { code, answers } = await ix(...list)
      return code === 0 ? answers : undefined
    }, within)
    expect(found).toMatchObject([
      { group: 'ledger', topic: missing, key: 'k', code: 'ICX_CATALOGUE_MISSING', attempts: 4 },
    ])
    const arrived = await withSystem(async (opened) => {
      const admin = await opened.admin()
      await admin.createTopics([{ name: missing, partitions: 1, replicationFactor: 1, configs: {} }])
      const requeued = await ix('outbox', 'requeue', '--group', 'ledger', '--topic', missing, '--json')
      expect(requeued).toMatchObject({ code: 0, answers: [{ group: 'ledger', requeued: 1 }] })
      return waitFor(async () => (await admin.topicOffsets(missing))[0]?.latest === 1, within)
    }, stack.env)
    expect(arrived).toBe(true)
    expect(await ix(...list)).toMatchObject({ code: 4, answers: [], words: 'No event is quarantined.\n' })
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

import { type ChildProcess, spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { createCodec, createRegistryClient } from '@interchange/avro'
import { prepareCluster } from '@interchange/cli'
import { type InvoiceReceived, invoiceReceived, orderPlaced } from '@interchange/contracts'
import { createKafkaTransport } from '@interchange/kafka'
import {
  type AnyTopic,
  createPublisher,
  deadLetterTopicName,
  noMetrics,
  noTracing,
  type Publisher,
  silentLogger,
  systemClock,
  type TransportRecord,
} from '@interchange/messaging'
import { waitFor } from '@interchange/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'

const { env } = process
const group = 'transformer'
/** Invoice numbers that nobody else uses; every twentieth names no country that anybody knows. */
const first = randomInt(100_000_000, 900_000_000)
const isBroken = (invoiceNo: number): boolean => invoiceNo % 20 === 0
const transport = createKafkaTransport(
  { brokers: (env['KAFKA_BROKERS'] ?? '').split(','), clientId: 'killed-transformer' },
  { logger: silentLogger },
)
const end = new AbortController()
const transformers: ChildProcess[] = []
let publisher: Publisher
let published = 0

/** The service as it is deployed, committing in transactions; resolves when its group runs. */
const startTransformer = async (): Promise<ChildProcess> => {
  const main = fileURLToPath(new URL('../../services/transformer/dist/main.js', import.meta.url))
  const child = spawn(process.execPath, [main], {
    env: { ...env, TRANSFORMER_TRANSACTIONS: 'true', PORT: '0', LOG_LEVEL: 'info' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  transformers.push(child)
  let log = ''
  await new Promise<void>((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => {
      log = (log + chunk.toString('utf8')).slice(-10_000)
      if (log.includes('the consumer group runs')) resolve()
    })
    child.once('exit', (code) => reject(new Error(`the transformer ended with ${code}:\n${log}`)))
  })
  return child
}

const invoice = (invoiceNo: number): InvoiceReceived => ({
  invoiceNo: String(invoiceNo),
  batchId: 'killed-transformer',
  lines: [
    {
      lineNo: 2,
      stockCode: '85123a',
      description: 'WHITE HANGING HEART T-LIGHT HOLDER',
      quantity: 6,
      invoiceDate: '2011-07-01 08:26:00',
      unitPrice: '2.55',
      customerId: '17850.0',
      country: isBroken(invoiceNo) ? 'Nowhere in Particular' : 'United Kingdom',
    },
  ],
})

const publishFor = async (durationMs: number): Promise<void> => {
  for (const untilMs = Date.now() + durationMs; Date.now() < untilMs; await sleep(20)) {
    const invoices = Array.from({ length: 25 }, () => invoice(first + published++))
    await Promise.all(invoices.map((each) => publisher.publish(invoiceReceived, each)))
  }
}

/** Follows a topic as a reader of committed records, from where it ends now. */
const follow = async ({ name, partitions }: Pick<AnyTopic, 'name' | 'partitions'>): Promise<TransportRecord[]> => {
  const admin = await transport.createAdmin()
  const offsets = await admin.topicOffsets(name)
  await admin.close()
  expect(offsets).toHaveLength(partitions)
  const ranges = offsets.map(({ partition, latest }) => ({ topic: name, partition, fromOffset: latest }))
  const seen: TransportRecord[] = []
  const read = async (): Promise<void> => {
    for await (const record of transport.read(ranges, { signal: end.signal })) seen.push(record)
  }
  void read()
  return seen
}

/** The invoices of this test among what was seen. */
const numbersOf = (records: readonly TransportRecord[]): number[] =>
  records
    .map(({ key }) => Number(key?.toString('utf8')))
    .filter((invoiceNo) => invoiceNo >= first && invoiceNo < first + published)
    .toSorted((left, right) => left - right)

beforeAll(async () => {
  await prepareCluster(env)
  const codec = createCodec({ source: createRegistryClient({ url: env['SCHEMA_REGISTRY_URL'] ?? '' }) })
  await codec.prepare([invoiceReceived])
  publisher = await createPublisher({
    transport,
    codec,
    service: { name: 'killed-transformer', version: '0' },
    clock: systemClock,
    random: Math.random,
    metrics: noMetrics,
    tracing: noTracing,
  })
})

afterAll(async () => {
  end.abort()
  await publisher?.close()
  for (const child of transformers) {
    // In good order, so that whoever joins the group next does not wait for a session to end.
    child.kill('SIGTERM')
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  }
})

test('readers of committed records see every output and every letter once, though the transformer is killed in mid-stream', async () => {
  const orders = await follow(orderPlaced)
  const letters = await follow({ ...invoiceReceived, name: deadLetterTopicName(invoiceReceived.name, group) })
  const killed = await startTransformer()
  const publishing = publishFor(4_000)
  await waitFor(() => numbersOf(orders).length > 300, { timeoutMs: 60_000 })
  killed.kill('SIGKILL')
  await once(killed, 'exit')
  await startTransformer()
  await publishing
  await publishFor(500)
  const all = Array.from({ length: published }, (_, index) => first + index)
  // The killed member's session has to end first.
  await waitFor(() => orders.length + letters.length >= published, { timeoutMs: 120_000 })
  // Whatever came twice would come by now: a second of silence, more than one transaction long.
  await waitFor(
    async () => {
      const before = orders.length + letters.length
      await sleep(1_000)
      return orders.length + letters.length === before
    },
    { timeoutMs: 30_000 },
  )
  expect(numbersOf(orders)).toEqual(all.filter((invoiceNo) => !isBroken(invoiceNo)))
  expect(numbersOf(letters)).toEqual(all.filter(isBroken))
}, 240_000)

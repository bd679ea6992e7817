import { randomUUID } from 'node:crypto'
import { createCodec, createRegistryClient, registerSchemas } from '@interchange/avro'
import { type OrderPlaced, orderPlaced, orderPlacedVersions, timestampMillis } from '@interchange/contracts'
import { createKafkaTransport } from '@interchange/kafka'
import {
  type ConsumerGroup,
  createConsumerGroup,
  createPublisher,
  deadLetterHeaders,
  deadLetterTopicName,
  HeaderBlock,
  newEventId,
  noMetrics,
  noTracing,
  type Publisher,
  partitionOf,
  type Route,
  replayLaneName,
  silentLogger,
  systemClock,
  type Topic,
  type TransportRecord,
} from '@interchange/messaging'
import { createDatabase, createEffectStore, migrate } from '@interchange/store'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { ledger } from './ledger/ledger-routes.ts'

const unique = randomUUID().slice(0, 8)
const group = `ledger-${unique}`
const name = `${unique}.${orderPlaced.name}`
const partitions = 2
const topics = orderPlacedVersions.map(
  (schema): Topic<OrderPlaced> => ({
    ...orderPlaced,
    name,
    partitions,
    groups: [group],
    schema: { ...schema, subject: `${name}-value` },
  }),
)
const [ordersV1 = orderPlaced, ordersV2 = orderPlaced] = topics
const service = { name: 'test', version: '0' }
const transport = createKafkaTransport(
  { brokers: (process.env['KAFKA_BROKERS'] ?? '').split(','), clientId: 'consumer-test' },
  { logger: silentLogger },
)
const registryUrl = process.env['SCHEMA_REGISTRY_URL'] ?? ''
const createOwnCodec = () => createCodec({ source: createRegistryClient({ url: registryUrl }) })
const database = createDatabase({ url: process.env['DATABASE_URL'] ?? '', schema: `ledger_${unique}` })
const publishers: Publisher[] = []
let consumer: ConsumerGroup | undefined

const publisherOf = async (topic: Topic<OrderPlaced>): Promise<Publisher> => {
  const codec = createOwnCodec()
  await codec.prepare([topic])
  const options = { transport, codec, service, clock: systemClock, random: Math.random }
  const publisher = await createPublisher({ ...options, metrics: noMetrics, tracing: noTracing })
  publishers.push(publisher)
  return publisher
}

const startGroup = async (): Promise<ConsumerGroup> => {
  const codec = createOwnCodec()
  const store = createEffectStore({ database, apply: ledger.apply })
  const routes = ledger
    .routes(store)
    .filter(({ from }) => from.name === orderPlaced.name)
    .map((route): Route => ({ ...route, from: ordersV2, group }))
  return createConsumerGroup({
    group,
    routes,
    transport,
    codec,
    publisher: undefined,
    reportOutcome: async () => undefined,
    service,
    clock: systemClock,
    random: Math.random,
    logger: silentLogger,
    metrics: noMetrics,
    tracing: noTracing,
    onEnded: (error) => {
      throw error
    },
  })
}

beforeAll(async () => {
  const versions = topics.map(({ schema }) => schema)
  await registerSchemas(registryUrl, [{ compatibility: 'FULL_TRANSITIVE', versions }])
  const admin = await transport.createAdmin()
  const spec = { partitions, replicationFactor: 1, configs: {} }
  const names = [name, deadLetterTopicName(name, group), replayLaneName(name, group)]
  await admin.createTopics(names.map((topic) => ({ ...spec, name: topic })))
  await admin.close()
  await migrate(database, ledger.migrations)
  consumer = await startGroup()
})

afterAll(async () => {
  await consumer?.stop(5_000)
  await Promise.all(publishers.map((publisher) => publisher.close()))
  await database.close()
})

const order = (place: number): OrderPlaced => ({
  orderId: `${unique}-${place}`,
  source: 'shop',
  placedAt: timestampMillis(1_640_995_200_000),
  customerRef: null,
  recipientName: 'Mary Jane Watson-Parker',
  countryCode: 'GB',
  currency: 'GBP',
  lines: [{ sku: 'A', description: null, quantity: 1, unitPriceMills: 10_000, amountMinor: 1_000 }],
  totalMinor: 1_000,
  channel: 'web',
  shippingMinor: 0,
  discountMinor: 0,
  taxMinor: 0,
})

const totals = async () => {
  const [row] = await database.query<{ entries: number; postings: number; balance: string | null }>(
    `SELECT (SELECT count(*)::integer FROM journal) AS entries, count(*)::integer AS postings, sum(amount_minor) AS balance
     FROM posting`,
  )
  return row
}

/** Until the group has passed everything that is in the topic now. */
const caughtUp = async (): Promise<void> => {
  const admin = await transport.createAdmin()
  try {
    const ends = new Map((await admin.topicOffsets(name)).map(({ partition, latest }) => [partition, latest]))
    await vi.waitFor(
      async () => {
        const committed = await admin.committedOffsets(group, [name])
        expect(new Map(committed.map(({ partition, offset }) => [partition, offset]))).toEqual(ends)
      },
      { timeout: 30_000, interval: 100 },
    )
  } finally {
    await admin.close()
  }
}

const recordsOf = async (topic: string): Promise<readonly TransportRecord[]> => {
  const admin = await transport.createAdmin()
  const ranges = (await admin.topicOffsets(topic))
    .filter(({ earliest, latest }) => earliest < latest)
    .map(({ partition, earliest, latest }) => ({ topic, partition, fromOffset: earliest, untilOffset: latest }))
  await admin.close()
  const records: TransportRecord[] = []
  if (ranges.length > 0) for await (const record of transport.read(ranges)) records.push(record)
  return records
}

const letterCodes = async (): Promise<readonly (string | undefined)[]> =>
  (await recordsOf(deadLetterTopicName(name, group))).map(({ headers }) => headers.text(deadLetterHeaders.code))

test('posts both schema versions once, dead-letters poison among them, and a redelivery changes nothing', async () => {
  const [older, newer] = [await publisherOf(ordersV1), await publisherOf(ordersV2)]
  const producer = await transport.createProducer()
  const ids = Array.from({ length: 1_000 }, () => newEventId(Date.now()))
  const publishAll = (): Promise<unknown> =>
    Promise.all(
      ids.map((messageId, place) => {
        // Every second order is of the first version; one in the middle does not add up.
        const value = place === 500 ? { ...order(place), totalMinor: 999 } : order(place)
        return place % 2 === 0
          ? newer.publish(ordersV2, value, { messageId })
          : older.publish(ordersV1, value, { messageId })
      }),
    )
  const garbage = ['', '\0', '\0\0\0', '\0\0\0\0\x07', 'no avro at all'].map((text, place) => {
    const key = Buffer.from(`garbage-${place}`)
    const partition = partitionOf(key, partitions)
    return { topic: name, partition, key, value: Buffer.from(text), headers: HeaderBlock.empty }
  })

  const publishing = publishAll()
  const outcomes = await producer.send(garbage)
  await producer.close()
  await publishing
  expect(outcomes.map(({ status }) => status)).toEqual(garbage.map(() => 'ok'))
  await caughtUp()

  const posted = { entries: 999, postings: 1_998, balance: '0' }
  expect(await totals()).toEqual(posted)
  const codes = await letterCodes()
  expect(codes).toHaveLength(6)
  expect(codes).toContain('ICX_HANDLER_REJECTED')
  expect(codes).toContain('ICX_AVRO_NOT_FRAMED')
  const framed = (await recordsOf(name)).flatMap(({ key, value }) =>
    key?.toString().startsWith(unique) && value !== null ? [value.readInt32BE(1)] : [],
  )
  expect(new Set(framed).size).toBe(2)

  await publishAll()
  await caughtUp()
  expect(await totals()).toEqual(posted)
  // The 999 are known; the one that was refused is refused again.
  expect(await letterCodes()).toHaveLength(7)
})

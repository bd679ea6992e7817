import { randomUUID } from 'node:crypto'
import { createCodec, createRegistryClient } from '@interchange/avro'
import { prepareCluster } from '@interchange/cli'
import { billingCustomerRegistered, type DeliveryOutcome, deliveryOutcome } from '@interchange/contracts'
import { laneRecord, letterSources } from '@interchange/dead-letters'
import { createKafkaTransport } from '@interchange/kafka'
import {
  createPublisher,
  noMetrics,
  noTracing,
  silentLogger,
  systemClock,
  type TransportAdmin,
  type TransportRecord,
} from '@interchange/messaging'
import { createDatabase, type Database } from '@interchange/store'
import { waitFor } from '@interchange/testing'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { killConsumers, newDatabaseUrl, startConsumer, untilRelay } from './running-consumer.fixture.ts'

const group = 'ledger'
const customerId = `customer-${randomUUID()}`
const messageId = randomUUID()
const [source] = letterSources([billingCustomerRegistered]).filter((each) => each.group === group)
const environment = Object.fromEntries(
  ['KAFKA_BROKERS', 'SCHEMA_REGISTRY_URL', 'DATABASE_URL'].map((name) => [name, process.env[name] ?? '']),
)
const transport = createKafkaTransport(
  { brokers: (environment['KAFKA_BROKERS'] ?? '').split(','), clientId: 'outcome-test' },
  { logger: silentLogger },
)
const codec = createCodec({ source: createRegistryClient({ url: environment['SCHEMA_REGISTRY_URL'] ?? '' }) })
/** A lease that a test can wait for, still longer than a send on a busy machine. */
const lease = { OUTBOX_LEASE_MS: '5000', OUTBOX_POLL_MS: '50' }
let admin: TransportAdmin
let ledger: Database
let env: Readonly<Record<string, string>>

beforeAll(async () => {
  await prepareCluster(environment)
  await codec.prepare([billingCustomerRegistered, deliveryOutcome])
  admin = await transport.createAdmin()
  const url = await newDatabaseUrl()
  env = { ...lease, DATABASE_URL: url }
  // The transaction that holds the relay up stays open for longer than a statement may.
  ledger = createDatabase({ url, schema: group, statementTimeoutMs: 600_000 })
})

afterAll(async () => {
  killConsumers()
  await admin?.close()
  await ledger?.close()
})

const recordsOf = async (topic: string): Promise<readonly TransportRecord[]> => {
  const ranges = (await admin.topicOffsets(topic))
    .filter(({ earliest, latest }) => earliest < latest)
    .map(({ partition, earliest, latest }) => ({ topic, partition, fromOffset: earliest, untilOffset: latest }))
  const records: TransportRecord[] = []
  if (ranges.length > 0) for await (const record of transport.read(ranges)) records.push(record)
  return records
}

/** What the topic says became of the message, oldest first. */
const outcomes = async (): Promise<readonly DeliveryOutcome[]> =>
  (await recordsOf(deliveryOutcome.name))
    .map(({ value }) => codec.decode(deliveryOutcome, value ?? Buffer.alloc(0)) as DeliveryOutcome)
    .filter((outcome) => outcome.messageId === messageId)
    .toSorted((left, right) => left.at - right.at)

const publishCustomer = async (): Promise<void> => {
  const parts = { transport, codec, clock: systemClock, random: Math.random, metrics: noMetrics, tracing: noTracing }
  const publisher = await createPublisher({ ...parts, service: { name: 'test', version: '0' } })
  const customer = { customerId, legalName: 'Wu Hui', address: null, email: null }
  await publisher.publish(billingCustomerRegistered, customer, { messageId })
  await publisher.close()
}

/** The letter goes back as dlq-replay sends it. */
const replay = async (letter: TransportRecord, replayId: string): Promise<void> => {
  if (source === undefined) throw new Error('the ledger does not read customers')
  const producer = await transport.createProducer()
  const [sent] = await producer.send([laneRecord(source, letter, replayId, Date.now())])
  await producer.close()
  expect(sent?.status).toBe('ok')
}

/** The relay reads nothing that commits behind an open transaction; the answered function ends this one. */
const holdRelayUp = async (): Promise<() => Promise<void>> => {
  const begun = Promise.withResolvers<void>()
  const end = Promise.withResolvers<void>()
  const transaction = ledger.transaction(async (tx) => {
    await tx.query('SELECT pg_current_xact_id()')
    begun.resolve()
    await end.promise
  })
  await Promise.race([begun.promise, transaction])
  return () => {
    end.resolve()
    return transaction
  }
}

const holds = () =>
  ledger.query<{ resolved: boolean }>(
    'SELECT resolved_at IS NOT NULL AS resolved FROM inbox_hold WHERE message_id = $1',
    [messageId],
  )

const within = { timeoutMs: 120_000, everyMs: 100 }

test('what became of a replay is told once, though its process is killed between the commit and the relay', async () => {
  const first = startConsumer(env)
  await untilRelay(first, group, 'running')
  await ledger.query('ALTER TABLE billing_customer ADD CONSTRAINT unwelcome CHECK (legal_name <> $$Wu Hui$$)')
  await publishCustomer()
  const letter = await waitFor(
    async () => (await recordsOf(source?.deadLetterTopic ?? '')).find(({ key }) => key?.toString() === customerId),
    within,
  )
  await waitFor(async () => (await outcomes()).length === 1, within)
  expect(await holds()).toEqual([{ resolved: false }])
  await ledger.query('ALTER TABLE billing_customer DROP CONSTRAINT unwelcome')

  const goOn = await holdRelayUp()
  onTestFinished(goOn)
  const replayId = randomUUID()
  await replay(letter, replayId)
  const laneIsPassed = async (): Promise<boolean> => {
    const committed = await admin.committedOffsets(group, [source?.lane ?? ''])
    const ends = await admin.topicOffsets(source?.lane ?? '')
    return ends.every(({ partition, latest }) => {
      const passed = committed.find((offset) => offset.partition === partition)?.offset ?? 0
      return passed === latest
    })
  }
  await waitFor(laneIsPassed, within)
  expect(await ledger.query('SELECT id FROM outbox')).toHaveLength(1)
  // Other tests' customers may be there as well: the topic is shared.
  const ours = 'SELECT customer_id FROM billing_customer WHERE customer_id = $1'
  expect(await ledger.query(ours, [customerId])).toHaveLength(1)
  expect(await holds()).toEqual([{ resolved: true }])

  const second = startConsumer(env)
  await untilRelay(second, group, 'standby')
  await first.kill()
  expect((await outcomes()).map(({ outcome }) => outcome)).toEqual(['dead_lettered'])
  await goOn()
  await untilRelay(second, group, 'running')
  await waitFor(async () => (await second.health()).relays.find((relay) => relay.group === group)?.sent === 1, within)
  expect(await outcomes()).toEqual([
    expect.objectContaining({ outcome: 'dead_lettered', replayId: null, code: 'ICX_STORE_REFUSED' }),
    expect.objectContaining({ outcome: 'resolved', replayId, group, topic: billingCustomerRegistered.name }),
  ])
}, 600_000)

test('an inbox that forgets before its topics do keeps the service from starting', async () => {
  const consumer = startConsumer({ ...env, INBOX_WINDOW_DAYS: '20' })
  expect(await consumer.exited).toBe(1)
  expect(consumer.log()).toMatch(
    /The inbox forgets ids after 20 days, but \S+ \(retention\.ms and segment\.ms\) keeps messages up to 37 days: .+; raise INBOX_WINDOW_DAYS.+ICX_CONFIG_INVALID/,
  )
}, 240_000)

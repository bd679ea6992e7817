import { setTimeout as sleep } from 'node:timers/promises'
import { ceHeaders, InterchangeError, partitionOf, type Topic } from '@interchange/messaging'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import {
  type Bench,
  createBench,
  eventually,
  firsts,
  numbersOf,
  type Step,
  step,
  stepOf,
  stepTopic,
  write,
} from './outbox.fixture.ts'
import { requeueOutbox } from './outbox.ts'
import { readQuarantinedEvents } from './quarantined-events.ts'
import { createRelay, type Relay, type RelayOptions } from './relay.ts'

vi.setConfig({ testTimeout: 240_000 })

let bench: Bench
let relays: Relay[]
beforeEach(async () => {
  bench = await createBench()
  relays = []
})
afterEach(async () => {
  await Promise.all(relays.map((relay) => relay.close()))
  await bench.close()
})

const start = (options: Partial<RelayOptions> = {}): Relay => {
  const relay = createRelay({ database: bench.database, transport: bench.transport, pollMs: 50, ...options })
  relays.push(relay)
  return relay
}
const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n)
const arrivedOn = async (topic: Topic<Step>): Promise<number> => firsts(await bench.records(topic)).length
const arrived = (): Promise<number> => arrivedOn(bench.topic)
const count = async (table: string): Promise<number> =>
  (await bench.database.query<{ count: number }>(`SELECT count(*)::integer AS count FROM ${table}`))[0]?.count ?? -1
const running = (relay: Relay) => eventually(() => relay.health().state).toBe('running')

test('what commits is sent with its key, partition and headers, what rolls back is not, and sent rows are deleted', async () => {
  const { database, topic } = bench
  await database.transaction((tx) => write(tx, step(topic, 'käy', 1), step(topic, 'b', 1)))
  await expect(
    database.transaction(async (tx) => {
      await write(tx, step(topic, 'never', 1))
      throw new Error('undone')
    }),
  ).rejects.toThrow('undone')
  start()
  await eventually(arrived).toBe(2)
  const record = (await bench.records()).find(({ key }) => key?.toString() === 'käy')
  expect(record?.partition).toBe(partitionOf(Buffer.from('käy'), topic.partitions))
  expect(record && stepOf(record)).toEqual({ key: 'käy', n: 1 })
  expect(
    Object.fromEntries(record?.headers.entries().map(({ name, value }) => [name, value?.toString()]) ?? []),
  ).toEqual({
    [ceHeaders.id]: step(topic, 'käy', 1).messageId,
    [ceHeaders.source]: '/test',
    [ceHeaders.type]: 'test.step.v1',
    [ceHeaders.time]: '2023-11-14T22:13:20.000Z',
    [ceHeaders.specVersion]: '1.0',
    [ceHeaders.subject]: 'käy',
    [ceHeaders.correlationId]: step(topic, 'käy', 1).messageId,
    [ceHeaders.contentType]: 'application/avro',
  })
  await eventually(() => count('outbox')).toBe(0)
})

test('a sleeping relay is woken by a commit, long before it would look by itself', async () => {
  const relay = start({ pollMs: 600_000 })
  await running(relay)
  await eventually(() => bench.database.query('SELECT waiting FROM outbox_relay')).toEqual([{ waiting: true }])
  for (const n of upTo(5)) {
    await bench.database.transaction((tx) => write(tx, step(bench.topic, 'a', n)))
    await eventually(arrived).toBe(n + 1)
  }
})

test('polling finds what no notification told', async () => {
  const relay = start({ pollMs: 50, database: { ...bench.database, listen: () => async () => undefined } })
  await running(relay)
  await bench.database.transaction((tx) => write(tx, step(bench.topic, 'a', 1)))
  await eventually(arrived).toBe(1)
})

test('a transaction that commits late, behind hundreds that began later, is not passed over', async () => {
  const { database, topic } = bench
  start()
  await database.transaction(async (late) => {
    await write(late, step(topic, 'late', 0))
    for (const n of upTo(300)) await database.transaction((tx) => write(tx, step(topic, `k${n % 7}`, n)))
    // The relay is given every chance to go too far.
    await sleep(300)
    await write(late, step(topic, 'late', 1))
  })
  await eventually(arrived).toBe(302)
  expect((await numbersOf(await bench.records())).get('late')).toEqual([0, 1])
})

test("a key's rows keep the order in which they were written, though an older transaction wrote the later one", async () => {
  const { database, topic } = bench
  await running(start())
  const began = Promise.withResolvers<void>()
  const first = Promise.withResolvers<void>()
  const older = database.transaction(async (tx) => {
    await tx.query('SELECT pg_current_xact_id()')
    began.resolve()
    await first.promise
    await write(tx, step(topic, 'a', 2))
  })
  await began.promise
  await database.transaction((tx) => write(tx, step(topic, 'a', 1)))
  first.resolve()
  await older
  await eventually(arrived).toBe(2)
  expect(numbersOf(await bench.records()).get('a')).toEqual([1, 2])
})

test('many writers at once and two relays that take turns: nothing is lost and every key stays in order', async () => {
  const { database, topic } = bench
  const keys = upTo(20).map((n) => `k${n}`)
  // The writers hold their second half back until the relays have taken turns, however quick the machine is.
  const turnedTwice = Promise.withResolvers<void>()
  const writers = keys.map(async (key) => {
    for (let n = 0; n < 60; n += 3) {
      if (n === 30) await turnedTwice.promise
      await database.transaction((tx) => write(tx, ...[n, n + 1, n + 2].map((each) => step(topic, key, each))))
    }
  })
  let written = false
  const all = Promise.all(writers).then(() => {
    written = true
  })
  const pair = [start({ pageRowsMax: 50 }), start({ pageRowsMax: 50 })]
  let turns = 0
  while (!written) {
    const holder = pair.findIndex((relay) => relay.health().state === 'running')
    if (holder !== -1) {
      await pair[holder]?.close()
      pair[holder] = start({ pageRowsMax: 50 })
      if (++turns === 2) turnedTwice.resolve()
    }
    await sleep(100)
  }
  await all
  await eventually(arrived).toBe(1_200)
  expect(turns).toBeGreaterThan(1)
  for (const [key, numbers] of numbersOf(await bench.records())) expect([key, numbers]).toEqual([key, upTo(60)])
})

test('rows that Kafka refuses are quarantined with why, the others arrive meanwhile, and they may be sent again', async () => {
  const { database, topic } = bench
  const small = await bench.topicOf(1, { 'max.message.bytes': '2000' })
  const compacted = await bench.topicOf(1, { 'cleanup.policy': 'compact' })
  const missing = stepTopic(`${topic.name}-missing`)
  const relay = start()
  await running(relay)
  const startedMs = performance.now()
  await database.transaction(async (tx) => {
    await write(
      tx,
      step(missing, 'm', 1),
      step(small, 's', 1),
      step(small, 's', 2, 'x'.repeat(5_000)),
      step(small, 's', 3),
      step({ ...topic, partitions: 50 }, 'x1', 1),
      ...upTo(40).map((n) => step(compacted, 'c', n)),
    )
  })
  await database.transaction((tx) => write(tx, ...upTo(500).map((n) => step(topic, `k${n % 9}`, n))))
  await eventually(arrived).toBe(500)
  const tookMs = performance.now() - startedMs
  await eventually(() => relay.health().quarantined).toBe(3)
  process.stdout.write(`500 rows beside poison arrived after ${Math.round(tookMs)} ms\n`)
  expect(numbersOf(await bench.records(small)).get('s')).toEqual([1, 3])
  const rows = await database.query<{ topic: string; attempts: number; code: string }>(
    'SELECT aggregatetype AS topic, attempts, code FROM outbox_quarantine ORDER BY position',
  )
  expect(rows).toEqual([
    { topic: missing.name, attempts: 4, code: 'ICX_CATALOGUE_MISSING' },
    { topic: small.name, attempts: 2, code: 'ICX_KAFKA_REFUSED' },
    { topic: topic.name, attempts: 4, code: 'ICX_CATALOGUE_MISMATCH' },
  ])
  const [oldest, ...others] = await readQuarantinedEvents(database, { limit: 2 })
  expect(others.map((event) => [event.topic, event.key, event.code])).toEqual([[small.name, 's', 'ICX_KAFKA_REFUSED']])
  expect(oldest).toEqual(expect.objectContaining({ topic: missing.name, key: 'm', attempts: 4, valueBytes: 17 }))
  expect(oldest?.reason).toContain('is not in the cluster')
  expect((await readQuarantinedEvents(database, { topic: small.name, limit: 9 })).map(({ key }) => key)).toEqual(['s'])
  const admin = await bench.transport.createAdmin()
  await admin.createTopics([{ name: missing.name, partitions: 3, replicationFactor: 1, configs: {} }])
  await eventually(async () => (await admin.partitionCounts([missing.name])).size).toBe(1)
  await admin.close()
  expect(await requeueOutbox(database, missing.name)).toBe(1)
  await eventually(() => arrivedOn(missing)).toBe(1)
  expect(await count('outbox_quarantine')).toBe(2)
})

test('one row that its whole request is refused for is found out, and its neighbours arrive in order', async () => {
  const { database } = bench
  const compacted = await bench.topicOf(1, { 'cleanup.policy': 'compact' })
  await database.transaction((tx) => write(tx, ...upTo(200).map((n) => step(compacted, 'c', n))))
  const { transport } = bench
  // A compacted topic refuses a whole request for one record without a key.
  const keyless = {
    ...transport,
    createProducer: async () => {
      const producer = await transport.createProducer()
      return {
        ...producer,
        send: (records: Parameters<typeof producer.send>[0]) =>
          producer.send(
            records.map((each) =>
              stepOf({ ...each, offset: 0, timestampMs: 0 }).n === 77 ? { ...each, key: null } : each,
            ),
          ),
      }
    },
  }
  const relay = start({ transport: keyless })
  await eventually(() => relay.health().quarantined).toBe(1)
  await eventually(() => arrivedOn(compacted)).toBe(199)
  expect(numbersOf(await bench.records(compacted)).get('c')).toEqual(upTo(200).filter((n) => n !== 77))
  expect(await database.query('SELECT attempts, code FROM outbox_quarantine')).toEqual([
    { attempts: 3, code: 'ICX_KAFKA_REFUSED' },
  ])
})

test('an outage is waited out: nothing is quarantined, and a row of unknown fate is sent again with its id', async () => {
  const { database, transport, topic } = bench
  await database.transaction((tx) => write(tx, ...upTo(30).map((n) => step(topic, `k${n % 3}`, n))))
  const states: string[] = []
  let sends = 0
  const relay = start({
    pageRowsMax: 10,
    transport: {
      ...transport,
      async createProducer() {
        const producer = await transport.createProducer()
        return {
          ...producer,
          async send(records) {
            sends++
            // Written, but the answer is lost; or the broker took nothing; or it refuses this client.
            const outcomes = sends % 4 === 1 ? await producer.send(records) : undefined
            if (sends % 4 === 0 || sends > 12) return producer.send(records)
            states.push(relay.health().state)
            const refused = sends % 4 === 3
            const code = refused ? 'ICX_KAFKA_REFUSED' : 'ICX_KAFKA_UNKNOWN_OUTCOME'
            const facts = { kafkaError: 'SASL_AUTHENTICATION_FAILED' }
            const error = new InterchangeError(code, 'no', refused ? { class: 'fatal', facts } : { class: 'outage' })
            return records.map((_, place) => ({
              status: place === 0 && outcomes ? 'unknown' : refused ? 'failed' : 'unknown',
              error,
            }))
          },
        }
      },
    },
  })
  await eventually(arrived).toBe(30)
  await eventually(() => relay.health()).toMatchObject({ state: 'running', sent: 30, quarantined: 0 })
  expect(states).toContain('degraded')
  const records = await bench.records()
  expect(records.length).toBeGreaterThan(30)
  for (const [key, numbers] of numbersOf(records))
    expect([key, numbers]).toEqual([key, [...numbers].sort((a, b) => a - b)])
})

test('restored into another cluster, where transaction ids mean nothing, every row that is left is sent', async () => {
  const { database, topic } = bench
  await database.transaction((tx) => write(tx, step(topic, 'a', 1)))
  const far = "'9000000000000000000'::xid8"
  await database.query(`UPDATE outbox SET xid = ${far}`)
  await database.query(`UPDATE outbox_relay SET cluster = 1, sent_xid = ${far}, window_xid = ${far}`)
  await database.transaction((tx) => write(tx, step(topic, 'a', 2)))
  start()
  await eventually(arrived).toBe(2)
  expect(numbersOf(await bench.records()).get('a')).toEqual([1, 2])
})

import { randomBytes } from 'node:crypto'
import { closeBooks, readLog } from '@interchange/accounting'
import { archivalRecord, laneRecord, letterSources } from '@interchange/dead-letters'
import { newEventId, type OutboundRecord, type TransportRecord } from '@interchange/messaging'
import { javaKafkaClient } from '@interchange/stack'
import { migrate } from '@interchange/store'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { kill, killMembers, publishSteps, startMember, stepsOf } from './step-members.fixture.ts'
import { openDatabase, openTransport, stepTopic } from './waiting-member.fixture.ts'

const unique = randomBytes(4).toString('hex')
const name = `held-${unique}`
const group = `${name}-group`
const schema = `held_${unique}`
const topic = { ...stepTopic(name, 2), groups: [group] }
const source = letterSources([topic])[0] ?? expect.fail('the topic has no group')
const transport = openTransport(`held-test-${unique}`)
const database = openDatabase(schema)

const start = () =>
  startMember('holding-member.fixture.ts', { STEP_TOPIC: name, STEP_GROUP: group, STEP_SCHEMA: schema })

beforeAll(async () => {
  await migrate(database)
  await database.query('CREATE TABLE mended (key text PRIMARY KEY)')
  await database.query('CREATE TABLE step (row bigserial PRIMARY KEY, key text NOT NULL, place integer NOT NULL)')
  const admin = await transport.createAdmin()
  const names = [name, source.deadLetterTopic, source.lane]
  await admin.createTopics(names.map((one) => ({ name: one, partitions: 2, replicationFactor: 1, configs: {} })))
  await admin.close()
})

afterAll(async () => {
  await killMembers()
  await database.close()
})

const placesOf = async (key: string): Promise<readonly number[]> =>
  (await database.query<{ place: number }>('SELECT place FROM step WHERE key = $1 ORDER BY row', [key])).map(
    ({ place }) => place,
  )

const idsIn = async (table: 'inbox' | 'waiting'): Promise<ReadonlySet<string>> =>
  new Set((await database.query<{ id: string }>(`SELECT message_id::text AS id FROM ${table}`)).map(({ id }) => id))

/** The books of the group, from the topics as Kafka's own client reads them, and the two tables. */
const books = async () => {
  const reader = { ...(await javaKafkaClient()), brokers: process.env['KAFKA_BROKERS'] ?? '' }
  const waitingIds = await idsIn('waiting')
  const doneIds = await idsIn('inbox')
  const facts = await readLog(reader, [name, source.deadLetterTopic], [group])
  const { closes, groups } = closeBooks(facts, [{ group, topics: [name], doneIds, waitingIds }], new Set())
  const [balance] = groups
  return { closes, in: balance?.in, done: balance?.done, waiting: balance?.waiting, dead: balance?.dead }
}

const letterOf = async (key: string): Promise<TransportRecord> => {
  const admin = await transport.createAdmin()
  const ends = await admin.topicOffsets(source.deadLetterTopic)
  await admin.close()
  const ranges = ends
    .filter(({ latest }) => latest > 0)
    .map(({ partition, latest }) => ({ topic: source.deadLetterTopic, partition, fromOffset: 0, untilOffset: latest }))
  for await (const record of transport.read(ranges)) if (record.key?.toString() === key) return record
  throw new Error(`no letter of ${key}`)
}

/** Puts a record into the lane, as dlq-replay does. */
const tell = async (record: OutboundRecord): Promise<void> => {
  const producer = await transport.createProducer()
  const [sent] = await producer.send([record])
  await producer.close()
  expect(sent?.status).toBe('ok')
}

const upTo = (count: number): readonly number[] => Array.from({ length: count }, (_, n) => n)
const withinMs = { timeout: 60_000, interval: 250 }

test('keys are held through a kill -9 of everybody, and go on in order after a replay and after an archival', async () => {
  const first = start()
  await publishSteps(transport, topic, stepsOf('abcd', 0, 5))
  await vi.waitFor(async () => {
    expect(await books()).toEqual({ closes: true, in: 20, done: 10, waiting: 8, dead: 2 })
  }, withinMs)
  await kill(first)

  await publishSteps(transport, topic, stepsOf('abcd', 5, 5))
  const second = start()
  await vi.waitFor(async () => {
    expect(await books()).toEqual({ closes: true, in: 40, done: 20, waiting: 18, dead: 2 })
  }, withinMs)
  expect([await placesOf('a'), await placesOf('b')]).toEqual([[], []])
  expect([await placesOf('c'), await placesOf('d')]).toEqual([upTo(10), upTo(10)])

  await database.query("INSERT INTO mended VALUES ('a')")
  await tell(laneRecord(source, await letterOf('a'), newEventId(Date.now()), Date.now()))
  await vi.waitFor(async () => expect(await placesOf('a')).toHaveLength(10), withinMs)
  expect(await placesOf('a')).toEqual(upTo(10))
  expect(await placesOf('b')).toEqual([])

  await tell(archivalRecord(source, await letterOf('b'), Date.now()))
  await vi.waitFor(async () => {
    expect(await books()).toEqual({ closes: true, in: 40, done: 39, waiting: 0, dead: 1 })
  }, withinMs)
  expect(await placesOf('b')).toEqual(upTo(10).slice(1))
  expect(second.exitCode).toBeNull()
}, 240_000)

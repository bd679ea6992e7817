import { randomBytes } from 'node:crypto'
import { closeBooks, type LogRecord } from '@interchange/accounting'
import { ceHeaders, deadLetterTopicName, replayLaneName } from '@interchange/messaging'
import { migrate } from '@interchange/store'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { kill, killMembers, publishSteps, startMember, stepsOf } from './step-members.fixture.ts'
import { openDatabase, openTransport, stepTopic } from './waiting-member.fixture.ts'

const unique = randomBytes(4).toString('hex')
const group = `steps-${unique}`
const schema = `steps_${unique}`
const topic = stepTopic(`steps-${unique}`, 2)
const transport = openTransport(`waiting-test-${unique}`)
const database = openDatabase(schema)

const start = () =>
  startMember('waiting-member.fixture.ts', { STEP_TOPIC: topic.name, STEP_GROUP: group, STEP_SCHEMA: schema })

beforeAll(async () => {
  await migrate(database)
  await database.query('CREATE TABLE customer (key text PRIMARY KEY)')
  await database.query('CREATE TABLE step (row bigserial PRIMARY KEY, key text NOT NULL, place integer NOT NULL)')
  await database.query("INSERT INTO customer VALUES ('b'), ('c'), ('d')")
  const admin = await transport.createAdmin()
  const names = [topic.name, deadLetterTopicName(topic.name, group), replayLaneName(topic.name, group)]
  await admin.createTopics(names.map((name) => ({ name, partitions: 2, replicationFactor: 1, configs: {} })))
  await admin.close()
})

afterAll(async () => {
  await killMembers()
  await database.close()
})

/** Twenty steps of each of four keys, in turn. */
const publishRound = (from: number): Promise<void> => publishSteps(transport, topic, stepsOf('abcd', from, 20))

const placesOf = async (key: string): Promise<readonly number[]> =>
  (await database.query<{ place: number }>('SELECT place FROM step WHERE key = $1 ORDER BY row', [key])).map(
    ({ place }) => place,
  )

const upTo = (count: number): readonly number[] => Array.from({ length: count }, (_, n) => n)

const idsIn = async (table: 'inbox' | 'waiting'): Promise<ReadonlySet<string>> => {
  const rows = await database.query<{ id: string }>(
    `SELECT message_id::text AS id FROM ${table} WHERE group_name = $1`,
    [group],
  )
  return new Set(rows.map(({ id }) => id))
}

/** The books of the group, from the topic, the committed offsets and the two tables. */
const books = async () => {
  const admin = await transport.createAdmin()
  const committed = await admin.committedOffsets(group, [topic.name])
  const ends = await admin.topicOffsets(topic.name)
  await admin.close()
  const records: LogRecord[] = []
  const ranges = ends
    .filter(({ latest }) => latest > 0)
    .map(({ partition, latest }) => ({ topic: topic.name, partition, fromOffset: 0, untilOffset: latest }))
  for await (const record of transport.read(ranges)) {
    records.push({
      topic: record.topic,
      partition: record.partition,
      offset: record.offset,
      timestampMs: record.timestampMs,
      id: record.headers.text(ceHeaders.id) ?? null,
      causationId: null,
      correlationId: null,
      replayId: null,
      deadMessageId: null,
      deadFrom: null,
      originalOffset: null,
      key: record.key?.toString('utf8') ?? null,
      valueHash: null,
      headersHash: '',
    })
  }
  const waitingIds = await idsIn('waiting')
  const doneIds = await idsIn('inbox')
  const own = committed.map((offset) => ({ ...offset, group }))
  const booked = { group, topics: [topic.name], doneIds, waitingIds }
  const { closes, groups } = closeBooks({ records, committed: own }, [booked], new Set())
  const [balance] = groups
  return { closes, in: balance?.in, done: balance?.done, waiting: balance?.waiting, dead: balance?.dead }
}

const withinMs = { timeout: 20_000, interval: 100 }

test('a key waits for its customer through a kill -9 and a take-over, in order, while the others flow and the books close', async () => {
  const first = start()
  await publishRound(0)
  // Only `a` waits: everything else is done, and the offsets have passed what waits.
  await vi.waitFor(async () => {
    expect(await books()).toEqual({ closes: true, in: 80, done: 60, waiting: 20, dead: 0 })
  }, withinMs)
  expect(await placesOf('a')).toEqual([])

  const second = start()
  await kill(first)
  await publishRound(20)
  await vi.waitFor(async () => {
    expect(await books()).toEqual({ closes: true, in: 160, done: 120, waiting: 40, dead: 0 })
  }, withinMs)
  for (const key of 'bcd') expect(await placesOf(key)).toEqual(upTo(40))

  await database.query("INSERT INTO customer VALUES ('a')")
  await publishRound(40)
  await vi.waitFor(async () => {
    expect(await books()).toEqual({ closes: true, in: 240, done: 240, waiting: 0, dead: 0 })
  }, withinMs)
  for (const key of 'abcd') expect(await placesOf(key)).toEqual(upTo(60))
  expect(second.exitCode).toBeNull()
}, 60_000)

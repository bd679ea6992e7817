import { randomBytes } from 'node:crypto'
import {
  type Codec,
  type ConsumerGroup,
  ceHeaders,
  createConsumerGroup,
  deadLetterHeaders,
  deadLetterTopicName,
  effectRoute,
  HeaderBlock,
  letterFacts,
  newEventId,
  noMetrics,
  noTracing,
  rejected,
  replayLaneName,
  silentLogger,
  systemClock,
  type Topic,
} from '@interchange/messaging'
import { createMemoryTransport } from '@interchange/messaging/memory'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { testDatabase } from '../database.fixture.ts'
import type { Database } from '../database.ts'
import { migrate } from '../migrate.ts'
import { createWaitingEffectStore } from './waiting-effect-store.ts'

interface Step {
  readonly key: string
  readonly n: number
}

const name = `steps-${randomBytes(4).toString('hex')}`
const group = `held-${randomBytes(4).toString('hex')}`
const topic: Topic<Step> = {
  name,
  kind: 'internal',
  keyOf: ({ key }) => key,
  schema: { subject: `${name}-value`, recordName: 'test.Step', version: 1, text: '{}' },
  partitions: 1,
  retentionMs: -1,
  cleanup: 'delete',
  eventType: 'test.step.v1',
  owner: 'test',
  groups: [group],
  description: 'what the test sends',
}
const json: Codec = {
  prepare: async () => undefined,
  encode: (_topic, value) => Buffer.from(JSON.stringify(value)),
  decode: (_topic, bytes) => JSON.parse(bytes.toString()),
  resolve: async () => undefined,
  schemaId: () => undefined,
}

let database: Database
const transport = createMemoryTransport()
const groups: ConsumerGroup[] = []
let broken = true

beforeAll(async () => {
  database = testDatabase({ poolMax: 4 })
  await migrate(database)
  await database.query('CREATE TABLE step (row bigserial PRIMARY KEY, text text NOT NULL)')
  const admin = await transport.createAdmin()
  const names = [name, replayLaneName(name, group), deadLetterTopicName(name, group)]
  await admin.createTopics(names.map((one) => ({ name: one, partitions: 1, replicationFactor: 1, configs: {} })))
})
afterAll(async () => {
  await Promise.all(groups.map((one) => one.stop(1_000)))
  await database.close()
})

const start = async (): Promise<ConsumerGroup> => {
  const store = createWaitingEffectStore<string>({
    database,
    apply: async (tx, texts) => {
      await tx.query('INSERT INTO step (text) SELECT * FROM unnest($1::text[])', [texts])
    },
  })
  const running = await createConsumerGroup({
    group,
    routes: [
      effectRoute({
        from: topic,
        group,
        store,
        afterDeadLetter: 'hold',
        handle: ({ key, n }) => {
          if (broken && key === 'a' && n === 1) throw rejected('not yet repaired')
          return `${key}:${n}`
        },
      }),
    ],
    transport,
    codec: json,
    publisher: undefined,
    reportOutcome: async () => undefined,
    service: { name: 'test', version: '0' },
    clock: systemClock,
    random: Math.random,
    logger: silentLogger,
    metrics: noMetrics,
    tracing: noTracing,
    limits: { commitIntervalMs: 5, heldKeysCheckMs: 20 },
    onEnded: () => undefined,
  })
  groups.push(running)
  return running
}

const send = async (...steps: readonly string[]): Promise<void> => {
  const producer = await transport.createProducer()
  for (const text of steps) {
    const [key = '', n = ''] = text.split(':')
    const value = Buffer.from(JSON.stringify({ key, n: Number(n) }))
    const headers = HeaderBlock.of([{ name: ceHeaders.id, value: newEventId(Date.now()) }])
    await producer.send([{ topic: name, partition: 0, key: Buffer.from(key), value, headers }])
  }
}

/** As the replay service sends it back. */
const replay = async (): Promise<void> => {
  const [letter] = transport.records(deadLetterTopicName(name, group))
  if (letter === undefined) throw new Error('no letter')
  const facts = letterFacts(letter.headers)
  const kept = [deadLetterHeaders.originalHeaderCount, deadLetterHeaders.messageId, deadLetterHeaders.offset]
  const headers = letter.headers
    .take(Number(facts.get(deadLetterHeaders.originalHeaderCount)))
    .append([
      ...kept.map((header) => ({ name: header, value: facts.get(header) ?? '' })),
      { name: deadLetterHeaders.replayId, value: newEventId(Date.now()) },
    ])
  const { key, value } = letter
  const producer = await transport.createProducer()
  await producer.send([{ topic: replayLaneName(name, group), partition: 0, key, value, headers }])
}

const written = async (): Promise<readonly string[]> =>
  (await database.query<{ text: string }>('SELECT text FROM step ORDER BY row')).map(({ text }) => text)
const rowsOf = async (table: 'waiting' | 'waiting_hold'): Promise<number> =>
  (await database.query(`SELECT FROM ${table} ${table === 'waiting_hold' ? 'WHERE released_at IS NULL' : ''}`)).length
const committed = async (): Promise<number | undefined> => {
  const admin = await transport.createAdmin()
  const offsets = await admin.committedOffsets(group, [name])
  return offsets.find(({ partition }) => partition === 0)?.offset
}

test('a key held after a dead letter waits through a restart and goes on in order after the replay', async () => {
  const first = await start()
  await send('a:1', 'b:1', 'a:2')
  await vi.waitFor(async () => expect(await committed()).toBe(3), 10_000)
  expect(await written()).toEqual(['b:1'])
  expect([await rowsOf('waiting_hold'), await rowsOf('waiting')]).toEqual([1, 1])
  await first.stop(2_000)
  broken = false
  await send('a:3', 'b:2')
  await start()
  await vi.waitFor(async () => expect(await committed()).toBe(5), 10_000)
  expect(await written()).toEqual(['b:1', 'b:2'])
  await replay()
  await vi.waitFor(async () => expect(await written()).toHaveLength(5), 10_000)
  expect((await written()).filter((text) => text.startsWith('a'))).toEqual(['a:1', 'a:2', 'a:3'])
  await vi.waitFor(async () => expect([await rowsOf('waiting_hold'), await rowsOf('waiting')]).toEqual([0, 0]), 10_000)
})

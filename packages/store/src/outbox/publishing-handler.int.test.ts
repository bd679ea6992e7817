import {
  ceHeaders,
  createConsumerGroup,
  deadLetterTopicName,
  derivedEventId,
  effectRoute,
  eventHeaders,
  type HandlerContext,
  naturalEventId,
  noMetrics,
  noTracing,
  outgoing,
  replayLaneName,
  silentLogger,
  systemClock,
  type Topic,
  traceHeaders,
} from '@interchange/messaging'
import { expect, onTestFinished, test } from 'vitest'
import { createWaitingEffectStore } from '../waiting/waiting-effect-store.ts'
import { createBench, eventually, jsonCodec, outbox, type Step, stepOf } from './outbox.fixture.ts'
import { createRelay } from './relay.ts'

const inputTimeMs = 1_700_000_000_000
const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
const ambient = { clock: systemClock, random: Math.random, metrics: noMetrics, tracing: noTracing }
const parts = { ...ambient, codec: jsonCodec, service: { name: 'test', version: '0' } }

test('what a handler answers commits as effects and events together, from the waiting table too, or not at all', async () => {
  const { database, transport, topic: published, topicOf, records, close } = await createBench()
  onTestFinished(close)
  await database.query("CREATE TABLE taken (step text PRIMARY KEY CHECK (step <> 'a/1'))")
  const input = await topicOf(1)
  const group = `group-${input.name}`
  const from: Topic<Step> = { ...input, groups: [group] }
  const admin = await transport.createAdmin()
  onTestFinished(() => admin.close())
  const letters = deadLetterTopicName(from.name, group)
  const names = [letters, replayLaneName(from.name, group)]
  await admin.createTopics(names.map((name) => ({ name, partitions: 1, replicationFactor: 1, configs: {} })))

  const store = createWaitingEffectStore<string>({
    database,
    outbox,
    async apply(tx, steps) {
      await tx.query('INSERT INTO taken SELECT * FROM unnest($1::text[])', [steps])
    },
  })
  const handle = (value: Step, { attempt }: HandlerContext) => {
    if (value.n === 2 && attempt === 1) throw new Error('not now')
    return [`${value.key}/${value.n}`, outgoing(published, value), outgoing(published, { ...value, key: 'again' })]
  }
  const retry = { attemptsMax: 1, waitingBackoffMs: 50, waitingBackoffMsMax: 50 }
  const consumer = await createConsumerGroup({
    ...parts,
    group,
    routes: [effectRoute({ from, group, store, retry, handle })],
    transport,
    publisher: undefined,
    reportOutcome: async () => undefined,
    logger: silentLogger,
    onEnded: (error) => {
      throw error
    },
  })
  onTestFinished(() => consumer.stop(5_000))
  const relay = createRelay({ database, transport, pollMs: 50 })
  onTestFinished(() => relay.close())

  const producer = await transport.createProducer()
  onTestFinished(() => producer.close())
  const idOf = (n: number): string => naturalEventId(from.name, `a/${n}`, inputTimeMs)
  const inputs = [0, 0, 1, 2, 3].map((n) => ({
    topic: from.name,
    partition: 0,
    key: Buffer.from('a'),
    value: jsonCodec.encode(from, { key: 'a', n }),
    headers: eventHeaders(
      from,
      '/test',
      { messageId: idOf(n), key: 'a', timeMs: inputTimeMs, correlationId: 'talk', causationId: undefined },
      [{ name: traceHeaders.traceparent, value: traceparent }],
    ),
  }))
  expect((await producer.send(inputs)).every(({ status }) => status === 'ok')).toBe(true)
  await eventually(async () => (await records()).length).toBe(6)
  await eventually(async () => (await database.query('SELECT FROM outbox')).length).toBe(0)
  expect(await database.query('SELECT step FROM taken ORDER BY step')).toEqual(
    ['a/0', 'a/2', 'a/3'].map((step) => ({ step })),
  )
  const arrived = (await records()).map((record) => ({
    ...stepOf(record),
    id: record.headers.text(ceHeaders.id),
    cause: record.headers.text(ceHeaders.causationId),
    talk: record.headers.text(ceHeaders.correlationId),
    time: record.headers.text(ceHeaders.time),
    trace: record.headers.text(traceHeaders.traceparent),
  }))
  const expected = [0, 2, 3].flatMap((n) =>
    ['a', 'again'].map((key, ordinal) => ({
      key,
      n,
      id: derivedEventId(idOf(n), group, ordinal),
      cause: idOf(n),
      talk: 'talk',
      time: new Date(inputTimeMs).toISOString(),
      trace: traceparent,
    })),
  )
  expect(await admin.topicOffsets(letters)).toEqual([{ partition: 0, earliest: 0, latest: 1 }])
  expect(arrived).toHaveLength(expected.length)
  expect(arrived).toEqual(expect.arrayContaining(expected))
  expect(arrived.filter(({ key }) => key === 'a').map(({ n }) => n)).toEqual([0, 2, 3])
})

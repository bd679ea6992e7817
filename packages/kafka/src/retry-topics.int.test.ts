import { randomBytes } from 'node:crypto'
import {
  type Codec,
  type ConsumerGroup,
  createConsumerGroup,
  createPublisher,
  type DeliveryOutcome,
  deadLetterTopicName,
  letterFacts,
  noMetrics,
  noTracing,
  publishRoute,
  replayLaneName,
  retryTopicName,
  silentLogger,
  systemClock,
  type Topic,
  type TransportRecord,
} from '@interchange/messaging'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { createKafkaTransport } from './kafka-transport.ts'

interface Call {
  readonly n: number
}

const unique = randomBytes(4).toString('hex')
const group = `calls-${unique}`
const delaysMs = [300, 900]
const topic: Topic<Call> = {
  name: `calls-${unique}`,
  kind: 'internal',
  keyOf: ({ n }) => String(n),
  schema: { subject: `calls-${unique}-value`, recordName: 'test.Call', version: 1, text: '{}' },
  partitions: 2,
  retentionMs: -1,
  cleanup: 'delete',
  eventType: 'test.call.v1',
  owner: 'test',
  groups: [group],
  retryDelaysMs: { [group]: delaysMs },
  description: 'calls that need no order',
}
const json: Codec = {
  prepare: async () => undefined,
  encode: (_topic, value) => Buffer.from(JSON.stringify(value)),
  decode: (_topic, bytes) => JSON.parse(bytes.toString()),
  resolve: async () => undefined,
  schemaId: () => undefined,
}
const transport = createKafkaTransport(
  { brokers: (process.env['KAFKA_BROKERS'] ?? '').split(','), clientId: `retry-${unique}` },
  { logger: silentLogger },
)
const ambient = {
  transport,
  codec: json,
  service: { name: 'test', version: '0' },
  clock: systemClock,
  random: Math.random,
  metrics: noMetrics,
  tracing: noTracing,
}
const outcomes: DeliveryOutcome[] = []
const tries: { readonly n: number; readonly attempt: number; readonly atMs: number }[] = []
const groups: ConsumerGroup[] = []
const retryTopics = delaysMs.map((_delayMs, index) => retryTopicName(topic.name, group, index + 1))

beforeAll(async () => {
  const admin = await transport.createAdmin()
  const names = [topic.name, replayLaneName(topic.name, group), deadLetterTopicName(topic.name, group), ...retryTopics]
  await admin.createTopics(names.map((name) => ({ name, partitions: 2, replicationFactor: 1, configs: {} })))
  await admin.close()
})
afterAll(async () => {
  await Promise.all(groups.map((one) => one.stop(2_000)))
})

/** Even numbers fail twice in place, and once more from the first retry topic. */
const start = async (): Promise<ConsumerGroup> => {
  const running = await createConsumerGroup({
    ...ambient,
    group,
    routes: [
      publishRoute({
        from: topic,
        group,
        ordering: 'none',
        retry: { attemptsMax: 2, backoffMs: 1, backoffMsMax: 2 },
        handle({ n }, { attempt }) {
          tries.push({ n, attempt, atMs: Date.now() })
          if (n % 2 === 0 && attempt < 4) throw new Error(`call ${n} failed`)
          return undefined
        },
      }),
    ],
    publisher: await createPublisher(ambient),
    reportOutcome: async (outcome) => void outcomes.push(outcome),
    logger: silentLogger,
    limits: { outageAfterMessages: 1_000 },
    onEnded: () => undefined,
  })
  groups.push(running)
  return running
}

const recordsOf = async (name: string): Promise<readonly TransportRecord[]> => {
  const admin = await transport.createAdmin()
  const ends = await admin.topicOffsets(name)
  await admin.close()
  const ranges = ends
    .filter(({ latest }) => latest > 0)
    .map(({ partition, latest }) => ({ topic: name, partition, fromOffset: 0, untilOffset: latest }))
  const records: TransportRecord[] = []
  if (ranges.length > 0) for await (const record of transport.read(ranges)) records.push(record)
  return records
}

const committedSum = async (name: string): Promise<number> => {
  const admin = await transport.createAdmin()
  const offsets = await admin.committedOffsets(group, [name])
  await admin.close()
  return offsets.reduce((sum, { offset }) => sum + offset, 0)
}

test('messages wait in retry topics through a restart, are tried when due, and every offset passes', async () => {
  const first = await start()
  const publisher = await createPublisher(ambient)
  await Promise.all(Array.from({ length: 20 }, (_, n) => publisher.publish(topic, { n })))
  await publisher.close()
  await vi.waitFor(async () => expect(await committedSum(topic.name)).toBe(20), 20_000)
  await first.stop(5_000)
  await start()
  // Told at least once: a stop may come between an end and its commit.
  await vi.waitFor(() => expect(new Set(outcomes.map(({ messageId }) => messageId)).size).toBe(10), 30_000)
  expect(outcomes.every(({ outcome, attempts }) => outcome === 'resolved' && attempts === 4)).toBe(true)
  const originals = new Map((await recordsOf(topic.name)).map((record) => [record.key?.toString(), record]))
  for (const [index, name] of retryTopics.entries()) {
    const records = await recordsOf(name)
    expect(new Set(records.map(({ key }) => key?.toString())).size).toBe(10)
    for (const record of records) {
      const original = originals.get(record.key?.toString())
      const facts = letterFacts(record.headers)
      const count = Number(facts.get('dlq-original-header-count'))
      expect(record.value).toEqual(original?.value)
      expect(record.headers.take(count).bytes).toEqual(original?.headers.bytes)
      const first = records.find(({ key }) => key?.toString() === record.key?.toString()) ?? record
      const dueMs = Date.parse(letterFacts(first.headers).get('dlq-due-at') ?? '')
      const tried = tries.find(({ n, attempt }) => String(n) === record.key?.toString() && attempt === index + 3)
      expect(tried?.atMs).toBeGreaterThanOrEqual(dueMs)
    }
    await vi.waitFor(async () => expect(await committedSum(name)).toBe(records.length), 20_000)
  }
  expect(await recordsOf(deadLetterTopicName(topic.name, group))).toEqual([])
}, 120_000)

import { randomBytes } from 'node:crypto'
import { createKafkaTransport } from '@interchange/kafka'
import {
  type Codec,
  ceHeaders,
  naturalEventId,
  silentLogger,
  type Topic,
  type Transport,
  type TransportRecord,
} from '@interchange/messaging'
import { expect } from 'vitest'
import { testDatabase } from '../database.fixture.ts'
import type { Database, Queryable } from '../database.ts'
import { migrate } from '../migrate.ts'
import { createOutbox, type OutboxEvent, outboxEvent } from './outbox.ts'

/** An event of a test: the key, and a number that grows with every event of the key. */
export interface Step {
  readonly key: string
  readonly n: number
  readonly filler?: string
}

export const jsonCodec: Codec = {
  prepare: async () => undefined,
  encode: (_topic, value) => Buffer.from(JSON.stringify(value)),
  decode: (_topic, bytes) => JSON.parse(bytes.toString()),
  resolve: async () => undefined,
  schemaId: () => undefined,
}

export const stepTopic = (name: string, partitions = 3): Topic<Step> => ({
  name,
  kind: 'internal',
  keyOf: ({ key }) => key,
  schema: { subject: `${name}-value`, recordName: 'test.Step', version: 1, text: '"string"' },
  partitions,
  retentionMs: -1,
  cleanup: 'delete',
  eventType: 'test.step.v1',
  owner: 'test',
  groups: [],
  description: 'steps of a test',
})

export const step = (topic: Topic<Step>, key: string, n: number, filler?: string): OutboxEvent =>
  outboxEvent({
    topic,
    value: { key, n, ...(filler !== undefined && { filler }) },
    messageId: naturalEventId(topic.name, `${key}/${n}`, 1_700_000_000_000),
    timeMs: 1_700_000_000_000,
  })

export const outbox = createOutbox({ codec: jsonCodec, service: { name: 'test' } })

export const write = (tx: Queryable, ...events: readonly OutboxEvent[]): Promise<void> => outbox.write(tx, events)

/** A fresh schema, a topic of its own, and the real broker. */
export interface Bench {
  readonly database: Database
  readonly transport: Transport
  readonly topic: Topic<Step>
  topicOf(partitions?: number, configs?: Readonly<Record<string, string>>): Promise<Topic<Step>>
  records(topic?: Topic<Step>): Promise<readonly TransportRecord[]>
  close(): Promise<void>
}

export const kafkaTransport = (): Transport => {
  const brokers = process.env['KAFKA_BROKERS']
  if (brokers === undefined) throw new Error('KAFKA_BROKERS is not set: run the int project, whose set-up starts Kafka')
  return createKafkaTransport(
    { brokers: brokers.split(','), clientId: 'outbox-test', deliveryTimeoutMs: 3_000 },
    { logger: silentLogger },
  )
}

export const createBench = async (): Promise<Bench> => {
  const database = testDatabase({ poolMax: 12 })
  await migrate(database)
  const transport = kafkaTransport()
  const admin = await transport.createAdmin()
  const topicOf: Bench['topicOf'] = async (partitions = 3, configs = {}) => {
    const topic = stepTopic(`outbox-${randomBytes(6).toString('hex')}`, partitions)
    await admin.createTopics([{ name: topic.name, partitions, replicationFactor: 1, configs }])
    await expect.poll(async () => (await admin.partitionCounts([topic.name])).get(topic.name)).toBe(partitions)
    return topic
  }
  const topic = await topicOf()
  const known = new Map<string, { ends: string; records: readonly TransportRecord[] }>()
  return {
    database,
    transport,
    topic,
    topicOf,
    async records({ name } = topic) {
      const offsets = await admin.topicOffsets(name)
      const ranges = offsets
        .filter(({ earliest, latest }) => latest > earliest)
        .map(({ partition, earliest, latest }) => ({
          topic: name,
          partition,
          fromOffset: earliest,
          untilOffset: latest,
        }))
      const ends = JSON.stringify(ranges)
      const before = known.get(name)
      if (before?.ends === ends) return before.records
      const records: TransportRecord[] = []
      if (ranges.length === 0) return records
      for await (const record of transport.read(ranges)) {
        const { key, value } = record
        records.push({ ...record, key: key && Buffer.from(key), value: value && Buffer.from(value) })
      }
      known.set(name, { ends, records })
      return records
    },
    async close() {
      await admin.close()
      await database.close()
    },
  }
}

/** Waits for a state on a machine as busy as it may be. */
export const eventually = <Seen>(look: () => Seen | Promise<Seen>): ReturnType<typeof expect.poll<Seen>> =>
  expect.poll(look, { timeout: 60_000, interval: 20 })

export const stepOf = ({ value }: TransportRecord): Step => JSON.parse(value?.toString() ?? 'null')

/** Every event once, its first arrival: whoever reads drops what has an id that came before. */
export const firsts = (records: readonly TransportRecord[]): readonly Step[] => {
  const seen = new Set<string | undefined>()
  return records.flatMap((record) => {
    const id = record.headers.text(ceHeaders.id)
    if (seen.has(id)) return []
    seen.add(id)
    return [stepOf(record)]
  })
}

/** The numbers of each key in the order of their first arrival. */
export const numbersOf = (records: readonly TransportRecord[]): ReadonlyMap<string, readonly number[]> =>
  new Map(
    [...Map.groupBy(firsts(records), ({ key }) => key)].map(([key, steps]) => [key, steps.map(({ n }) => n)] as const),
  )

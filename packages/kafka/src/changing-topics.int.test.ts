import { randomUUID } from 'node:crypto'
import {
  HeaderBlock,
  type InterchangeError,
  type OutboundRecord,
  type RecordBatch,
  silentLogger,
  type Transport,
  type TransportAdmin,
  type TransportProducer,
} from '@interchange/messaging'
import kafkajs, { type Admin } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createKafkaTransport } from './kafka-transport.ts'

const brokers = (process.env['KAFKA_BROKERS'] ?? '').split(',')
const drivers = ['kafkajs', 'platformatic'] as const
const metadataMaxAgeMs = 500
/** The cleaner of a broker that is not tuned for tests looks every 15 s. */
const compactedWithinMs = 90_000

/** What Kafka itself, or its operator, does to a topic while it is read. */
describe.each(drivers)('%s reads topics that change', (driver) => {
  let transport: Transport
  let admin: TransportAdmin
  let producer: TransportProducer
  let operator: Admin
  const closers: (() => Promise<void>)[] = []

  beforeAll(async () => {
    const config = { driver, brokers, clientId: 'changing', metadataMaxAgeMs }
    transport = createKafkaTransport(config, { logger: silentLogger })
    admin = await transport.createAdmin()
    producer = await transport.createProducer()
    operator = new kafkajs.Kafka({ brokers, logLevel: 0 }).admin()
    await operator.connect()
  })
  afterAll(async () => {
    await Promise.all(closers.map((close) => close()))
    await Promise.all([producer.close(), admin.close(), operator.disconnect()])
  })

  const topicOf = async (partitions: number, configs: Readonly<Record<string, string>> = {}): Promise<string> => {
    const name = `changing-${randomUUID()}`
    await admin.createTopics([{ name, partitions, replicationFactor: 1, configs }])
    return name
  }
  const send = async (records: readonly OutboundRecord[], sender = producer): Promise<void> => {
    const outcomes = await sender.send(records)
    expect(outcomes.map(({ status }) => status)).toEqual(records.map(() => 'ok'))
  }
  const join = async (topic: string, group = `changing-${randomUUID()}`) => {
    const batches: RecordBatch[] = []
    const ended: InterchangeError[] = []
    const consumer = await transport.createConsumer({
      group,
      topics: [topic],
      isolation: 'read_committed',
      sessionTimeoutMs: 6_000,
      rebalanceTimeoutMs: 5_000,
      fetchPartitionBytesMax: 1024 * 1024,
      onBatch: (batch) => void batches.push(batch),
      onAssigned: () => undefined,
      onRevoked: async () => {
        const ends = new Map(batches.map((batch) => [`${batch.partition}`, batch]))
        await consumer.commit([...ends.values()].map((batch) => ({ ...batch, offset: batch.nextOffset })))
      },
      onEnded: (error) => void ended.push(error),
    })
    closers.push(() => consumer.close(2_000))
    const records = () => batches.flatMap((batch) => batch.records)
    return { consumer, batches, ended, records, values: () => records().map(({ value }) => String(value)) }
  }

  test('partitions that are added under a member are read from their beginning (X49)', async () => {
    const topic = await topicOf(1)
    await send([recordOf(topic, 0, 'a', 'before')])
    const member = await join(topic)
    await until('the first record', () => member.values().length === 1)
    await operator.createPartitions({ topicPartitions: [{ topic, count: 3 }] })
    await until('the new partitions', async () => (await admin.partitionCounts([topic])).get(topic) === 3)
    // Before the member can know of them; a producer that knew the topic as it was does not see them.
    const other = await transport.createProducer()
    closers.push(() => other.close())
    await send(
      [1, 2].map((partition) => recordOf(topic, partition, 'a', `new ${partition}`)),
      other,
    )
    await until('the assignment', () => member.consumer.assignment().length === 3)
    await send([recordOf(topic, 0, 'a', 'after')])
    await until('all', () => member.values().length >= 4)
    expect(member.values().toSorted()).toEqual(['after', 'before', 'new 1', 'new 2'])
    expect(member.ended).toEqual([])
  })

  test('a topic made anew under its name is read from its beginning, whatever was committed before (X47)', async () => {
    const topic = await topicOf(1)
    await send(['a', 'b', 'c'].map((value) => recordOf(topic, 0, 'k', `old ${value}`)))
    const group = `changing-${randomUUID()}`
    const before = await join(topic, group)
    await until('the old records', () => before.values().length === 3)
    const places = before.consumer.assignment().map((held) => ({ ...held, offset: 3 }))
    expect(await before.consumer.commit(places)).toEqual([])
    await before.consumer.close(2_000)
    await operator.deleteTopics({ topics: [topic] })
    await until('the end of the old one', async () => !(await admin.partitionCounts([topic])).has(topic))
    await admin.createTopics([{ name: topic, partitions: 1, replicationFactor: 1, configs: {} }])
    // Kafka forgets what groups have committed for a topic that is deleted.
    await until('nothing committed', async () => (await admin.committedOffsets(group, [topic])).length === 0)
    const other = await transport.createProducer()
    closers.push(() => other.close())
    // More than the old one had: its offset is one of the new ones.
    await send(
      ['a', 'b', 'c', 'd', 'e'].map((value) => recordOf(topic, 0, 'k', `new ${value}`)),
      other,
    )
    const after = await join(topic, group)
    await until('the new records', () => after.values().includes('new e'))
    expect(after.values()).toEqual(['a', 'b', 'c', 'd', 'e'].map((value) => `new ${value}`))
  })

  test('a compacted log is read over its gaps, tombstones and all (X50)', async () => {
    const topic = await topicOf(1, {
      'cleanup.policy': 'compact',
      'min.cleanable.dirty.ratio': '0.001',
      'segment.ms': '100',
      'delete.retention.ms': '86400000',
    })
    const write = (round: number) =>
      send(['a', 'b', 'c'].map((key) => recordOf(topic, 0, key, round === 3 ? null : `${key}${round}`)))
    for (const round of [0, 1, 2, 3]) await write(round)
    // A segment is closed by the first record after its time, and only a closed one is compacted.
    let closing = 0
    await until(
      'the gaps',
      async () => {
        await send([recordOf(topic, 0, 'last', `last ${closing++}`)])
        const [first] = await valuesFrom(transport, admin, topic)
        return first?.offset === 9
      },
      compactedWithinMs,
    )
    const member = await join(topic)
    await until('the end of the log', () => member.values().includes(`last ${closing - 1}`))
    const found = member.records()
    expect(found.slice(0, 3).map(({ offset, key, value }) => [offset, String(key), value])).toEqual([
      [9, 'a', null],
      [10, 'b', null],
      [11, 'c', null],
    ])
    const offsets = found.map(({ offset }) => offset)
    expect(offsets).toEqual([...new Set(offsets)].toSorted((left, right) => left - right))
    const [end] = await admin.topicOffsets(topic)
    expect(member.batches.at(-1)?.nextOffset).toBe(end?.latest)
    const place = member.consumer.assignment().map((held) => ({ ...held, offset: end?.latest ?? 0 }))
    expect(await member.consumer.commit(place)).toEqual([])
    expect(member.ended).toEqual([])
  }, 150_000)
})

const recordOf = (topic: string, partition: number, key: string, value: string | null): OutboundRecord => ({
  topic,
  partition,
  key: Buffer.from(key),
  value: value === null ? null : Buffer.from(value),
  headers: HeaderBlock.empty,
})

const valuesFrom = async (transport: Transport, admin: TransportAdmin, topic: string) => {
  const [offsets] = await admin.topicOffsets(topic)
  const found: { offset: number }[] = []
  const { earliest = 0, latest = 0 } = offsets ?? {}
  const ranges = [{ topic, partition: 0, fromOffset: earliest, untilOffset: latest }]
  for await (const { offset } of transport.read(ranges)) found.push({ offset })
  return found
}

const until = async (what: string, holds: () => boolean | Promise<boolean>, withinMs = 20_000): Promise<void> => {
  const deadlineMs = Date.now() + withinMs
  while (!(await holds())) {
    if (Date.now() > deadlineMs) throw new Error(`not within ${withinMs} ms: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

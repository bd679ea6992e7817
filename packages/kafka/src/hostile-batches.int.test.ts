import { randomUUID } from 'node:crypto'
import {
  HeaderBlock,
  type InterchangeError,
  type OutboundRecord,
  type RecordBatch,
  silentLogger,
  type Transport,
  type TransportAdmin,
} from '@interchange/messaging'
import kafkajs, { type Message, type Producer } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { batchOf, gzip, oddRecords, packed, rawProduce, recordOf, zstd } from './hostile-batches.fixture.ts'
import type { KafkaConfig } from './kafka-config.ts'
import { createKafkaTransport } from './kafka-transport.ts'
import { type Cluster, createCluster } from './platformatic/cluster.ts'
import { encodeBatch } from './records/encode-batch.ts'

const brokers = (process.env['KAFKA_BROKERS'] ?? '').split(',')
const drivers = ['kafkajs', 'platformatic'] as const
const places = ['first', 'middle', 'last'] as const

/** What only another client can put into a log: transactions, odd batches, bombs. Our own never writes these. */
describe.each(drivers)('%s reads what other clients have written', (driver) => {
  const config: KafkaConfig = { driver, brokers, clientId: 'hostile' }
  let transport: Transport
  let admin: TransportAdmin
  let cluster: Cluster
  const open: { disconnect(): Promise<void> }[] = []
  const closers: (() => Promise<void>)[] = []

  beforeAll(async () => {
    transport = createKafkaTransport(config, { logger: silentLogger })
    admin = await transport.createAdmin()
    cluster = createCluster(config)
  })
  afterAll(async () => {
    await Promise.all(closers.map((close) => close()))
    await Promise.all(open.map((each) => each.disconnect()))
    await admin.close()
    cluster.destroy()
  })

  const topicOf = async (configs: Readonly<Record<string, string>> = {}): Promise<string> => {
    const name = `hostile-${randomUUID()}`
    await admin.createTopics([{ name, partitions: 1, replicationFactor: 1, configs }])
    return name
  }
  /** The leader of a topic that was created just now may not know of it yet. */
  const write = async (topic: string, batch: Buffer): Promise<void> => {
    for (let attempt = 1; ; attempt++) {
      try {
        await cluster.askNode(await cluster.leaderOf(topic, 0), rawProduce, topic, batch)
        return
      } catch (error) {
        if (attempt === 20) throw error
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
    }
  }
  const good = (topic: string, text: string): Promise<void> => write(topic, batchOf(topic, [text]))

  /** A member and what it saw, in order; `ended` when it could not go on. */
  const join = async (topic: string, group = `hostile-${randomUUID()}`) => {
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
      onRevoked: () => undefined,
      onEnded: (error) => void ended.push(error),
    })
    closers.push(() => consumer.close(2_000))
    const values = (): string[] => batches.flatMap(({ records }) => records.map(({ value }) => String(value)))
    return { batches, ended, values, group, consumer }
  }
  const transactional = async (topic: string, name: string): Promise<Producer> => {
    const producer = new kafkajs.Kafka({ brokers, logLevel: 0 }).producer({
      transactionalId: `${name}-${topic}`,
      idempotent: true,
      maxInFlightRequests: 1,
    })
    open.push(producer)
    await producer.connect()
    return producer
  }
  // The patched encoder writes header blocks as they are.
  const message = (value: string, key: Buffer | null = null) => ({
    messages: [{ partition: 0, value, key, rawHeaders: HeaderBlock.empty.bytes } as Message],
  })

  test('B16: no record of interleaved aborted transactions is delivered, whatever its key (X52)', async () => {
    const topic = await topicOf()
    const [left, right] = [await transactional(topic, 'left'), await transactional(topic, 'right')]
    const controlLike = Buffer.alloc(4)
    for (let round = 0; round < 10; round++) {
      const first = await left.transaction()
      await first.send({ topic, ...message('aborted', controlLike) })
      const second = await right.transaction()
      await second.send({ topic, ...message('aborted') })
      await first.send({ topic, ...message('aborted') })
      await second.send({ topic, ...message('aborted', controlLike) })
      await (round % 2 === 0 ? second : first).abort()
      await (round % 2 === 0 ? first : second).send({ topic, ...message('aborted') })
      await (round % 2 === 0 ? first : second).abort()
      const third = await left.transaction()
      await third.send({ topic, ...message(`committed ${round}`) })
      await third.commit()
    }
    const member = await join(topic)
    await until('the last commit', () => member.values().includes('committed 9'))
    const committed = Array.from({ length: 10 }, (_, round) => `committed ${round}`)
    expect(member.values()).toEqual(committed)
    const [{ latest } = { latest: 0 }] = await admin.topicOffsets(topic)
    const read: string[] = []
    for await (const { value } of transport.read([{ topic, partition: 0, fromOffset: 3, untilOffset: latest }]))
      read.push(String(value))
    expect(read).toEqual(committed)
  })

  test('an open transaction holds up what is behind it, and what it commits comes in its place (X53)', async () => {
    const topic = await topicOf()
    const producer = await transactional(topic, 'open')
    const transaction = await producer.transaction()
    await transaction.send({ topic, ...message('in the transaction') })
    await good(topic, 'behind')
    const member = await join(topic)
    // What must not come cannot be waited for; longer than two fetches.
    await new Promise((resolve) => setTimeout(resolve, 600))
    expect(member.values()).toEqual([])
    await transaction.commit()
    await until('both', () => member.values().length === 2)
    expect(member.values()).toEqual(['in the transaction', 'behind'])
  })

  test('batches of aborted or control records alone move the position to the end of the log (X51)', async () => {
    const topic = await topicOf()
    const producer = await transactional(topic, 'only')
    const member = await join(topic)
    const aborted = await producer.transaction()
    await aborted.send({ topic, ...message('aborted') })
    await aborted.abort()
    await until('the end', () => member.batches.at(-1)?.nextOffset === 2)
    expect(member.values()).toEqual([])
  })

  test('a topic stamped by the broker gives every record the time of its batch (X46)', async () => {
    const topic = await topicOf({ 'message.timestamp.type': 'LogAppendTime' })
    const before = Date.now()
    await write(topic, batchOf(topic, ['a', 'b'], { timestampMs: 1_000 }))
    const member = await join(topic)
    await until('both', () => member.values().length === 2)
    const times = member.batches.flatMap(({ records }) => records.map(({ timestampMs }) => timestampMs))
    expect(new Set(times).size).toBe(1)
    expect(times[0]).toBeGreaterThanOrEqual(before - 1_000)
  })

  test.each(places)(
    'an unpacked record is untouched by packed neighbours, %s of three batches (X54)',
    async (place) => {
      const topic = await topicOf()
      const texts = ['x'.repeat(5_000), 'y'.repeat(70_000), 'z']
      const codecs = [gzip, zstd, 0]
      const shift = places.indexOf(place)
      for (const index of [0, 1, 2]) {
        const at = (index + shift) % 3
        await write(topic, packed(batchOf(topic, [texts[at] ?? '', `tail ${at}`]), codecs[at] ?? 0))
      }
      const member = await join(topic)
      await until('six', () => member.values().length === 6)
      const expected = [0, 1, 2].flatMap((index) => {
        const at = (index + shift) % 3
        return [texts[at], `tail ${at}`]
      })
      expect(member.values()).toEqual(expected)
    },
  )

  test.each([
    ['gzip', gzip],
    ['zstd', zstd],
  ])(
    'a %s bomb of 1:1000 ends the consumer aloud, in bounded memory, and is never passed over (X55)',
    async (_name, bits) => {
      const topic = await topicOf({ 'max.message.bytes': '2000000' })
      await good(topic, 'before')
      await write(topic, packed(batchOf(topic, [Buffer.alloc(80 * 1024 * 1024)]), bits))
      await good(topic, 'behind')
      const member = await join(topic)
      await until('the end', () => member.ended.length === 1, 30_000)
      expect(member.ended[0]).toMatchObject({ code: 'ICX_KAFKA_BATCH_UNREADABLE', failureClass: 'fatal' })
      expect(member.values()).not.toContain('behind')
      expect(await admin.committedOffsets(member.group, [topic])).toEqual([])
    },
  )

  test.each(places)('every odd key, value, header and time passes unchanged, %s of its batch', async (place) => {
    const topic = await topicOf({ 'message.timestamp.after.max.ms': '9223372036854775807' })
    const plain = (): OutboundRecord[] => Array.from({ length: 3 }, (_, index) => recordOf(topic, `plain ${index}`))
    const expected: OutboundRecord[] = []
    for (const odd of oddRecords(topic)) {
      const neighbours = plain()
      const at = { first: 0, middle: 1, last: 3 }[place]
      const records = [...neighbours.slice(0, at), odd, ...neighbours.slice(at)]
      expected.push(...records)
      await write(topic, encodeBatch(records, 1_000))
    }
    const member = await join(topic)
    await until('all', () => member.values().length === expected.length)
    const found = member.batches.flatMap(({ records }) => records)
    expect(found.map(bytesOf)).toEqual(expected.map(bytesOf))
    expect(found.map(({ timestampMs }) => timestampMs)).toEqual(expected.map(({ timestampMs }) => timestampMs ?? 1_000))
  })

  test('a topic that is deleted under a member ends it aloud (X48)', async () => {
    const topic = await topicOf()
    await good(topic, 'a')
    const member = await join(topic)
    await until('the record', () => member.values().length === 1)
    const deleting = new kafkajs.Kafka({ brokers, logLevel: 0 }).admin()
    open.push(deleting)
    await deleting.connect()
    await deleting.deleteTopics({ topics: [topic] })
    await until('the end', () => member.ended.length === 1, 30_000)
    expect(member.ended[0]?.code).toMatch(/^ICX_KAFKA_/)
  })
})

const bytesOf = ({ key, value, headers }: Pick<OutboundRecord, 'key' | 'value' | 'headers'>): (string | null)[] => [
  key?.toString('hex') ?? null,
  value?.toString('hex') ?? null,
  headers.bytes.toString('hex'),
]

const until = async (what: string, holds: () => boolean, withinMs = 15_000): Promise<void> => {
  const deadlineMs = Date.now() + withinMs
  while (!holds()) {
    if (Date.now() > deadlineMs) throw new Error(`not within ${withinMs} ms: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

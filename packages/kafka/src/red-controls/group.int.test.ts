import { randomUUID } from 'node:crypto'
import {
  HeaderBlock,
  type OutboundRecord,
  silentLogger,
  type Transport,
  type TransportAdmin,
  type TransportProducer,
} from '@interchange/messaging'
import type { Consumer, ConsumerConfig, EachMessagePayload, Kafka, Producer } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createKafkaTransport } from '../kafka-transport.ts'
import { stockKafkajs } from './stock-kafkajs.ts'

const blockedMsMax = 250

/**
 * Red controls against a real broker: what stock kafkajs does where our driver keeps the contract. Our side of each is in
 * `conformance/` (the case is named), or here where only kafkajs can produce the situation.
 */
describe('stock kafkajs fails in a group where the driver does not', () => {
  const brokers = (process.env['KAFKA_BROKERS'] ?? '').split(',')
  let stock: () => Kafka
  let transport: Transport
  let admin: TransportAdmin
  let producer: TransportProducer
  const open: { disconnect(): Promise<void> }[] = []

  beforeAll(async () => {
    const { client } = await stockKafkajs()
    // A client each: stock shares committed offsets within one (K28).
    stock = () => new client.Kafka({ brokers, logLevel: 0 })
    transport = createKafkaTransport({ brokers, clientId: 'red-controls' }, { logger: silentLogger })
    admin = await transport.createAdmin()
    producer = await transport.createProducer()
  }, 90_000)
  afterAll(async () => {
    await Promise.all(open.map((each) => each.disconnect()))
    await Promise.all([admin.close(), producer.close()])
  })

  const topicOf = async (partitions = 1): Promise<string> => {
    const name = `red-${randomUUID()}`
    await admin.createTopics([{ name, partitions, replicationFactor: 1, configs: {} }])
    return name
  }
  const send = (topic: string, records: Partial<OutboundRecord>[]) =>
    producer.send(
      records.map((record) => ({
        topic,
        partition: 0,
        key: null,
        value: Buffer.from('x'),
        headers: HeaderBlock.empty,
        ...record,
      })),
    )
  /** A running stock consumer, with fast heartbeats unless told. */
  const consume = async (
    topic: string,
    eachMessage: (payload: EachMessagePayload) => Promise<void>,
    config: Partial<ConsumerConfig> = {},
    autoCommit = false,
  ): Promise<Consumer> => {
    const consumer = stock().consumer({
      groupId: `red-${randomUUID()}`,
      maxWaitTimeInMs: 100,
      heartbeatInterval: 200,
      ...config,
    })
    open.push(consumer)
    await consumer.subscribe({ topic, fromBeginning: config.groupId === undefined })
    await consumer.run({ autoCommit, eachMessage })
    return consumer
  }
  const committed = async (group: string, topic: string) => (await admin.committedOffsets(group, [topic]))[0]?.offset

  test('K3: interleaved aborted transactions reach a read_committed consumer of stock, none reaches ours', async () => {
    const topic = await topicOf()
    const [left, right] = await Promise.all(['a', 'b'].map((name) => transactional(`${name}-${topic}`)))
    if (left === undefined || right === undefined) throw new Error('no producers')
    for (let round = 0; round < 5; round++) await interleave(left, right, topic)
    const end = await left.transaction()
    await end.send({ topic, messages: [{ partition: 0, value: 'end' }] })
    await end.commit()
    const seen: string[] = []
    await consume(topic, async ({ message }) => void seen.push(String(message.value)))
    await until('stock has read all', () => seen.includes('end'))
    expect(seen.filter((value) => value === 'aborted').length).toBeGreaterThan(0)

    const ours: string[] = []
    const consumer = await transport.createConsumer({
      ...quietMember(topic),
      onBatch: ({ records }) => ours.push(...records.map(({ value }) => String(value))),
    })
    await until('ours has read all', () => ours.includes('end'))
    await consumer.close(3_000)
    expect(ours).toEqual([...Array.from({ length: 5 }, () => 'committed'), 'end'])
    const read = []
    for await (const { value } of transport.read([
      { topic, partition: 0, fromOffset: 0, untilOffset: await endOf(topic) },
    ]))
      read.push(String(value))
    expect(read).toEqual(ours)
  })

  test('X51: a fetch of aborted and control records alone still moves our position to the end of the log', async () => {
    const topic = await topicOf()
    const member = await transactional(`only-aborted-${topic}`)
    await send(topic, [{}])
    let position = -1
    const counts: number[] = []
    const consumer = await transport.createConsumer({
      ...quietMember(topic),
      onBatch({ records, nextOffset }) {
        counts.push(records.length)
        position = nextOffset
      },
    })
    await until('the record', () => position === 1)
    const aborted = await member.transaction()
    await aborted.send({ topic, messages: [{ partition: 0, value: 'aborted' }] })
    await aborted.abort()
    await until('the end', async () => position === 3 && (await endOf(topic)) === 3, 5_000)
    await consumer.close(3_000)
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(1)
  })

  test('K12: a handler that throws a RangeError ends a stock consumer without a word (ours: T29)', async () => {
    const topic = await topicOf()
    await send(topic, [{ value: Buffer.from([0, 0, 1]) }, { value: Buffer.from('later') }])
    let crash: { restart: boolean } | undefined
    let deliveries = 0
    const consumer = stock().consumer({ groupId: `red-${randomUUID()}`, maxWaitTimeInMs: 100 })
    open.push(consumer)
    consumer.on(consumer.events.CRASH, ({ payload }) => {
      crash = payload
    })
    await consumer.subscribe({ topic, fromBeginning: true })
    await consumer.run({
      async eachMessage({ message }) {
        deliveries++
        message.value?.readInt32BE(1)
      },
    })
    await until('the crash', () => crash !== undefined)
    await send(topic, [{ value: Buffer.from('much later') }])
    await pause(1_000)
    expect({ restart: crash?.restart, deliveries }).toEqual({ restart: false, deliveries: 1 })
  })

  test('K16: stock commits for a partition it has lost (ours: T23)', async () => {
    const topic = await topicOf(2)
    await send(topic, [{ partition: 0 }, { partition: 1 }])
    const groupId = `red-${randomUUID()}`
    const held = new Map<Consumer, readonly number[]>()
    const join = async (): Promise<Consumer> => {
      const consumer = stock().consumer({
        groupId,
        maxWaitTimeInMs: 100,
        heartbeatInterval: 200,
        sessionTimeout: 6_000,
      })
      open.push(consumer)
      consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
        held.set(consumer, payload.memberAssignment[topic] ?? [])
      })
      await consumer.subscribe({ topic, fromBeginning: true })
      await consumer.run({ autoCommit: false, eachMessage: async () => undefined })
      return consumer
    }
    const one = await join()
    const two = await join()
    await until('both hold one', () => [one, two].every((consumer) => held.get(consumer)?.length === 1))
    const lost = held.get(two)?.[0] ?? -1
    await one.commitOffsets([{ topic, partition: lost, offset: '1' }])
    expect(await admin.committedOffsets(groupId, [topic])).toEqual([{ topic, partition: lost, offset: 1 }])
  })

  test('K19: stock replaces an offset that is not in the log, and skips what it never read (ours: T28)', async () => {
    const topic = await topicOf()
    const groupId = `red-${randomUUID()}`
    await send(topic, [{}, {}, {}])
    const setter = stock().admin()
    await setter.setOffsets({ groupId, topic, partitions: [{ partition: 0, offset: '1000' }] })
    await setter.disconnect()
    const seen: string[] = []
    await consume(topic, async ({ message }) => void seen.push(message.offset), { groupId })
    await until('another offset', async () => (await committed(groupId, topic)) !== 1_000)
    await until('a record sent after', async () => {
      await send(topic, [{}])
      return seen.length > 0
    })
    expect(Number(seen[0])).toBeGreaterThanOrEqual(3)
  })

  test('K25: stock notices a resume seconds later when everything was paused (ours: T25)', async () => {
    const topic = await topicOf()
    let seen = 0
    const consumer = await consume(topic, async () => void seen++, { maxWaitTimeInMs: 3_000 })
    consumer.pause([{ topic }])
    await send(topic, [{}])
    await pause(500)
    const resumedMs = performance.now()
    consumer.resume([{ topic }])
    await until('the record', () => seen === 1)
    expect(performance.now() - resumedMs).toBeGreaterThan(1_000)
  })

  test('K35: 3,000 headers hold up a process of stock, duplicates and order are lost (ours: T10, T11, T13)', async () => {
    const topic = await topicOf()
    const many = Array.from({ length: 3_000 }, (_, index) => ({ name: `h${index}`, value: 'v' }))
    const odd = [
      { name: 'b', value: '1' },
      { name: '1', value: '2' },
      { name: 'b', value: '3' },
    ]
    await send(topic, [{ headers: HeaderBlock.of(many) }, { headers: HeaderBlock.of(odd) }])
    const found: EachMessagePayload['message'][] = []
    const blocked = watchEventLoop()
    await consume(topic, async ({ message }) => void found.push(message))
    await until('both records', () => found.length === 2, 100_000)
    expect(blocked()).toBeGreaterThan(blockedMsMax)
    expect(Object.keys(found[1]?.headers ?? {})).toEqual(['1', 'b'])
  }, 120_000)

  const transactional = async (transactionalId: string): Promise<Producer> => {
    const found = stock().producer({ transactionalId, idempotent: true, maxInFlightRequests: 1 })
    open.push(found)
    await found.connect()
    return found
  }

  const endOf = async (topic: string): Promise<number> => (await admin.topicOffsets(topic))[0]?.latest ?? 0

  const quietMember = (topic: string) => ({
    group: `red-${randomUUID()}`,
    topics: [topic],
    isolation: 'read_committed' as const,
    sessionTimeoutMs: 6_000,
    rebalanceTimeoutMs: 5_000,
    fetchPartitionBytesMax: 1024 * 1024,
    onAssigned: () => undefined,
    onRevoked: () => undefined,
    onEnded: (error: Error) => {
      throw error
    },
  })
})

/** Two transactions of which the later begun is aborted first, and one that is committed. */
const interleave = async (left: Producer, right: Producer, topic: string): Promise<void> => {
  const aborted = { topic, messages: [{ partition: 0, value: 'aborted' }] }
  const first = await left.transaction()
  await first.send(aborted)
  const second = await right.transaction()
  await second.send(aborted)
  await first.send(aborted)
  await second.send(aborted)
  await second.abort()
  await first.send(aborted)
  await first.abort()
  const third = await left.transaction()
  await third.send({ topic, messages: [{ partition: 0, value: 'committed' }] })
  await third.commit()
}

const until = async (what: string, holds: () => boolean | Promise<boolean>, withinMs = 15_000): Promise<void> => {
  const deadlineMs = Date.now() + withinMs
  while (!(await holds())) {
    if (Date.now() > deadlineMs) throw new Error(`not within ${withinMs} ms: ${what}`)
    await pause(10)
  }
}

const pause = (delayMs: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, delayMs))

/** Answers with the longest time the event loop was held, in milliseconds. */
const watchEventLoop = (): (() => number) => {
  let longest = 0
  let last = performance.now()
  const timer = setInterval(() => {
    const now = performance.now()
    longest = Math.max(longest, now - last - 10)
    last = now
  }, 10)
  return () => {
    clearInterval(timer)
    return longest
  }
}

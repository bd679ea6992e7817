import { randomUUID } from 'node:crypto'
import { silentLogger, type Transport, type TransportAdmin } from '@interchange/messaging'
import type { Kafka, Producer } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createKafkaTransport } from '../kafka-transport.ts'
import { stockKafkajs } from './stock-kafkajs.ts'

/**
 * Red controls of transactions: why ours are written by kafkajs' requests and not by its producer. Our side of each is in
 * `conformance/src/transaction-cases.ts`, or here beside it. K3 and K4, aborted reads, are in `group` and `wire`.
 */
describe('the transactional producer of stock kafkajs', () => {
  const brokers = (process.env['KAFKA_BROKERS'] ?? '').split(',')
  let stock: () => Kafka
  let transport: Transport
  let admin: TransportAdmin
  const open: Producer[] = []

  beforeAll(async () => {
    const { client } = await stockKafkajs()
    stock = () => new client.Kafka({ brokers, logLevel: 0 })
    transport = createKafkaTransport({ brokers, clientId: 'red-controls' }, { logger: silentLogger })
    admin = await transport.createAdmin()
  }, 90_000)
  afterAll(async () => {
    await Promise.all(open.map((each) => each.disconnect()))
    await admin.close()
  })

  const topicOf = async (): Promise<string> => {
    const name = `red-${randomUUID()}`
    await admin.createTopics([{ name, partitions: 1, replicationFactor: 1, configs: {} }])
    return name
  }
  const stockProducer = async (transactionalId: string): Promise<Producer> => {
    const producer = stock().producer({
      transactionalId,
      idempotent: true,
      maxInFlightRequests: 1,
      retry: { retries: 1 },
    })
    open.push(producer)
    await producer.connect()
    return producer
  }

  test('K6: after a commit that failed it neither aborts nor begins again; ours is taken over anew', async () => {
    const topic = await topicOf()
    const id = `red-${randomUUID()}`
    const first = await stockProducer(id)
    const transaction = await first.transaction()
    await transaction.send({ topic, messages: [{ partition: 0, value: 'x' }] })
    await (await stockProducer(id)).transaction()
    await expect(transaction.commit()).rejects.toThrow()
    await expect(transaction.abort()).rejects.toThrow(/once ended|legal|state/i)
    await expect(first.transaction()).rejects.toThrow(/legal|state/i)

    const transactions = await transport.createTransactions?.()
    const heir = await transactions?.takeOver(id)
    heir?.begin()
    await heir?.abort()
    heir?.begin()
    await transactions?.close()
  })

  test('K5: it commits the offset of a partition that a member holds, without being one (ours: TX08, TX11)', async () => {
    const topic = await topicOf()
    const group = `red-${randomUUID()}`
    const held = Promise.withResolvers<void>()
    const member = await transport.createConsumer({
      group,
      topics: [topic],
      isolation: 'read_committed',
      sessionTimeoutMs: 6_000,
      rebalanceTimeoutMs: 5_000,
      fetchPartitionBytesMax: 1024 * 1024,
      onBatch: () => undefined,
      onAssigned: () => held.resolve(),
      onRevoked: () => undefined,
      onEnded: held.reject,
    })
    await held.promise
    const stranger = await stockProducer(`red-${randomUUID()}`)
    const transaction = await stranger.transaction()
    await transaction.sendOffsets({
      consumerGroupId: group,
      topics: [{ topic, partitions: [{ partition: 0, offset: '41' }] }],
    })
    await transaction.commit()
    await expect.poll(() => admin.committedOffsets(group, [topic]), { timeout: 15_000 }).toMatchObject([{ offset: 41 }])
    await member.close(3_000)
  })
})

import { beforeAll, describe, expect, test } from 'vitest'
import { patchedKafkajs, prepareKafkajs } from '../kafkajs/kafkajs-client.ts'
import { type Kafkajs, ourKafkajs, stockKafkajs } from './stock-kafkajs.ts'

/**
 * Red controls below the level of a group: the same code is driven in the stock package, which must fail as we say, and
 * in the patched one, which must not. Where several brokers are needed (K1, K2) the cluster is a script.
 */
describe('stock kafkajs fails on the wire where the patched one does not', () => {
  const brokers = (process.env['KAFKA_BROKERS'] ?? '').split(',')
  const ours = ourKafkajs()
  let stock: Kafkajs
  beforeAll(async () => {
    prepareKafkajs()
    stock = await stockKafkajs()
  }, 90_000)

  test('the driver refuses to start on the stock package', () => {
    expect(() => patchedKafkajs(stock.client)).toThrowError(
      expect.objectContaining({ code: 'ICX_KAFKA_PATCH_MISSING' }),
    )
    expect(patchedKafkajs(ours.client).patch).toBe(1)
  })

  test('K1: a partition that moves to a broker which has answered already is never sent by stock', async () => {
    const run = async (kafkajs: Kafkajs) => {
      const cluster = scriptedCluster(kafkajs)
      const answers = await cluster.send([
        { partition: 0, key: 'a', value: 'a' },
        { partition: 1, key: 'b', value: 'b' },
      ])
      return {
        answered: answers.map(({ partition }) => partition).toSorted(),
        written: [...new Set(cluster.written)].toSorted(),
      }
    }
    expect(await run(stock)).toEqual({ answered: [0], written: [0] })
    expect(await run(ours)).toEqual({ answered: [0, 1], written: [0, 1] })
  })

  test('K2: a record without key or partition moves at every attempt; with a partition it stays', async () => {
    const attempts = async (kafkajs: Kafkajs, message: object) => {
      const cluster = scriptedCluster(kafkajs, { failures: 2 })
      await cluster.send([message])
      return new Set(cluster.asked)
    }
    expect((await attempts(stock, { value: 'x' })).size).toBeGreaterThan(1)
    expect(await attempts(ours, { value: 'x', partition: 1 })).toEqual(new Set([1]))
  })

  test('K4: a data record with the key int32 0 ends an aborted transaction for stock, and its next record leaks', () => {
    const messages = [1, 2].map((offset) => ({
      offset: String(offset),
      key: Buffer.alloc(4),
      isControlRecord: false,
      batchContext: { producerId: '7', inTransaction: true },
    }))
    const filter = (kafkajs: Kafkajs): unknown[] =>
      kafkajs.internal('consumer/filterAbortedMessages.js')({
        messages,
        abortedTransactions: [{ producerId: '7', firstOffset: '1' }],
      })
    expect(filter(stock)).not.toEqual([])
    expect(filter(ours)).toEqual([])
  })

  test('K16: records fetched before a rejoin are delivered after it by stock, over what is not committed', async () => {
    const fetchOverRejoin = async (kafkajs: Kafkajs): Promise<number> => {
      const ConsumerGroup = kafkajs.internal('consumer/consumerGroup.js')
      const before = positions()
      const group = new ConsumerGroup({ logger: { namespace: () => ({}) }, assigners: [], cluster: {} })
      const message = { offset: '500', batchContext: {}, isControlRecord: false }
      group.cluster = {
        refreshMetadataIfNecessary: async () => undefined,
        findTopicPartitionMetadata: () => [{ partitionId: 0, leader: 1 }],
        findBroker: async () => ({
          async fetch() {
            group.offsetManager = positions()
            return {
              responses: [
                { topicName: 't', partitions: [{ partition: 0, highWatermark: '501', messages: [message] }] },
              ],
            }
          },
        }),
      }
      group.offsetManager = before
      group.subscriptionState.assign([{ topic: 't', partitions: [0] }])
      return (await group.fetch('1')).length
    }
    expect(await fetchOverRejoin(stock)).toBe(1)
    expect(await fetchOverRejoin(ours)).toBe(0)
  })

  test('K22: a flipped bit in a batch is read by stock as if nothing were', async () => {
    const bytes = await encodedBatch(ours)
    const flipped = bytes.length - 3
    bytes.writeUInt8(bytes.readUInt8(flipped) ^ 1, flipped)
    const read = (kafkajs: Kafkajs): Promise<unknown> => {
      const Decoder = kafkajs.internal('protocol/decoder.js')
      return kafkajs.internal('protocol/recordBatch/v0/decoder.js')(new Decoder(bytes))
    }
    await expect(read(stock)).resolves.toMatchObject({ records: [{ key: Buffer.from('key') }] })
    await expect(read(ours)).rejects.toMatchObject({ type: 'CORRUPT_MESSAGE' })
  })

  test('the native checksum is the one kafkajs computes', () => {
    const bytes = Buffer.from(Array.from({ length: 10_000 }, (_, index) => (index * 31) & 0xff))
    const checksum = (kafkajs: Kafkajs): number => kafkajs.internal('protocol/recordBatch/crc32C/index.js')(bytes)
    expect(checksum(ours)).toBe(checksum(stock))
  })

  test('K32: an idle connection of stock re-arms a timer for ever', async () => {
    const timers = async (kafkajs: Kafkajs): Promise<number> => {
      const admin = new kafkajs.client.Kafka({ brokers, logLevel: 0 }).admin()
      await admin.connect()
      await admin.describeCluster()
      const counted = await countTimers(500)
      await admin.disconnect()
      return counted
    }
    expect(await timers(stock)).toBeGreaterThan(100)
    expect(await timers(ours)).toBeLessThan(20)
  })

  test('grouping is quadratic in stock: 10,000 records of one partition', () => {
    const messages = Array.from({ length: 10_000 }, () => ({ partition: 0 }))
    const took = (kafkajs: Kafkajs): number => {
      const group = kafkajs.internal('producer/groupMessagesPerPartition.js')
      // Processor time of this thread: what else the machine does must not count.
      const before = process.threadCpuUsage()
      const groups = group({ topic: 't', partitionMetadata: [{}], messages, partitioner: () => 0 })
      const { user, system } = process.threadCpuUsage(before)
      expect(groups[0]).toHaveLength(messages.length)
      return user + system
    }
    expect(took(stock)).toBeGreaterThan(took(ours) * 10)
  })
})

/**
 * A cluster of two brokers around kafkajs' own `sendMessages`: broker 1 leads partition 0; broker 2 leads partition 1 and
 * answers that it does not any more, `failures` times, after which broker 1 leads both (K1 needs one such move).
 */
const scriptedCluster = (kafkajs: Kafkajs, { failures = 1 } = {}) => {
  const written: number[] = []
  const asked: number[] = []
  let left = failures
  const moved = (): boolean => left <= 0
  const notLeader = () =>
    Object.assign(new kafkajs.client.KafkaJSError('not the leader'), {
      name: 'KafkaJSProtocolError',
      type: 'NOT_LEADER_FOR_PARTITION',
      retriable: true,
    })
  const broker = (nodeId: number) => ({
    nodeId,
    async produce({ topicData }: { topicData: { partitions: { partition: number }[] }[] }) {
      const partitions = topicData.flatMap((topic) => topic.partitions.map(({ partition }) => partition))
      asked.push(...partitions)
      if (failures > 1 && left-- > 0) throw notLeader()
      if (nodeId === 2) {
        await new Promise((resolve) => setTimeout(resolve, 20))
        left = 0
        throw notLeader()
      }
      written.push(...partitions)
      return {
        topics: [
          { topicName: 't', partitions: partitions.map((partition) => ({ partition, errorCode: 0, baseOffset: '0' })) },
        ],
      }
    },
  })
  const brokers: Record<string, ReturnType<typeof broker>> = { 1: broker(1), 2: broker(2) }
  const leaderOf = (partition: number): number => (failures === 1 && partition === 1 && !moved() ? 2 : 1)
  const cluster = {
    addMultipleTargetTopics: async () => undefined,
    refreshMetadataIfNecessary: async () => undefined,
    refreshMetadata: async () => undefined,
    isConnected: () => true,
    findTopicPartitionMetadata: () => [0, 1, 2].map((partitionId) => ({ partitionId, leader: leaderOf(partitionId) })),
    findLeaderForPartitions(_topic: string, partitions: string[]) {
      return Object.groupBy(partitions.map(Number), leaderOf)
    },
    findBroker: async ({ nodeId }: { nodeId: string }) => brokers[nodeId],
  }
  const quiet = { debug: () => undefined, error: () => undefined }
  const sendMessages = kafkajs.internal('producer/sendMessages.js')({
    logger: quiet,
    cluster,
    partitioner: kafkajs.client.Partitioners.DefaultPartitioner(),
    retrier: kafkajs.internal('retry/index.js')({ retries: 3, initialRetryTime: 5 }),
    eosManager: {
      acquireBrokerLock: async () => undefined,
      releaseBrokerLock: async () => undefined,
      isTransactional: () => false,
      getSequence: () => 0,
      updateSequence: () => undefined,
      getProducerId: () => -1,
      getProducerEpoch: () => 0,
    },
  })
  return {
    written,
    asked,
    send: (messages: object[]): Promise<{ partition: number }[]> =>
      sendMessages({ acks: -1, timeout: 1_000, topicMessages: [{ topic: 't', messages }] }),
  }
}

/** What `ConsumerGroup.fetch` asks an offset manager. */
const positions = () => ({
  resolveOffsets: async () => undefined,
  committedOffsets: () => ({ t: { 0: '500' } }),
  nextOffset: () => '500',
})

/** A record batch with one record of key `key`, as a broker would answer with it. */
const encodedBatch = async (kafkajs: Kafkajs): Promise<Buffer> => {
  const record = kafkajs.internal('protocol/recordBatch/record/v0/index.js')({
    key: Buffer.from('key'),
    value: Buffer.from('value'),
    rawHeaders: Buffer.from([0]),
  })
  const { RecordBatch } = kafkajs.internal('protocol/recordBatch/v0/index.js')
  return Buffer.from((await RecordBatch({ records: [record] })).buffer)
}

/** How many timers are set within `forMs`, those of this function apart. */
const countTimers = async (forMs: number): Promise<number> => {
  const original = globalThis.setTimeout
  let count = 0
  globalThis.setTimeout = Object.assign((...given: Parameters<typeof setTimeout>) => {
    count++
    return original(...given)
  }, original) as typeof setTimeout
  await new Promise((resolve) => original(resolve, forMs))
  globalThis.setTimeout = original
  return count
}

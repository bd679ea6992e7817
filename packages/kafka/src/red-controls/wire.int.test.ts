import { HeaderBlock } from '@interchange/messaging'
import { crc32c } from '@node-rs/crc32'
import { beforeAll, describe, expect, test } from 'vitest'
import { patchedKafkajs } from '../kafkajs/kafkajs-client.ts'
import { decodeBatches } from '../records/decode-batches.ts'
import { encodeBatch } from '../records/encode-batch.ts'
import { type Kafkajs, ourKafkajs, stockKafkajs } from './stock-kafkajs.ts'

/**
 * Red controls below the level of a group: the stock package must fail as we say, and the patched one, or what we do in its
 * place, must not. Where several brokers are needed (K1, K2) the cluster is a script.
 */
describe('stock kafkajs fails on the wire where the patched one does not', () => {
  const brokers = (process.env['KAFKA_BROKERS'] ?? '').split(',')
  const ours = ourKafkajs()
  let stock: Kafkajs
  beforeAll(async () => {
    stock = await stockKafkajs()
  }, 90_000)

  test('the driver refuses to start on the stock package', () => {
    expect(() => patchedKafkajs(stock.client)).toThrowError(
      expect.objectContaining({ code: 'ICX_KAFKA_PATCH_MISSING' }),
    )
    expect(patchedKafkajs(ours.client).patch).toBe(3)
  })

  test('K1: a partition that moves to a broker which has answered already is never sent by stock', async () => {
    const cluster = scriptedCluster(stock)
    const answers = await cluster.send([
      { partition: 0, key: 'a', value: 'a' },
      { partition: 1, key: 'b', value: 'b' },
    ])
    // Ours is `produce.ts`, which believes no answer about a partition but its own.
    expect(answers.map(({ partition }) => partition)).toEqual([0])
    expect([...new Set(cluster.written)]).toEqual([0])
  })

  test('K2: a record without key or partition moves at every attempt; with a partition, as ours has, it stays', async () => {
    const attempts = async (message: object) => {
      const cluster = scriptedCluster(stock, { failures: 2 })
      await cluster.send([message])
      return new Set(cluster.asked)
    }
    expect((await attempts({ value: 'x' })).size).toBeGreaterThan(1)
    expect(await attempts({ value: 'x', partition: 1 })).toEqual(new Set([1]))
  })

  test('K4: a data record with the key int32 0 ends an aborted transaction for stock, and its next record leaks', async () => {
    const messages = [1, 2].map((offset) => ({
      offset: String(offset),
      key: Buffer.alloc(4),
      isControlRecord: false,
      batchContext: { producerId: '7', inTransaction: true },
    }))
    const abortedTransactions = [{ producerId: '7', firstOffset: '1' }]
    const leaked = stock.internal('consumer/filterAbortedMessages.js')({ messages, abortedTransactions })
    expect(leaked).not.toEqual([])
    const owner = { transactionalId: 't', producerId: 7n, epoch: 0, firstSequence: 0 }
    const position = { topic: 't', partition: 0, offset: 0 }
    const read = await decodeBatches(position, batchOf(2, owner), [{ producerId: 7n, firstOffset: 0n }])
    expect(read).toEqual({ records: [], nextOffset: 2 })
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
    const bytes = batchOf(1)
    const flipped = bytes.length - 3
    bytes.writeUInt8(bytes.readUInt8(flipped) ^ 1, flipped)
    const Decoder = stock.internal('protocol/decoder.js')
    const read = stock.internal('protocol/recordBatch/v0/decoder.js')(new Decoder(bytes))
    await expect(read).resolves.toMatchObject({ records: [{ key: Buffer.alloc(4) }] })
    const ours = decodeBatches({ topic: 't', partition: 0, offset: 0 }, bytes, [])
    await expect(ours).rejects.toMatchObject({ type: 'CORRUPT_MESSAGE' })
  })

  test('the checksum of our batches is the one stock computes', () => {
    const bytes = Buffer.from(Array.from({ length: 10_000 }, (_, index) => (index * 31) & 0xff))
    expect(crc32c(bytes)).toBe(stock.internal('protocol/recordBatch/crc32C/index.js')(bytes) >>> 0)
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

/** A batch of records of the key int32 0, as a broker would answer with it. */
const batchOf = (count: number, owner?: Parameters<typeof encodeBatch>[2]): Buffer => {
  const record = {
    topic: 't',
    partition: 0,
    key: Buffer.alloc(4),
    value: Buffer.from('value'),
    headers: HeaderBlock.empty,
  }
  return encodeBatch(
    Array.from({ length: count }, () => record),
    0,
    owner,
  )
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

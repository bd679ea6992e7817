import type { Transactions } from '@interchange/messaging'
import {
  type API,
  addOffsetsToTxnV3,
  addPartitionsToTxnV3,
  endTxnV3,
  initProducerIdV4,
  txnOffsetCommitV3,
} from '@platformatic/kafka'
import type { KafkaConfig } from '../kafka-config.ts'
import { kafkaError, rootOf } from '../kafka-error.ts'
import { createProduce } from '../produce.ts'
import { createTransactions } from '../transactions/create-transactions.ts'
import type { TransactionOwner, TransactionWire } from '../transactions/transaction-wire.ts'
import { type Cluster, createCluster } from './cluster.ts'
import { platformaticProduceWire } from './platformatic-produce-wire.ts'

/** Transactions by @platformatic/kafka's requests; offsets go with the member's generation (KIP-447). */
export const createPlatformaticTransactions = async (config: KafkaConfig): Promise<Transactions> => {
  const cluster = createCluster(config)
  try {
    await cluster.metadata([])
  } catch (error) {
    cluster.destroy()
    throw kafkaError(error, 'connecting for transactions')
  }
  return createTransactions(platformaticWire(cluster, config), config)
}

const platformaticWire = (cluster: Cluster, config: KafkaConfig): TransactionWire => {
  const produce = createProduce(platformaticProduceWire(cluster), config)
  const coordinators = new Map<string, number>()

  /** Asks the coordinator as last heard; after a failure it is looked for again. */
  const ask = async <Given extends unknown[], Answer>(
    kind: 'group' | 'transaction',
    name: string,
    api: API<Given, Answer>,
    ...given: Given
  ): Promise<Answer> => {
    const key = `${kind} ${name}`
    try {
      const coordinator = coordinators.get(key) ?? (await cluster.coordinatorOf(name, kind))
      coordinators.set(key, coordinator)
      return await cluster.askNode(coordinator, api, ...given)
    } catch (error) {
      if (rootOf(error).type !== 'CONCURRENT_TRANSACTIONS') coordinators.delete(key)
      throw error
    }
  }

  return {
    async initProducer(transactionalId, transactionTimeoutMs) {
      const { producerId, producerEpoch } = await ask(
        'transaction',
        transactionalId,
        initProducerIdV4.api,
        transactionalId,
        transactionTimeoutMs,
        noProducer.id,
        noProducer.epoch,
      )
      return { transactionalId, producerId, epoch: producerEpoch }
    },
    async addPartitions({ transactionalId, producerId, epoch }, partitions) {
      const topics = [...Map.groupBy(partitions, ({ topic }) => topic)].map(([name, each]) => ({
        name,
        partitions: each.map(({ partition }) => partition),
      }))
      const transaction = { transactionalId, producerId, producerEpoch: epoch, verifyOnly: false, topics }
      await ask('transaction', transactionalId, addPartitionsToTxnV3.api, [transaction])
    },
    produce: (owner, { topic, partition, firstSequence, records }) =>
      produce(topic, partition, records, { ...owner, firstSequence }),
    async addGroup({ transactionalId, producerId, epoch }, group) {
      await ask('transaction', transactionalId, addOffsetsToTxnV3.api, transactionalId, producerId, epoch, group)
    },
    async commitOffsets({ transactionalId, producerId, epoch }, { group, offsets, membership }) {
      const topics = [...Map.groupBy(offsets, ({ topic }) => topic)].map(([name, each]) => ({
        name,
        partitions: each.map(({ partition, offset }) => ({
          partitionIndex: partition,
          committedOffset: BigInt(offset),
          committedLeaderEpoch: -1,
        })),
      }))
      const { memberId, generation } = membership ?? noMembership
      await ask(
        'group',
        group,
        txnOffsetCommitV3.api,
        transactionalId,
        group,
        producerId,
        epoch,
        generation,
        memberId,
        null,
        topics,
      )
    },
    async end({ transactionalId, producerId, epoch }: TransactionOwner, committed) {
      await ask('transaction', transactionalId, endTxnV3.api, transactionalId, producerId, epoch, committed)
    },
    destroy: cluster.destroy,
  }
}

const noProducer = { id: -1n, epoch: -1 } as const

/** How the protocol says that nobody's generation is to be checked. */
const noMembership = { memberId: '', generation: -1 } as const

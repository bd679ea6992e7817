import type { Logger, Transactions } from '@interchange/messaging'
import type { Broker, Cluster } from 'kafkajs'
import type { KafkaConfig } from '../kafka-config.ts'
import { kafkaError, rootOf } from '../kafka-error.ts'
import { createProduce } from '../produce.ts'
import { createTransactions } from '../transactions/create-transactions.ts'
import type { TransactionOwner, TransactionWire } from '../transactions/transaction-wire.ts'
import { clusterOf, createKafkajsClient } from './kafkajs-client.ts'
import type { TransactionBroker } from './kafkajs-internals.ts'
import { kafkajsProduceWire } from './kafkajs-produce-wire.ts'

const groupCoordinator = 0
const transactionCoordinator = 1

/**
 * Transactions by kafkajs' requests, below its producer: that one cannot go on after a failed commit (K6), repeats nothing of
 * what may pass (K7), locks per broker (K10) and notes offsets as committed before they are (K28). Its requests know no
 * generation (K5), so that a former owner is fenced by the transactional id alone.
 */
export const createKafkajsTransactions = async (config: KafkaConfig, logger: Logger): Promise<Transactions> => {
  const client = createKafkajsClient(config, logger, 1)
  const cluster = clusterOf(client.kafka)
  try {
    await cluster.connect()
  } catch (error) {
    client.destroySockets()
    throw kafkaError(error, 'connecting for transactions')
  }
  return createTransactions(kafkajsWire(cluster, config, client.destroySockets), config)
}

const kafkajsWire = (cluster: Cluster, config: KafkaConfig, destroy: () => void): TransactionWire => {
  const produce = createProduce(kafkajsProduceWire(cluster), config)
  const coordinators = new Map<string, Promise<TransactionBroker>>()

  /** Asks the coordinator as last heard; after a failure it is looked for again. */
  const ask = async <Answer>(
    kind: number,
    name: string,
    run: (coordinator: TransactionBroker) => Promise<Answer>,
  ): Promise<Answer> => {
    const key = `${kind} ${name}`
    let coordinator = coordinators.get(key)
    if (coordinator === undefined) {
      coordinator = findCoordinator(cluster, kind, name)
      coordinators.set(key, coordinator)
    }
    try {
      return await run(await coordinator)
    } catch (error) {
      if (rootOf(error).type !== 'CONCURRENT_TRANSACTIONS') coordinators.delete(key)
      throw error
    }
  }
  const askOwners = <Answer>(
    { transactionalId }: TransactionOwner,
    run: (coordinator: TransactionBroker) => Promise<Answer>,
  ): Promise<Answer> => ask(transactionCoordinator, transactionalId, run)

  return {
    initProducer: (transactionalId, transactionTimeout) =>
      ask(transactionCoordinator, transactionalId, async (coordinator) => {
        const { producerId, producerEpoch } = await coordinator.initProducerId({ transactionalId, transactionTimeout })
        return { transactionalId, producerId: BigInt(producerId), epoch: producerEpoch }
      }),
    async addPartitions(owner, partitions) {
      const topics = [...Map.groupBy(partitions, ({ topic }) => topic)].map(([topic, each]) => ({
        topic,
        partitions: each.map(({ partition }) => partition),
      }))
      await askOwners(owner, (coordinator) => coordinator.addPartitionsToTxn({ ...identity(owner), topics }))
    },
    produce: (owner, { topic, partition, firstSequence, records }) =>
      produce(topic, partition, records, { ...owner, firstSequence }),
    async addGroup(owner, groupId) {
      await askOwners(owner, (coordinator) => coordinator.addOffsetsToTxn({ ...identity(owner), groupId }))
    },
    async commitOffsets(owner, { group, offsets }) {
      const topics = [...Map.groupBy(offsets, ({ topic }) => topic)].map(([topic, each]) => ({
        topic,
        partitions: each.map(({ partition, offset }) => ({ partition, offset: String(offset) })),
      }))
      await ask(groupCoordinator, group, (coordinator) =>
        coordinator.txnOffsetCommit({ ...identity(owner), groupId: group, topics }),
      )
    },
    async end(owner, transactionResult) {
      await askOwners(owner, (coordinator) => coordinator.endTxn({ ...identity(owner), transactionResult }))
    },
    destroy,
  }
}

const identity = ({ transactionalId, producerId, epoch }: TransactionOwner) => ({
  transactionalId,
  producerId: String(producerId),
  producerEpoch: epoch,
})

const findCoordinator = async (cluster: Cluster, coordinatorType: number, name: string): Promise<TransactionBroker> => {
  if (!cluster.isConnected()) await cluster.connect()
  // Its types know coordinators of groups only.
  const sought: { groupId: string; coordinatorType: number } = { groupId: name, coordinatorType }
  return asTransactionBroker(await cluster.findGroupCoordinator(sought))
}

/** The requests of which kafkajs' types say nothing. */
const asTransactionBroker = (broker: Broker): TransactionBroker => broker as unknown as TransactionBroker

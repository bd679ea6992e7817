import { setTimeout as sleep } from 'node:timers/promises'
import type { ConsumerOptions, Logger, TopicPartition } from '@interchange/messaging'
import kafkajs, { type Assigner, type Cluster, type EachBatchPayload, type PartitionAssigner } from 'kafkajs'
import { fetchWaitMs } from '../fetch-wait.ts'
import { type GroupSession, type GroupSessionHooks, isWithheld } from '../group-session.ts'
import { type KafkaConfig, metadataMaxAgeMs } from '../kafka-config.ts'
import { sharePartitions } from '../share-partitions.ts'
import { commitOffsets } from './commit-offsets.ts'
import { createKafkajsClient } from './kafkajs-client.ts'
import type { FetchedBatch, KafkajsGroup } from './kafkajs-internals.ts'
import { outliveCoordinators } from './outlive-coordinators.ts'
import { outliveLeaders } from './outlive-leaders.ts'
import { readFetched } from './read-fetched.ts'
import { tellRefusals } from './tell-refusals.ts'

const fetchBytesMax = 10 * 1024 * 1024
const retriesWithinSession = 3

/** A group member over kafkajs' eager protocol. */
export const createKafkajsSession = (
  config: KafkaConfig,
  logger: Logger,
  options: ConsumerOptions,
  hooks: GroupSessionHooks,
  formerId?: string,
): GroupSession => {
  const client = createKafkajsClient(config, logger, retriesWithinSession)
  let group: KafkajsGroup | undefined
  let running = false
  let started = false
  let closed = false
  let crash: { error: unknown } | undefined

  const beforeJoin = async (joining: KafkajsGroup): Promise<void> => {
    if (group === undefined) {
      group = joining
      watchFetches(joining)
      outliveLeaders(joining)
      outliveCoordinators(joining, () => closed || crash !== undefined)
      group.memberId = formerId ?? null
      return
    }
    const stop = keepAlive(group, options.sessionTimeoutMs)
    try {
      await hooks.beforeRejoin()
    } finally {
      stop()
    }
  }

  /** Says how long each may wait, and tells what is withheld: kafkajs keeps it to itself when a fetch brings nothing. */
  const watchFetches = (of: KafkajsGroup): void => {
    const fetch = of.fetch.bind(of)
    of.fetch = async (nodeId) => {
      of.maxWaitTime = fetchWaitMs(of.subscriptionState.paused().length > 0)
      const batches = await fetch(nodeId)
      for (const { topic, partition, fetchedOffset, bytes, highWatermark, offsetManager } of batches) {
        const [offset, end] = [Number(fetchedOffset), Number(highWatermark)]
        if (bytes.length > 0 || closed || offsetManager !== of.offsetManager) continue
        if (!isWithheld({ topic, partition, offset }, end, options.isolation)) continue
        hooks.takeBatch({ topic, partition, records: [], nextOffset: offset, highWatermark: end })
      }
      return batches
    }
  }

  const assigner: PartitionAssigner = (facts) => {
    tellRefusals(facts.cluster)
    return Object.assign(roundRobin(facts), { beforeJoin, assign: assignBy(facts.cluster) })
  }
  const consumer = client.kafka.consumer({
    groupId: options.group,
    partitionAssigners: [assigner],
    sessionTimeout: options.sessionTimeoutMs,
    rebalanceTimeout: options.rebalanceTimeoutMs,
    heartbeatInterval: Math.min(3_000, Math.max(200, Math.floor(options.sessionTimeoutMs / 10))),
    maxBytesPerPartition: options.fetchPartitionBytesMax,
    maxBytes: fetchBytesMax,
    maxWaitTimeInMs: fetchWaitMs(false),
    metadataMaxAge: metadataMaxAgeMs(config),
    readUncommitted: options.isolation === 'read_uncommitted',
    allowAutoTopicCreation: false,
    retry: { retries: retriesWithinSession, restartOnFailure: async () => false },
  })

  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
    // Seeks and pauses belong to the assignment they were asked for (trap K26).
    group?.seekOffset.clear()
    consumer.resume(options.topics.map((topic) => ({ topic })))
    const partitions = Object.entries(payload.memberAssignment).flatMap(([topic, assigned]) =>
      assigned.map((partition) => ({ topic, partition })),
    )
    if (!closed) hooks.joined(partitions)
  })
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    crash = { error: payload.error }
    running = false
    client.destroySockets()
    if (started && !closed) hooks.crashed(payload.error)
  })

  /** What is thrown in here must be kafkajs' own: with any other error it would stop for good and say nothing (trap K12). */
  const eachBatch = async ({ batch, resolveOffset, isStale }: EachBatchPayload): Promise<void> => {
    const { topic, partition, fetchedOffset, ...fetched } = batch as unknown as FetchedBatch
    const assigned = group?.offsetManager
    try {
      const read = await readFetched({ topic, partition, offset: Number(fetchedOffset) }, fetched)
      // It may have been unpacked on another thread, and the assignment may have ended meanwhile (trap K16).
      if (read === undefined || closed || isStale() || group?.offsetManager !== assigned) return
      if (hooks.takeBatch(read)) resolveOffset(String(read.nextOffset - 1))
    } catch (error) {
      throw Object.assign(new kafkajs.KafkaJSNonRetriableError(`${topic}/${partition} cannot be read`), {
        cause: error,
      })
    }
  }

  return {
    async start() {
      await consumer.connect()
      await consumer.subscribe({ topics: [...options.topics], fromBeginning: true })
      running = true
      await consumer.run({
        autoCommit: false,
        eachBatchAutoResolve: false,
        partitionsConsumedConcurrently: 1,
        eachBatch,
      })
      if (crash !== undefined) throw crash.error
      started = true
    },
    async commit(offsets) {
      const manager = group?.offsetManager
      return running && group !== undefined && manager ? commitOffsets({ manager, group }, offsets) : false
    },
    memberId: () => (group === undefined ? formerId : (group.memberId ?? undefined)),
    pause: (partitions) => running && consumer.pause(partitions.map(toTopicPartitions)),
    resume: (partitions) => running && consumer.resume(partitions.map(toTopicPartitions)),
    seek: ({ topic, partition }, offset) => running && consumer.seek({ topic, partition, offset: String(offset) }),
    async close(deadlineMs) {
      closed = true
      await Promise.race([
        consumer
          .disconnect()
          .catch((error: unknown) => logger.debug({ cause: String(error) }, 'kafkajs did not disconnect')),
        sleep(deadlineMs, undefined, { ref: false }),
      ])
      running = false
      client.destroySockets()
    },
  }
}

const { roundRobin } = kafkajs.PartitionAssigners
const { MemberAssignment, MemberMetadata } = kafkajs.AssignerProtocol

const toTopicPartitions = ({ topic, partition }: TopicPartition): { topic: string; partitions: number[] } => ({
  topic,
  partitions: [partition],
})

/** kafkajs' own deals out the leader's topics to every member, whether it asked for them or not. */
const assignBy =
  (cluster: Cluster): Assigner['assign'] =>
  async ({ members }) => {
    const subscribers = members.map(({ memberId, memberMetadata }) => ({
      memberId,
      topics: MemberMetadata.decode(memberMetadata)?.topics ?? [],
    }))
    const topics = [...new Set(subscribers.flatMap((each) => each.topics))]
    await cluster.addMultipleTargetTopics(topics)
    await cluster.refreshMetadataIfNecessary()
    const partitionsOf = new Map(
      topics.map((topic) => [topic, cluster.findTopicPartitionMetadata(topic).map(({ partitionId }) => partitionId)]),
    )
    return [...sharePartitions(subscribers, partitionsOf)].map(([memberId, assignment]) => ({
      memberId,
      memberAssignment: MemberAssignment.encode({ version: 0, assignment, userData: Buffer.alloc(0) }),
    }))
  }

/** kafkajs sends no heartbeat between noticing a rebalance and joining again; the owner may need that time to settle. */
const keepAlive = (group: KafkajsGroup, sessionTimeoutMs: number): (() => void) => {
  const timer = setInterval(() => {
    const { coordinator, groupId, memberId, generationId } = group
    if (coordinator === null || memberId === null || generationId === null) return
    // It is answered with "rebalance in progress", which is why we are here; the broker counts it as alive.
    coordinator.heartbeat({ groupId, memberId, groupGenerationId: generationId }).catch(() => undefined)
  }, sessionTimeoutMs / 3)
  return () => clearInterval(timer)
}

import { setTimeout as sleep } from 'node:timers/promises'
import { retentionConfigNames, type TopicSpec, type TransportAdmin, topicRetentionMs } from '@interchange/messaging'
import {
  type API,
  ConfigResourceTypes,
  createTopicsV5,
  decodeConsumerProtocolAssignment,
  describeConfigsV4,
  describeGroupsV5,
  listGroupsV4,
  listOffsetsV6,
  offsetFetchV8,
} from '@platformatic/kafka'
import { type KafkaConfig, requestTimeoutMs } from '../kafka-config.ts'
import { kafkaError, rootOf } from '../kafka-error.ts'
import { waitForTopics } from '../wait-for-topics.ts'
import { type Cluster, createCluster } from './cluster.ts'
import { listOffsetsTime } from './platformatic-session.ts'

const attemptsMax = 5

/** Reads what the cluster knows and creates missing topics. Repeats what may pass; rejects with `ICX_KAFKA_*`. */
export const createPlatformaticAdmin = async (config: KafkaConfig): Promise<TransportAdmin> => {
  const cluster = createCluster(config)
  try {
    await cluster.metadata([])
  } catch (error) {
    cluster.destroy()
    throw kafkaError(error, 'connecting the admin client')
  }

  const partitionCounts = async (topics?: readonly string[]): Promise<ReadonlyMap<string, number>> => {
    const found = await attempt('reading topics', () => cluster.metadata(null))
    const wanted = topics === undefined ? undefined : new Set(topics)
    return new Map(
      found.topics.flatMap(({ name, partitions }) =>
        typeof name === 'string' && (wanted === undefined || wanted.has(name)) ? [[name, partitions.length]] : [],
      ),
    )
  }

  /** Answers with what was created; a topic that somebody else created in between is not in it. */
  const create = async ({ name, partitions, replicationFactor, configs }: TopicSpec): Promise<readonly string[]> => {
    const topic = {
      name,
      numPartitions: partitions,
      replicationFactor,
      assignments: [],
      configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
    }
    try {
      await attempt('creating topics', () =>
        onController(cluster, createTopicsV5.api, [topic], requestTimeoutMs(config), false),
      )
      return [name]
    } catch (error) {
      if (rootOf(error).type === 'TOPIC_ALREADY_EXISTS') return []
      throw kafkaError(error, 'creating topics', { topic: name })
    }
  }

  const offsetsAt = (topic: string, timestamp: bigint) =>
    attempt(`offsets of ${topic}`, () => offsetsOf(cluster, topic, timestamp))

  return {
    partitionCounts,
    async createTopics(topics) {
      const existing = await partitionCounts(topics.map(({ name }) => name))
      const missing = topics.filter(({ name }) => !existing.has(name))
      const created: string[] = []
      for (const topic of missing) created.push(...(await create(topic)))
      if (missing.length > 0)
        await waitForTopics(
          missing.map(({ name }) => name),
          partitionCounts,
        )
      return created
    },
    async retentionsMs(topics) {
      const existing = [...(await partitionCounts(topics)).keys()]
      if (existing.length === 0) return new Map()
      const resources = existing.map((resourceName) => ({
        resourceType: ConfigResourceTypes.TOPIC,
        resourceName,
        configurationKeys: [...retentionConfigNames],
      }))
      const { results } = await attempt('reading retentions', () =>
        cluster.ask(describeConfigsV4.api, resources, false, false),
      )
      return new Map(
        results.map(({ resourceName, configs }) => [
          resourceName,
          topicRetentionMs((wanted) => configs.find(({ name }) => name === wanted)?.value),
        ]),
      )
    },
    async topicOffsets(topic) {
      const [earliest, latest] = await Promise.all([
        offsetsAt(topic, listOffsetsTime.earliest),
        offsetsAt(topic, listOffsetsTime.latest),
      ])
      return earliest.map(({ partition, offset }, index) => ({
        partition,
        earliest: offset,
        latest: latest[index]?.offset ?? offset,
      }))
    },
    offsetsAt: (topic, timestampMs) => offsetsAt(topic, BigInt(timestampMs)),
    async committedOffsets(group, topics) {
      const existing = [...(await partitionCounts(topics))]
      if (existing.length === 0) return []
      const asked = existing.map(([name, count]) => ({
        name,
        partitionIndexes: Array.from({ length: count }, (_, index) => index),
      }))
      const { groups } = await attempt(`offsets of ${group}`, () =>
        onCoordinator(cluster, group, offsetFetchV8.api, [{ groupId: group, memberEpoch: -1, topics: asked }], false),
      )
      return groups.flatMap((found) =>
        found.topics.flatMap(({ name, partitions }) =>
          partitions
            .map(({ partitionIndex, committedOffset }) => ({
              topic: name,
              partition: partitionIndex,
              offset: Number(committedOffset),
            }))
            .filter(({ offset }) => offset >= 0),
        ),
      )
    },
    async groups() {
      const { brokers } = await attempt('listing groups', () => cluster.metadata([]))
      const found = await attempt('listing groups', () =>
        Promise.all(brokers.map(({ nodeId }) => cluster.askNode(nodeId, listGroupsV4.api, [], []))),
      )
      return found.flatMap(({ groups }) => groups.map(({ groupId }) => groupId))
    },
    async describeGroup(group) {
      const { groups } = await attempt(`describing ${group}`, () =>
        onCoordinator(cluster, group, describeGroupsV5.api, [group], false),
      )
      const [found] = groups
      return {
        group,
        state: found?.groupState ?? 'Unknown',
        members: (found?.members ?? []).map(({ memberId, clientId, memberAssignment }) => ({
          memberId,
          clientId,
          assignment: decodeConsumerProtocolAssignment(memberAssignment).assignedPartitions.flatMap(
            ({ topic, partitions }) => partitions.map((partition) => ({ topic, partition })),
          ),
        })),
      }
    },
    async brokers() {
      const { clusterId, brokers } = await attempt('describing the cluster', () => cluster.metadata([]))
      return { clusterId: clusterId ?? '', brokers: brokers.map(({ nodeId, host, port }) => ({ nodeId, host, port })) }
    },
    async close() {
      cluster.destroy()
    },
  }
}

/** Repeats `run` while the failure may pass. */
const attempt = async <T>(doing: string, run: () => Promise<T>): Promise<T> => {
  for (let count = 1; ; count++) {
    try {
      return await run()
    } catch (error) {
      const mapped = kafkaError(error, doing)
      const already = rootOf(error).type === 'TOPIC_ALREADY_EXISTS'
      if (count >= attemptsMax || mapped.code === 'ICX_KAFKA_REFUSED' || already) throw mapped
      await sleep(50 * 2 ** count)
    }
  }
}

const onController = async <Given extends unknown[], Answer>(
  cluster: Cluster,
  api: API<Given, Answer>,
  ...given: Given
): Promise<Answer> => cluster.askNode((await cluster.metadata([])).controllerId, api, ...given)

const onCoordinator = async <Given extends unknown[], Answer>(
  cluster: Cluster,
  group: string,
  api: API<Given, Answer>,
  ...given: Given
): Promise<Answer> => cluster.askNode(await cluster.coordinatorOf(group), api, ...given)

/** The first offset at or after a time, or at an end, of every partition. */
const offsetsOf = async (cluster: Cluster, topic: string, timestamp: bigint) => {
  const { topics } = await cluster.metadata([topic])
  const partitions = topics[0]?.partitions ?? []
  const found = await Promise.all(
    [...Map.groupBy(partitions, ({ leaderId }) => leaderId)].map(([leaderId, led]) =>
      cluster.askNode(leaderId, listOffsetsV6.api, -1, 0, [
        {
          name: topic,
          partitions: led.map(({ partitionIndex }) => ({ partitionIndex, currentLeaderEpoch: -1, timestamp })),
        },
      ]),
    ),
  )
  return found
    .flatMap((answer) => answer.topics.flatMap((each) => each.partitions))
    .map(({ partitionIndex, offset }) => ({ partition: partitionIndex, offset: Number(offset) }))
    .toSorted((left, right) => left.partition - right.partition)
}

import { setTimeout as sleep } from 'node:timers/promises'
import {
  type GroupMember,
  InterchangeError,
  type Logger,
  retentionConfigNames,
  type TopicSpec,
  type TransportAdmin,
  topicRetentionMs,
} from '@interchange/messaging'
import kafkajs, { type Cluster } from 'kafkajs'
import type { KafkaConfig } from '../kafka-config.ts'
import { kafkaError, rootOf } from '../kafka-error.ts'
import { waitForTopics } from '../wait-for-topics.ts'
import { clusterOf, createKafkajsClient } from './kafkajs-client.ts'

const attemptsMax = 5

/** Reads what the cluster knows and creates missing topics. Repeats what may pass; rejects with `ICX_KAFKA_*`. */
export const createKafkajsAdmin = async (config: KafkaConfig, logger: Logger): Promise<TransportAdmin> => {
  const client = createKafkajsClient(config, logger, 2)
  const admin = client.kafka.admin()
  const cluster = clusterOf(client.kafka)
  try {
    await admin.connect()
    await cluster.connect()
  } catch (error) {
    client.destroySockets()
    throw kafkaError(error, 'connecting the admin client')
  }

  const partitionCounts = async (topics?: readonly string[]): Promise<ReadonlyMap<string, number>> => {
    const { topics: found } = await attempt('reading topics', () => admin.fetchTopicMetadata())
    const wanted = topics === undefined ? undefined : new Set(topics)
    return new Map(
      found
        .filter(({ name }) => wanted === undefined || wanted.has(name))
        .map(({ name, partitions }) => [name, partitions.length]),
    )
  }

  /** The cluster of kafkajs' own admin keeps to itself why no coordinator was found; ours tells a refusal. */
  const askOfGroup = <Answer>(group: string, question: () => Promise<Answer>): Promise<Answer> =>
    question().catch(async (error: unknown) => {
      await cluster.findGroupCoordinator({ groupId: group })
      throw error
    })

  let closing: Promise<void> | undefined
  return {
    partitionCounts,
    async createTopics(topics) {
      const existing = await partitionCounts(topics.map(({ name }) => name))
      const missing = topics.filter(({ name }) => !existing.has(name))
      if (missing.length === 0) return []
      const taken = await createMissing(missing, (request) => admin.createTopics(request))
      await waitForTopics(
        missing.map(({ name }) => name),
        partitionCounts,
      )
      return missing.map(({ name }) => name).filter((name) => !taken.has(name))
    },
    async retentionsMs(topics) {
      const existing = [...(await partitionCounts(topics)).keys()]
      if (existing.length === 0) return new Map()
      const { resources } = await attempt('reading retentions', () =>
        admin.describeConfigs({
          includeSynonyms: false,
          resources: existing.map((name) => ({
            type: kafkajs.ConfigResourceTypes.TOPIC,
            name,
            configNames: [...retentionConfigNames],
          })),
        }),
      )
      return new Map(
        resources.map(({ resourceName, configEntries }) => [
          resourceName,
          topicRetentionMs((name) => configEntries.find(({ configName }) => configName === name)?.configValue),
        ]),
      )
    },
    async topicOffsets(topic) {
      const offsets = await attempt(`offsets of ${topic}`, () => admin.fetchTopicOffsets(topic))
      return offsets
        .map(({ partition, low, high }) => ({ partition, earliest: Number(low), latest: Number(high) }))
        .toSorted((left, right) => left.partition - right.partition)
    },
    offsetsAt: (topic, timestampMs) =>
      attempt(`offsets of ${topic} at a time`, () => offsetsAt(cluster, topic, timestampMs)),
    async committedOffsets(group, topics) {
      const existing = [...(await partitionCounts(topics)).keys()]
      if (existing.length === 0) return []
      const found = await attempt(`offsets of ${group}`, () =>
        askOfGroup(group, () => admin.fetchOffsets({ groupId: group, topics: existing })),
      )
      return found.flatMap(({ topic, partitions }) =>
        partitions
          .map(({ partition, offset }) => ({ topic, partition, offset: Number(offset) }))
          .filter(({ offset }) => offset >= 0),
      )
    },
    async groups() {
      const { groups } = await attempt('listing groups', () => admin.listGroups())
      return groups.map(({ groupId }) => groupId)
    },
    async describeGroup(group) {
      const { groups } = await attempt(`describing ${group}`, () =>
        askOfGroup(group, () => admin.describeGroups([group])),
      )
      const [found] = groups
      return { group, state: found?.state ?? 'Unknown', members: (found?.members ?? []).map(toMember) }
    },
    async brokers() {
      const { clusterId, brokers } = await attempt('describing the cluster', () => admin.describeCluster())
      return { clusterId, brokers: brokers.map(({ nodeId, host, port }) => ({ nodeId, host, port })) }
    },
    close() {
      closing ??= Promise.race([
        Promise.all([admin.disconnect(), cluster.disconnect()]).catch(() => undefined),
        sleep(2_000, undefined, { ref: false }),
      ]).then(client.destroySockets)
      return closing
    },
  }
}

/** Repeats `run` while the failure may pass. kafkajs turns an unreachable broker into a TypeError of its own here. */
const attempt = async <T>(doing: string, run: () => Promise<T>): Promise<T> => {
  for (let count = 1; ; count++) {
    try {
      return await run()
    } catch (error) {
      const mapped: InterchangeError = kafkaError(error, doing)
      if (count >= attemptsMax || mapped.code === 'ICX_KAFKA_REFUSED') throw mapped
      await sleep(50 * 2 ** count)
    }
  }
}

type CreateTopics = (request: {
  topics: {
    topic: string
    numPartitions: number
    replicationFactor: number
    configEntries: { name: string; value: string }[]
  }[]
  waitForLeaders: boolean
}) => Promise<boolean>

/** Creates topics; answers with those that somebody else created in between. */
const createMissing = async (missing: readonly TopicSpec[], create: CreateTopics): Promise<ReadonlySet<string>> => {
  try {
    // kafkajs' own wait for leaders fails on a topic that its broker does not know yet; `waitForTopics` waits for that.
    const created = await create({ topics: missing.map(toTopicConfig), waitForLeaders: false })
    return new Set(created ? [] : missing.map(({ name }) => name))
  } catch (error) {
    const errors = topicErrorsOf(error)
    const refused = errors.find(({ type }) => type !== 'TOPIC_ALREADY_EXISTS')
    if (errors.length === 0 || refused !== undefined) {
      throw kafkaError(refused ?? error, 'creating topics', { topic: refused?.topic ?? null })
    }
    return new Set(errors.map(({ topic }) => topic))
  }
}

const toTopicConfig = ({ name, partitions, replicationFactor, configs }: TopicSpec) => ({
  topic: name,
  numPartitions: partitions,
  replicationFactor,
  configEntries: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
})

const topicErrorsOf = (error: unknown): readonly { type: string; topic: string }[] => {
  const { errors } = rootOf(error).root as { errors?: readonly { type: string; topic: string }[] }
  return Array.isArray(errors) ? errors : []
}

const offsetsAt = async (
  cluster: Cluster,
  topic: string,
  timestampMs: number,
): Promise<readonly { partition: number; offset: number }[]> => {
  await cluster.addTargetTopic(topic)
  await cluster.refreshMetadataIfNecessary()
  const partitions = cluster.findTopicPartitionMetadata(topic).map(({ partitionId }) => ({ partition: partitionId }))
  const [found] = await cluster.fetchTopicsOffset([{ topic, fromTimestamp: timestampMs, partitions }])
  return (found?.partitions ?? [])
    .map(({ partition, offset }) => ({ partition, offset: Number(offset) }))
    .toSorted((left, right) => left.partition - right.partition)
}

const toMember = (member: { memberId: string; clientId: string; memberAssignment: Buffer }): GroupMember => {
  const decoded =
    member.memberAssignment.length === 0
      ? null
      : kafkajs.AssignerProtocol.MemberAssignment.decode(member.memberAssignment)
  return {
    memberId: member.memberId,
    clientId: member.clientId,
    assignment: Object.entries(decoded?.assignment ?? {}).flatMap(([topic, partitions]) =>
      partitions.map((partition) => ({ topic, partition })),
    ),
  }
}

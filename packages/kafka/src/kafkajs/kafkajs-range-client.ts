import type { Logger } from '@interchange/messaging'
import type { Cluster } from 'kafkajs'
import { fetchWaitMs } from '../fetch-wait.ts'
import type { FetchedRecords } from '../group-session.ts'
import type { KafkaConfig } from '../kafka-config.ts'
import { type FetchPosition, type RangeClient, unknownPartition } from '../read-ranges.ts'
import { clusterOf, createKafkajsClient } from './kafkajs-client.ts'
import type { FetchResponse } from './kafkajs-internals.ts'
import { readFetched } from './read-fetched.ts'

const partitionBytesMax = 1024 * 1024

/** Fetches by kafkajs' cluster, below its consumer. */
export const createKafkajsRangeClient = (config: KafkaConfig, logger: Logger): RangeClient => {
  const client = createKafkajsClient(config, logger, 2)
  const cluster = clusterOf(client.kafka)
  return {
    async fetch(positions) {
      if (!cluster.isConnected()) await cluster.connect()
      await cluster.addMultipleTargetTopics([...new Set(positions.map(({ topic }) => topic))])
      await cluster.refreshMetadataIfNecessary()
      const fetched = await Promise.all(
        byLeader(cluster, positions).map(([nodeId, group]) => fetchFrom(cluster, nodeId, group)),
      )
      return fetched.flat()
    },
    refresh: () => cluster.refreshMetadata(),
    destroy: client.destroySockets,
    close: () => cluster.disconnect(),
  }
}

const byLeader = (
  cluster: Cluster,
  positions: readonly FetchPosition[],
): [nodeId: string, positions: FetchPosition[]][] => {
  const leaders = new Map<string, FetchPosition[]>()
  for (const position of positions) {
    const [leader] = Object.keys(cluster.findLeaderForPartitions(position.topic, [position.partition]))
    if (leader === undefined) throw unknownPartition(position.topic, position.partition)
    leaders.set(leader, [...(leaders.get(leader) ?? []), position])
  }
  return [...leaders]
}

const fetchFrom = async (
  cluster: Cluster,
  nodeId: string,
  positions: readonly FetchPosition[],
): Promise<FetchedRecords[]> => {
  const broker = await cluster.findBroker({ nodeId })
  const { responses } = (await broker.fetch({
    maxWaitTime: fetchWaitMs(false),
    minBytes: 1,
    topics: positions.map(({ topic, partition, offset }) => ({
      topic,
      partitions: [{ partition, fetchOffset: String(offset), maxBytes: partitionBytesMax }],
    })),
  })) as FetchResponse
  const found = await Promise.all(
    responses.flatMap(({ topicName: topic, partitions }) =>
      partitions.map(({ messages: bytes, ...data }) => {
        const position = positions.find((each) => each.topic === topic && each.partition === data.partition)
        return position === undefined ? undefined : readFetched(position, { ...data, bytes })
      }),
    ),
  )
  return found.filter((each) => each !== undefined)
}

import { fetchWaitMs } from '../fetch-wait.ts'
import type { KafkaConfig } from '../kafka-config.ts'
import type { FetchPosition, RangeClient } from '../read-ranges.ts'
import { type Cluster, createCluster } from './cluster.ts'
import { fetchFrom } from './fetch-request.ts'

const limits = { isolation: 'read_committed', partitionBytesMax: 1024 * 1024 } as const

export const createPlatformaticRangeClient = (config: KafkaConfig): RangeClient => {
  const cluster = createCluster(config)
  let topics: readonly string[] = []
  return {
    async fetch(positions) {
      topics = [...new Set(positions.map(({ topic }) => topic))]
      const groups = await byLeader(cluster, positions)
      const fetched = await Promise.all(
        groups.map(([nodeId, group]) => fetchFrom(cluster, nodeId, group, fetchWaitMs(false), limits)),
      )
      return fetched.flat()
    },
    refresh: () => cluster.refresh(topics),
    destroy: cluster.destroy,
    async close() {
      cluster.destroy()
    },
  }
}

const byLeader = async (
  cluster: Cluster,
  positions: readonly FetchPosition[],
): Promise<[nodeId: number, positions: FetchPosition[]][]> => {
  const leaders = new Map<number, FetchPosition[]>()
  for (const position of positions) {
    const leader = await cluster.leaderOf(position.topic, position.partition)
    leaders.set(leader, [...(leaders.get(leader) ?? []), position])
  }
  return [...leaders]
}

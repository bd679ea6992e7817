import { topicRetentionMs } from '../topic-retention.ts'
import type { TransportAdmin } from '../transport.ts'
import type { MemoryGroup } from './memory-group.ts'
import type { MemoryLog } from './memory-log.ts'

export const createMemoryAdmin = (log: MemoryLog, groups: ReadonlyMap<string, MemoryGroup>): TransportAdmin => {
  const partitionsOf = (topic: string) => {
    log.partition(topic, 0)
    return Array.from({ length: log.partitionCount(topic) ?? 0 }, (_, partition) => ({
      partition,
      ...log.partition(topic, partition),
    }))
  }
  return {
    async partitionCounts(topics = log.topicNames()) {
      return new Map(
        topics.flatMap((topic) => {
          const count = log.partitionCount(topic)
          return count === undefined ? [] : [[topic, count] as const]
        }),
      )
    },
    retentionsMs: async (topics) =>
      new Map(
        topics
          .filter((topic) => log.partitionCount(topic) !== undefined)
          .map((topic) => [topic, topicRetentionMs((name) => log.configs(topic)[name])]),
      ),
    createTopics: async (specs) => specs.filter((spec) => log.create(spec)).map(({ name }) => name),
    topicOffsets: async (topic) =>
      partitionsOf(topic).map(({ partition, start, entries }) => ({
        partition,
        earliest: start,
        latest: entries.length,
      })),
    offsetsAt: async (topic, timestampMs) =>
      partitionsOf(topic).map(({ partition, start, entries }) => ({
        partition,
        offset: entries.findIndex(
          ({ record }, offset) => offset >= start && record !== undefined && record.timestampMs >= timestampMs,
        ),
      })),
    async committedOffsets(group, topics) {
      const found = groups.get(group)
      return topics.flatMap((topic) =>
        Array.from({ length: log.partitionCount(topic) ?? 0 }, (_, partition) => {
          const offset = found?.committed(topic, partition)
          return offset === undefined ? [] : [{ topic, partition, offset }]
        }).flat(),
      )
    },
    groups: async () => [...groups.keys()],
    describeGroup: async (group) => groups.get(group)?.describe() ?? { group, state: 'Dead', members: [] },
    brokers: async () => ({ clusterId: 'memory', brokers: [] }),
    close: async () => undefined,
  }
}

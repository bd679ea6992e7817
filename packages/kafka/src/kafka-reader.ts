import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger, ReadRange, TransportRecord } from '@interchange/messaging'
import type { Cluster } from 'kafkajs'
import type { KafkaConfig } from './kafka-config.ts'
import { kafkaError, rootOf } from './kafka-error.ts'
import { clusterOf, createKafkajsClient, patchedKafkajs } from './kafkajs-client.ts'
import type { FetchResponse } from './kafkajs-internals.ts'
import { toRecords } from './to-records.ts'

const fetchWaitMs = 250
const partitionBytesMax = 1024 * 1024
const attemptsMax = 8

const passing = new Set([
  'NOT_LEADER_FOR_PARTITION',
  'LEADER_NOT_AVAILABLE',
  'FENCED_LEADER_EPOCH',
  'UNKNOWN_LEADER_EPOCH',
])

interface Position {
  readonly topic: string
  readonly partition: number
  readonly untilOffset: number
  offset: number
}

/**
 * Reads ranges by fetching from their leaders: no group, nothing committed, nothing to clean up but sockets. Committed
 * records only. Rejects with `ICX_KAFKA_OFFSET_OUT_OF_RANGE` where a range begins outside the log.
 */
export async function* readKafkaRanges(
  config: KafkaConfig,
  logger: Logger,
  ranges: readonly ReadRange[],
  signal: AbortSignal | undefined,
): AsyncGenerator<TransportRecord> {
  const client = createKafkajsClient(config, logger, 2)
  const aborted = (): boolean => signal?.aborted ?? false
  const cluster = clusterOf(client.kafka)
  signal?.addEventListener('abort', client.destroySockets, { once: true })
  let open: Position[] = ranges
    .map(({ topic, partition, fromOffset, untilOffset }) => ({
      topic,
      partition,
      offset: fromOffset,
      untilOffset: untilOffset ?? Number.POSITIVE_INFINITY,
    }))
    .filter(({ offset, untilOffset }) => offset < untilOffset)
  let failures = 0
  try {
    while (open.length > 0 && !aborted()) {
      try {
        await follow(cluster, open)
        const fetched = await Promise.all(
          byLeader(cluster, open).map(([nodeId, group]) => fetchFrom(cluster, nodeId, group)),
        )
        failures = 0
        for (const record of fetched.flat()) {
          yield record
          if (aborted()) return
        }
        open = open.filter(({ offset, untilOffset }) => offset < untilOffset)
      } catch (error) {
        if (aborted()) return
        const mapped = kafkaError(error, 'reading ranges')
        if (mapped.code !== 'ICX_KAFKA_UNAVAILABLE' || ++failures >= attemptsMax) throw mapped
        await sleep(50 * 2 ** failures)
        if (passing.has(rootOf(error).type ?? '')) await cluster.refreshMetadata().catch(() => undefined)
      }
    }
  } finally {
    signal?.removeEventListener('abort', client.destroySockets)
    await Promise.race([cluster.disconnect().catch(() => undefined), sleep(1_000, undefined, { ref: false })])
    client.destroySockets()
  }
}

const follow = async (cluster: Cluster, open: readonly Position[]): Promise<void> => {
  if (!cluster.isConnected()) await cluster.connect()
  await cluster.addMultipleTargetTopics([...new Set(open.map(({ topic }) => topic))])
  await cluster.refreshMetadataIfNecessary()
}

const byLeader = (cluster: Cluster, open: readonly Position[]): [nodeId: string, positions: Position[]][] => {
  const leaders = new Map<string, Position[]>()
  for (const position of open) {
    const [leader] = Object.keys(cluster.findLeaderForPartitions(position.topic, [position.partition]))
    if (leader === undefined) {
      throw Object.assign(new Error(`${position.topic} has no partition ${position.partition}`), {
        type: 'UNKNOWN_TOPIC_OR_PARTITION',
      })
    }
    leaders.set(leader, [...(leaders.get(leader) ?? []), position])
  }
  return [...leaders]
}

/** One fetch; moves the positions behind what it answers with. */
const fetchFrom = async (
  cluster: Cluster,
  nodeId: string,
  positions: readonly Position[],
): Promise<TransportRecord[]> => {
  const broker = await cluster.findBroker({ nodeId })
  const { responses } = (await broker.fetch({
    maxWaitTime: fetchWaitMs,
    minBytes: 1,
    topics: positions.map(({ topic, partition, offset }) => ({
      topic,
      partitions: [{ partition, fetchOffset: String(offset), maxBytes: partitionBytesMax }],
    })),
  })) as FetchResponse
  const { Batch } = patchedKafkajs()
  return responses.flatMap(({ topicName, partitions }) =>
    partitions.flatMap((data) => {
      const position = positions.find(({ topic, partition }) => topic === topicName && partition === data.partition)
      if (position === undefined || data.messages.length === 0) return []
      const batch = new Batch(topicName, String(position.offset), data)
      const { untilOffset } = position
      position.offset = Number(batch.lastOffset()) + 1
      return toRecords(topicName, data.partition, batch.messages).filter(({ offset }) => offset < untilOffset)
    }),
  )
}

import { setTimeout as sleep } from 'node:timers/promises'
import type { ConsumerOptions, Logger, TopicPartition } from '@interchange/messaging'
import { listOffsetsV6 } from '@platformatic/kafka'
import type { GroupSession, GroupSessionHooks } from '../group-session.ts'
import { type KafkaConfig, metadataMaxAgeMs, requestTimeoutMs } from '../kafka-config.ts'
import { kafkaError } from '../kafka-error.ts'
import type { FetchPosition } from '../read-ranges.ts'
import { type Cluster, createCluster } from './cluster.ts'
import { type Fetcher, startFetcher } from './fetcher.ts'
import { createMembership } from './membership.ts'

/** What ListOffsets takes in the place of a time. */
export const listOffsetsTime = { latest: -1n, earliest: -2n } as const

/**
 * A group member over the classic protocol, written on the client's requests: its own consumer joins again without asking
 * whether its owner has settled, and delivers records of aborted transactions.
 */
export const createPlatformaticSession = (
  config: KafkaConfig,
  logger: Logger,
  options: ConsumerOptions,
  hooks: GroupSessionHooks,
  formerId?: string,
): GroupSession => {
  const requests = createCluster(config)
  const waiting = createCluster(config, requestTimeoutMs(config) + options.rebalanceTimeoutMs)
  const fetches = createCluster(config)
  const membership = createMembership({ requests, waiting }, options, formerId)
  const over = new AbortController()
  const heartbeatMs = Math.min(3_000, Math.max(200, Math.floor(options.sessionTimeoutMs / 10)))
  const limits = { isolation: options.isolation, partitionBytesMax: options.fetchPartitionBytesMax }
  let fetcher: Fetcher | undefined
  let started = false
  let joined = false

  const destroy = (): void => {
    for (const cluster of [requests, waiting, fetches]) cluster.destroy()
  }

  const end = (error: unknown): void => {
    if (over.signal.aborted) return
    fetcher?.stop()
    joined = false
    over.abort()
    // After an outage it comes back under its id; else leaving hands the partitions on before the session timeout does.
    if (kafkaError(error, 'reading').code === 'ICX_KAFKA_UNAVAILABLE') destroy()
    else void leaveWithin(requestTimeoutMs(config)).then(destroy)
    if (started) hooks.crashed(error)
  }

  const leaveWithin = (deadlineMs: number): Promise<unknown> =>
    Promise.race([
      membership
        .leave()
        .catch((error: unknown) =>
          logger.debug({ group: options.group, cause: String(error) }, 'The group was not left'),
        ),
      sleep(deadlineMs, undefined, { ref: false }),
    ])

  /** Joins and begins to fetch behind what the group has committed. */
  const join = async (): Promise<void> => {
    const partitions = await membership.join()
    const positions = await positionsOf(requests, await membership.committed(partitions))
    if (over.signal.aborted) return
    joined = true
    hooks.joined(partitions)
    fetcher = startFetcher(fetches, positions, limits, { take: hooks.takeBatch, failed: end })
  }

  const settle = async (): Promise<void> => {
    fetcher?.stop()
    const settled = new AbortController()
    // Its answer is "rebalance in progress", which is why we are here; the broker counts it as alive.
    const alive = repeat(options.sessionTimeoutMs / 3, settled.signal, () => membership.heartbeat())
    try {
      await hooks.beforeRejoin()
    } finally {
      settled.abort()
      await alive
    }
    joined = false
  }

  const live = async (): Promise<void> => {
    while (!over.signal.aborted) {
      let assigned = true
      let lookAgainAtMs = Date.now() + metadataMaxAgeMs(config)
      await repeat(heartbeatMs, over.signal, async () => {
        assigned = await membership.heartbeat()
        if (assigned && Date.now() >= lookAgainAtMs) {
          lookAgainAtMs = Date.now() + metadataMaxAgeMs(config)
          assigned = !(await membership.hasToShareAgain())
        }
        return assigned
      })
      if (over.signal.aborted || assigned) return
      await settle()
      if (over.signal.aborted) return
      await join()
    }
  }

  return {
    async start() {
      try {
        await requests.metadata(options.topics)
        await join()
      } catch (error) {
        end(error)
        throw error
      }
      started = true
      live().catch(end)
    },
    commit: async (offsets) => joined && membership.commit(offsets),
    memberId: () => membership.current().memberId || undefined,
    membership: () => (joined ? membership.current() : undefined),
    pause: (partitions) => fetcher?.pause(partitions),
    resume: (partitions) => fetcher?.resume(partitions),
    seek: (partition, offset) => fetcher?.seek(partition, offset),
    async close(deadlineMs) {
      fetcher?.stop()
      joined = false
      const wasOver = over.signal.aborted
      over.abort()
      if (!wasOver) await leaveWithin(deadlineMs)
      destroy()
    },
  }
}

/** Calls `run` every `everyMs` until it answers false or the signal aborts. */
const repeat = async (everyMs: number, signal: AbortSignal, run: () => Promise<boolean>): Promise<void> => {
  while (!signal.aborted) {
    await sleep(everyMs, undefined, { signal, ref: false }).catch(() => undefined)
    if (signal.aborted || !(await run())) return
  }
}

/** A group without an offset begins at the earliest record; an offset that is there is never replaced (trap K19). */
const positionsOf = async (
  cluster: Cluster,
  committed: readonly (TopicPartition & { offset: number })[],
): Promise<FetchPosition[]> =>
  Promise.all(
    committed.map(async (each) => (each.offset >= 0 ? each : { ...each, offset: await earliestOf(cluster, each) })),
  )

const earliestOf = async (cluster: Cluster, { topic, partition }: TopicPartition): Promise<number> => {
  const leader = await cluster.leaderOf(topic, partition)
  const asked = { partitionIndex: partition, currentLeaderEpoch: -1, timestamp: listOffsetsTime.earliest }
  const { topics } = await cluster.askNode(leader, listOffsetsV6.api, -1, 0, [{ name: topic, partitions: [asked] }])
  return Number(topics[0]?.partitions[0]?.offset ?? 0)
}

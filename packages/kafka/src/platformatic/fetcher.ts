import { setTimeout as sleep } from 'node:timers/promises'
import type { TopicPartition } from '@interchange/messaging'
import { fetchWaitMs } from '../fetch-wait.ts'
import type { FetchedRecords } from '../group-session.ts'
import { kafkaError, rootOf } from '../kafka-error.ts'
import type { FetchPosition } from '../read-ranges.ts'
import type { Cluster } from './cluster.ts'
import { type FetchLimits, fetchFrom, type PositionedRecords } from './fetch-request.ts'

const failuresMax = 6
const refusedPauseMs = 50

interface Position extends FetchPosition {
  offset: number
  paused: boolean
}

/** Fetches one assignment, each leader by itself, from its begin to its end. */
export interface Fetcher {
  pause(partitions: readonly TopicPartition[]): void
  resume(partitions: readonly TopicPartition[]): void
  seek(partition: TopicPartition, offset: number): void
  /** Nothing is handed over after this. */
  stop(): void
}

export interface FetcherHooks {
  /** Whether the records were taken; those that were not are fetched again. */
  take(batch: FetchedRecords): boolean
  failed(error: unknown): void
}

export const startFetcher = (
  cluster: Cluster,
  assigned: readonly FetchPosition[],
  limits: FetchLimits,
  hooks: FetcherHooks,
): Fetcher => {
  const positions: Position[] = assigned.map((each) => ({ ...each, paused: false }))
  const topics = [...new Set(assigned.map(({ topic }) => topic))]
  const following = new Set<number>()
  let stopped = false
  let wake = Promise.withResolvers<void>()
  let failures = 0

  const find = ({ topic, partition }: TopicPartition): Position | undefined =>
    positions.find((each) => each.topic === topic && each.partition === partition)
  const change = (partitions: readonly TopicPartition[], apply: (position: Position) => void): void => {
    for (const partition of partitions) {
      const position = find(partition)
      if (position !== undefined) apply(position)
    }
    wake.resolve()
    wake = Promise.withResolvers()
  }

  const handOver = (batch: PositionedRecords): boolean => {
    const { fromOffset, ...records } = batch
    const position = find(batch)
    // Sought or paused while it was on its way.
    if (position === undefined || position.paused || position.offset !== fromOffset) return true
    if (!hooks.take(records)) return false
    // Taking may have sought.
    if (position.offset === fromOffset) position.offset = records.nextOffset
    return true
  }

  /** Positions led by `nodeId`; begins to follow other leaders that have come up. */
  const ledBy = async (nodeId: number): Promise<Position[]> => {
    const mine: Position[] = []
    for (const position of positions) {
      const leader = await cluster.leaderOf(position.topic, position.partition)
      if (leader === nodeId) mine.push(position)
      else if (!following.has(leader)) follow(leader)
    }
    return mine
  }

  const fetchOnce = async (nodeId: number, turn: number): Promise<boolean> => {
    const mine = await ledBy(nodeId)
    if (mine.length === 0) return false
    const open = mine.filter(({ paused }) => !paused)
    if (open.length === 0) {
      await wake.promise
      return true
    }
    // Another partition first each time: the broker fills its answer in this order.
    const first = turn % open.length
    const asked = [...open.slice(first), ...open.slice(0, first)].map((position) => ({ ...position }))
    const batches = await fetchFrom(cluster, nodeId, asked, fetchWaitMs(open.length < mine.length), limits)
    failures = 0
    for (const batch of batches) {
      if (stopped) return false
      if (!handOver(batch)) await sleep(refusedPauseMs)
    }
    return true
  }

  const follow = (nodeId: number): void => {
    following.add(nodeId)
    void (async () => {
      for (let turn = 0; !stopped; turn++) {
        try {
          if (!(await fetchOnce(nodeId, turn))) break
        } catch (error) {
          if (stopped) break
          if (!mayPass(error) || ++failures > failuresMax) {
            stopped = true
            hooks.failed(error)
            break
          }
          await sleep(50 * 2 ** failures)
          await cluster.refresh(topics).catch(() => undefined)
        }
      }
      following.delete(nodeId)
    })()
  }

  const begin = async (): Promise<void> => {
    try {
      for (const { topic, partition } of positions) {
        const leader = await cluster.leaderOf(topic, partition)
        if (!stopped && !following.has(leader)) follow(leader)
      }
    } catch (error) {
      if (stopped) return
      stopped = true
      hooks.failed(error)
    }
  }
  void begin()

  return {
    pause(partitions) {
      change(partitions, (position) => {
        position.paused = true
      })
    },
    resume(partitions) {
      change(partitions, (position) => {
        position.paused = false
      })
    },
    seek(partition, offset) {
      change([partition], (position) => {
        position.offset = offset
      })
    },
    stop() {
      stopped = true
      wake.resolve()
    },
  }
}

/** A topic may be unknown to a broker for a moment. */
const mayPass = (error: unknown): boolean =>
  rootOf(error).type === 'UNKNOWN_TOPIC_OR_PARTITION' || kafkaError(error, 'fetching').code === 'ICX_KAFKA_UNAVAILABLE'

import { setTimeout as sleep } from 'node:timers/promises'
import type { CommitOffset, ConsumerOptions, GroupMembership, TopicPartition } from '@interchange/messaging'
import {
  type API,
  decodeConsumerProtocolAssignment,
  encodeConsumerProtocolSubscription,
  heartbeatV4,
  joinGroupV7,
  leaveGroupV4,
  type metadataV12,
  offsetCommitV8,
  offsetFetchV8,
  syncGroupV5,
} from '@platformatic/kafka'
import { electionPatienceMs } from '../election-patience.ts'
import { kafkaError, rootOf } from '../kafka-error.ts'
import type { Cluster } from './cluster.ts'
import { assignRoundRobin, protocolName } from './round-robin.ts'

const attemptsMax = 6
const protocolType = 'consumer'

/** The broker knows a newer generation, or none of this member: the assignment has ended. */
const fenced = new Set(['ILLEGAL_GENERATION', 'UNKNOWN_MEMBER_ID', 'REBALANCE_IN_PROGRESS', 'FENCED_INSTANCE_ID'])
const passing = new Set([
  'NOT_COORDINATOR',
  'COORDINATOR_NOT_AVAILABLE',
  'COORDINATOR_LOAD_IN_PROGRESS',
  'UNSTABLE_OFFSET_COMMIT',
])

/** One member's part in the classic group protocol: nothing here is done by itself. */
export interface Membership {
  /** Joins, or joins again, and waits for everybody. */
  join(): Promise<readonly TopicPartition[]>
  /** False when the assignment has ended and the member must join again. A coordinator that is away ends none. */
  heartbeat(): Promise<boolean>
  /** True when this member shares out the topics, and one of them has other partitions by now than when it did. */
  hasToShareAgain(): Promise<boolean>
  /** Commits under the current generation; false when the broker fences it. */
  commit(offsets: readonly CommitOffset[]): Promise<boolean>
  /** The group's offsets; -1 where there is none. */
  committed(partitions: readonly TopicPartition[]): Promise<readonly (TopicPartition & { offset: number })[]>
  /** As whom this member has joined. */
  current(): GroupMembership
  leave(): Promise<void>
}

/** `requests` answers at once; `waiting` waits as long as a rebalance may take. */
export const createMembership = (
  { requests, waiting }: { requests: Cluster; waiting: Cluster },
  options: ConsumerOptions,
  formerId = '',
): Membership => {
  const { group, topics } = options
  const metadata = encodeConsumerProtocolSubscription({ version: 0, topics: [...topics], userData: Buffer.alloc(0) })
  let coordinator: number | undefined
  /** Since when the coordinator answers no heartbeat. */
  let lostMs: number | undefined
  let generation: { id: number; memberId: string } = { id: -1, memberId: formerId }
  /** What this member has shared out as the leader; undefined for every other. */
  let shared: ReadonlyMap<string, number> | undefined

  const lookAt = async (asked: readonly string[]): Promise<metadataV12.MetadataResponse> => {
    const found = await requests.metadata(asked)
    shared = partitionCounts(found)
    return found
  }

  /** Looks for the coordinator anew after one that has moved or is away. */
  const askOnce = async <Given extends unknown[], Answer>(
    cluster: Cluster,
    api: API<Given, Answer>,
    ...given: Given
  ): Promise<Answer> => {
    try {
      coordinator ??= await requests.coordinatorOf(group)
      return await cluster.askNode(coordinator, api, ...given)
    } catch (error) {
      if (isAway(error)) coordinator = undefined
      throw error
    }
  }

  /** Repeats while the coordinator moves or is away; what the broker says of the group is for the caller. */
  const ask: typeof askOnce = async (cluster, api, ...given) => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await askOnce(cluster, api, ...given)
      } catch (error) {
        if (attempt >= attemptsMax || !isAway(error)) throw error
        await sleep(50 * 2 ** attempt)
      }
    }
  }

  const joinOnce = async (): Promise<readonly TopicPartition[]> => {
    const { sessionTimeoutMs, rebalanceTimeoutMs } = options
    const protocols = [{ name: protocolName, metadata }]
    const joined = await ask(
      waiting,
      joinGroupV7.api,
      group,
      sessionTimeoutMs,
      rebalanceTimeoutMs,
      generation.memberId,
      null,
      protocolType,
      protocols,
    )
    const { memberId, generationId } = joined
    generation = { id: generationId, memberId }
    shared = undefined
    const assignments = joined.leader === memberId ? await assignRoundRobin(joined.members, lookAt) : []
    const { assignment } = await ask(
      waiting,
      syncGroupV5.api,
      group,
      generationId,
      memberId,
      null,
      protocolType,
      protocolName,
      assignments,
    )
    return decodeConsumerProtocolAssignment(assignment).assignedPartitions.flatMap(({ topic, partitions }) =>
      partitions.map((partition) => ({ topic, partition })),
    )
  }

  return {
    async join() {
      for (;;) {
        try {
          return await joinOnce()
        } catch (error) {
          const { type } = rootOf(error)
          if (type === 'MEMBER_ID_REQUIRED') generation = { id: -1, memberId: memberIdOf(error) }
          else if (type === 'UNKNOWN_MEMBER_ID') generation = { id: -1, memberId: '' }
          else if (type === undefined || !fenced.has(type)) throw error
        }
      }
    },
    async heartbeat() {
      try {
        await askOnce(requests, heartbeatV4.api, group, generation.id, generation.memberId)
        lostMs = undefined
        return true
      } catch (error) {
        if (isAway(error)) {
          lostMs ??= performance.now()
          if (performance.now() - lostMs < electionPatienceMs) return true
        }
        const { type } = rootOf(error)
        if (type === undefined || !fenced.has(type)) throw error
        if (type === 'UNKNOWN_MEMBER_ID') generation = { id: -1, memberId: '' }
        return false
      }
    },
    async hasToShareAgain() {
      if (shared === undefined) return false
      const now = partitionCounts(await requests.metadata([...shared.keys()]))
      return [...shared].some(([topic, count]) => now.get(topic) !== count)
    },
    async commit(offsets) {
      const { id, memberId } = generation
      try {
        await ask(requests, offsetCommitV8.api, group, id, memberId, null, toCommit(offsets))
        return true
      } catch (error) {
        const { type } = rootOf(error)
        if (type !== undefined && fenced.has(type)) return false
        throw kafkaError(error, `committing offsets of ${group}`, { group })
      }
    },
    async committed(partitions) {
      const asked = byTopic(partitions).map(([name, indexes]) => ({ name, partitionIndexes: indexes }))
      const { groups } = await ask(
        requests,
        offsetFetchV8.api,
        [{ groupId: group, memberEpoch: -1, topics: asked }],
        // In a transactional group an open transaction is ended by its next owner, who has to be told of the assignment first.
        options.transactional !== true,
      )
      return groups.flatMap((found) =>
        found.topics.flatMap(({ name, partitions: each }) =>
          each.map(({ partitionIndex, committedOffset }) => ({
            topic: name,
            partition: partitionIndex,
            offset: Number(committedOffset),
          })),
        ),
      )
    },
    current: () => ({ memberId: generation.memberId, generation: generation.id }),
    async leave() {
      const { memberId } = generation
      if (memberId === '' || coordinator === undefined) return
      await requests.askNode(coordinator, leaveGroupV4.api, group, [{ memberId, groupInstanceId: null }])
    },
  }
}

/** The coordinator has moved, or cannot be reached. */
const isAway = (error: unknown): boolean => {
  const { type } = rootOf(error)
  if (type !== undefined) return passing.has(type)
  return kafkaError(error, 'asking').code === 'ICX_KAFKA_UNAVAILABLE'
}

const partitionCounts = ({ topics }: metadataV12.MetadataResponse): ReadonlyMap<string, number> =>
  new Map(topics.map(({ name, partitions }) => [name ?? '', partitions.length]))

/** A first join is answered with the id to join under. */
const memberIdOf = (error: unknown): string => {
  const { response } = error as { response?: { memberId?: string } }
  return response?.memberId ?? ''
}

const toCommit = (offsets: readonly CommitOffset[]) =>
  [...Map.groupBy(offsets, ({ topic }) => topic)].map(([name, partitions]) => ({
    name,
    partitions: partitions.map(({ partition, offset }) => ({
      partitionIndex: partition,
      committedOffset: BigInt(offset),
      committedLeaderEpoch: -1,
    })),
  }))

const byTopic = (partitions: readonly TopicPartition[]): [topic: string, partitions: number[]][] =>
  [...Map.groupBy(partitions, ({ topic }) => topic)].map(([topic, each]) => [
    topic,
    each.map(({ partition }) => partition),
  ])

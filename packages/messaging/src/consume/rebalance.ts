import type { AssignedPartition } from '../transport.ts'
import type { Commits } from './commits.ts'
import { dropUnstarted } from './drop-unstarted.ts'
import { type GroupState, untilCalm } from './group-state.ts'
import type { GroupTopic } from './group-topics.ts'
import type { OwnedPartition } from './message.ts'
import { ownPartition, partitionKey } from './owned-partition.ts'
import { createRetryLanes } from './retry-topics/retry-lanes.ts'
import type { Parking } from './waiting/parking.ts'

/** Partitions come and go. */
export interface Rebalance {
  assigned(partitions: readonly AssignedPartition[]): void
  /** Lets what is under way end (within a bound), commits it, and only then lets go. */
  revoked(partitions: readonly AssignedPartition[]): Promise<void>
}

export interface RebalanceOptions {
  readonly state: GroupState
  readonly topics: ReadonlyMap<string, GroupTopic>
  readonly commits: Commits
  readonly parking: Parking
  /** The partition has something to start. */
  readonly list: (partition: OwnedPartition) => void
}

export const createRebalance = ({ state, topics, commits, parking, list }: RebalanceOptions): Rebalance => {
  const { group, logger } = state.options

  const finish = (partition: OwnedPartition): void => {
    const key = partitionKey(partition.topic, partition.partition)
    partition.ended = true
    state.heldBytes -= partition.tracker.bytes + (partition.room?.bytes ?? 0) + (partition.transaction?.bytes ?? 0)
    state.paused.delete(partition)
    if (state.partitions.get(key) === partition) state.partitions.delete(key)
    // Also what an assignment before this one left running, and this one never got again.
    if (partition.busy > 0 || partition.stillRunning.size > 0) state.former.set(key, partition)
  }

  /** Lost without a word, and not ours again. */
  const dropAllBut = (partitions: readonly AssignedPartition[]): void => {
    const ours = new Set(partitions.map(({ topic, partition }) => partitionKey(topic, partition)))
    for (const [key, partition] of state.partitions) {
      if (ours.has(key)) continue
      dropUnstarted(state, partition)
      finish(partition)
    }
  }

  return {
    assigned(partitions) {
      dropAllBut(partitions)
      const claimed: OwnedPartition[] = []
      for (const assigned of partitions) {
        const known = topics.get(assigned.topic)
        if (known === undefined) continue
        const key = partitionKey(assigned.topic, assigned.partition)
        const present = state.partitions.get(key)
        if (present?.epoch === assigned.epoch) continue
        if (present !== undefined) {
          // Lost without a word (the session expired): whatever is in flight belongs to an assignment that has ended.
          dropUnstarted(state, present)
          finish(present)
        }
        const former = state.former.get(key)
        state.former.delete(key)
        // A driver may keep a pause across assignments (trap K26).
        if ((former ?? present)?.paused === true) state.consumer?.resume([assigned])
        const { route, replayLane, retryLevel } = known
        const retry = retryLevel === 0 ? undefined : { level: retryLevel, lanes: createRetryLanes(state, list) }
        const owned = ownPartition(assigned, route, replayLane, former, parking.join, retry)
        state.partitions.set(key, owned)
        if (owned.room !== undefined) claimed.push(owned)
      }
      parking.claim(claimed)
      logger.info({ group, partitions: partitions.length }, 'partitions assigned')
    },
    async revoked(revoked) {
      const leaving: OwnedPartition[] = []
      for (const { topic, partition, epoch } of revoked) {
        const present = state.partitions.get(partitionKey(topic, partition))
        if (present === undefined || present.epoch !== epoch) continue
        dropUnstarted(state, present)
        leaving.push(present)
      }
      const isCalm = (): boolean => leaving.every(({ busy, room }) => busy === 0 && room?.claiming !== true)
      const calm = await untilCalm(state, isCalm, state.limits.revokeDrainMsMax)
      if (!calm) logger.warn({ group, partitions: leaving.length }, 'partitions given away with messages in flight')
      await commits.commitNow(leaving)
      for (const partition of leaving) finish(partition)
      logger.info({ group, partitions: leaving.length }, 'partitions revoked')
    },
  }
}

import { classify } from '../failure/classify.ts'
import type { CommitOffset } from '../transport.ts'
import { type GroupState, recovered, troubled } from './group-state.ts'
import type { OwnedPartition } from './message.ts'

/** Commits the lowest contiguous offset of every partition that moved, by time, in one request. */
export interface Commits {
  /** Something of this partition was settled. Free when a commit is due anyway. */
  touch(partition: OwnedPartition): void
  /** Commits now and waits for it. Never rejects. */
  commitNow(partitions?: readonly OwnedPartition[]): Promise<void>
}

export const createCommits = (state: GroupState): Commits => {
  const { clock, metrics, group } = state.options
  const touched = new Set<OwnedPartition>()
  let scheduled = false
  let underWay: Promise<void> = Promise.resolve()

  const schedule = (): void => {
    if (scheduled) return
    scheduled = true
    clock.after(state.limits.commitIntervalMs, () => {
      scheduled = false
      void commitNow()
    })
  }

  const commitNow = (partitions: readonly OwnedPartition[] = [...touched]): Promise<void> => {
    // One request at a time, so that a slow one never overtakes a later one and moves an offset back (V12).
    underWay = underWay.then(() => commit(partitions))
    return underWay
  }

  const commit = async (partitions: readonly OwnedPartition[]): Promise<void> => {
    const { consumer } = state
    if (consumer === undefined) {
      if (partitions.length > 0) schedule()
      return
    }
    const offsets: CommitOffset[] = []
    const moved: OwnedPartition[] = []
    for (const partition of partitions) {
      touched.delete(partition)
      tellCounts(state, partition)
      const offset = partition.tracker.committable
      if (partition.ended || offset === undefined || offset <= partition.committed) continue
      offsets.push({ topic: partition.topic, partition: partition.partition, offset, epoch: partition.epoch })
      moved.push(partition)
    }
    if (offsets.length === 0) return
    try {
      await consumer.commit(offsets)
      recovered(state, 'commit')
      for (const [index, partition] of moved.entries()) {
        const offset = offsets[index]?.offset ?? 0
        partition.committed = offset
        metrics.lag(partition.topic, group, partition.partition, Math.max(0, partition.highWatermark - offset))
      }
    } catch (error) {
      // Nothing is lost by it: the offsets stay where they are and the next commit covers them.
      const failure = classify(error)
      troubled(state, 'commit', `${failure.code}: ${failure.message}`)
      for (const partition of moved) if (!partition.ended) touched.add(partition)
      if (touched.size > 0) schedule()
    }
  }

  return {
    touch(partition) {
      touched.add(partition)
      schedule()
    },
    commitNow,
  }
}

/** Counts are told per commit, not per message. */
export const tellCounts = ({ options: { metrics, group } }: GroupState, { topic, counts }: OwnedPartition): void => {
  if (counts.handled > 0) metrics.handled(topic, group, counts.handled, counts.handledMs)
  counts.handled = 0
  counts.handledMs = 0
  for (const outcome of settledOutcomes) {
    const count = counts.settled[outcome]
    if (count > 0) metrics.settled(topic, group, outcome, count)
    counts.settled[outcome] = 0
  }
}

const settledOutcomes = ['done', 'duplicate', 'superseded', 'tombstone', 'dead-lettered'] as const

import { type GroupState, recovered, troubled } from './group-state.ts'
import type { OwnedPartition } from './message.ts'
import { partitionKey } from './owned-partition.ts'

/** Notices a transaction that nobody ends and that keeps a partition from being read: what is behind it comes late. */
export interface OpenTransactionWatch {
  /** Asked from time to time, never per message. */
  look(): void
}

export const createOpenTransactionWatch = (state: GroupState): OpenTransactionWatch => {
  const { clock, metrics, group } = state.options
  const told = new Set<OwnedPartition>()

  const judge = (partition: OwnedPartition, sinceMs: number): void => {
    const ageMs = clock.now() - sinceMs
    if (ageMs < state.limits.openTransactionMsMax) return
    told.add(partition)
    metrics.openTransaction(partition.topic, group, partition.partition, ageMs)
    const { tracker, highWatermark } = partition
    const withheld = highWatermark - (tracker.end ?? highWatermark)
    troubled(
      state,
      subjectOf(partition),
      `a transaction that is open at offset ${tracker.end} has kept ${withheld} records from readers of committed ones for ${ageMs} ms`,
    )
  }

  return {
    look() {
      for (const partition of told) {
        if (partition.withheldSinceMs !== undefined && !partition.ended) continue
        told.delete(partition)
        metrics.openTransaction(partition.topic, group, partition.partition, 0)
        recovered(state, subjectOf(partition))
      }
      for (const partition of state.partitions.values())
        if (partition.withheldSinceMs !== undefined) judge(partition, partition.withheldSinceMs)
    },
  }
}

const subjectOf = ({ topic, partition }: OwnedPartition): string =>
  `open transaction in ${partitionKey(topic, partition)}`

import { type GroupState, recovered, troubled } from './group-state.ts'
import type { OwnedPartition } from './message.ts'
import { partitionKey } from './owned-partition.ts'

/** Notices a message that holds the offset of its partition back while later ones are done. */
export interface HeadOfLineWatch {
  /** Asked from time to time, never per message. */
  look(): void
}

interface Head {
  offset: number
  sinceMs: number
  told: boolean
}

export const createHeadOfLineWatch = (state: GroupState): HeadOfLineWatch => {
  const { clock, metrics, group } = state.options
  const heads = new Map<OwnedPartition, Head>()

  const look = (): void => {
    const nowMs = clock.now()
    for (const [partition, head] of heads) if (partition.ended) over(partition, head)
    for (const partition of state.partitions.values()) {
      const { tracker } = partition
      const offset = tracker.records === 0 ? undefined : tracker.committable
      const head = heads.get(partition)
      if (head !== undefined && head.offset === offset) judge(partition, head, nowMs - head.sinceMs)
      else {
        if (head !== undefined) over(partition, head)
        if (offset !== undefined) heads.set(partition, { offset, sinceMs: nowMs, told: false })
      }
    }
  }

  const judge = (partition: OwnedPartition, head: Head, ageMs: number): void => {
    if (ageMs < state.limits.headOfLineMsMax) return
    if (!head.told) tell(partition, head, ageMs)
    if (head.told) metrics.headOfLine(partition.topic, group, partition.partition, ageMs)
  }

  const tell = (partition: OwnedPartition, head: Head, ageMs: number): void => {
    const unsettled = partition.tracker.unsettled()
    const [message] = unsettled
    const doneBehind = partition.tracker.records - unsettled.length + (partition.transaction?.ready.size ?? 0)
    if (message === undefined || doneBehind === 0) return
    head.told = true
    const why = message.history === undefined ? 'its first attempt has not ended' : message.history.last.message
    troubled(
      state,
      subjectOf(partition),
      `message ${message.safeMessageId} at offset ${head.offset} has held back ${doneBehind} done ones for ${ageMs} ms: ${why.slice(0, 512)}`,
    )
  }

  const over = (partition: OwnedPartition, head: Head): void => {
    heads.delete(partition)
    if (!head.told) return
    metrics.headOfLine(partition.topic, group, partition.partition, 0)
    recovered(state, subjectOf(partition))
  }

  return { look }
}

const subjectOf = ({ topic, partition }: OwnedPartition): string => `head of line of ${partitionKey(topic, partition)}`

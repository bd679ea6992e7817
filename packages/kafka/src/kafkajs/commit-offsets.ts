import { setTimeout as sleep } from 'node:timers/promises'
import type { CommitOffset } from '@interchange/messaging'
import { kafkaError, rootOf } from '../kafka-error.ts'
import type { KafkajsGroup, OffsetManager } from './kafkajs-internals.ts'

const attemptsMax = 6

/** The broker knows a newer generation, or none of this member: the assignment has ended. */
const fenced = new Set(['ILLEGAL_GENERATION', 'UNKNOWN_MEMBER_ID', 'REBALANCE_IN_PROGRESS', 'FENCED_INSTANCE_ID'])

const moved = new Set(['NOT_COORDINATOR_FOR_GROUP', 'GROUP_COORDINATOR_NOT_AVAILABLE', 'GROUP_LOAD_IN_PROGRESS'])

/**
 * Commits under the generation of `manager`, whatever the consumer has joined since, so that the broker refuses a late
 * owner (trap K16). False when it did. Repeats while the coordinator moves; rejects when the broker refuses or is away.
 */
export const commitOffsets = async (
  { manager, group }: { manager: OffsetManager; group: KafkajsGroup },
  offsets: readonly CommitOffset[],
): Promise<boolean> => {
  const topics = byTopic(offsets)
  for (let attempt = 1; ; attempt++) {
    try {
      await manager.commitOffsets({ topics })
      return true
    } catch (error) {
      const { type } = rootOf(error)
      if (type !== undefined && fenced.has(type)) return false
      const mapped = kafkaError(error, `committing offsets of ${group.groupId}`, { group: group.groupId })
      if (mapped.code !== 'ICX_KAFKA_UNAVAILABLE' || attempt >= attemptsMax) throw mapped
      if (group.offsetManager !== manager) return false
      await sleep(50 * 2 ** attempt)
      if (type !== undefined && moved.has(type)) await findCoordinator(manager, group)
    }
  }
}

/** kafkajs keeps asking the old coordinator as long as its connection stands. */
const findCoordinator = async (manager: OffsetManager, group: KafkajsGroup): Promise<void> => {
  const found = await group.cluster.findGroupCoordinator({ groupId: group.groupId }).catch(() => undefined)
  if (found !== undefined) manager.coordinator = found
}

const byTopic = (
  offsets: readonly CommitOffset[],
): { topic: string; partitions: { partition: number; offset: string }[] }[] => {
  const topics = new Map<string, { partition: number; offset: string }[]>()
  for (const { topic, partition, offset } of offsets) {
    const entry = { partition, offset: String(offset) }
    const partitions = topics.get(topic)
    if (partitions === undefined) topics.set(topic, [entry])
    else partitions.push(entry)
  }
  return [...topics].map(([topic, partitions]) => ({ topic, partitions }))
}

import { freeze, thaw } from '@interchange/drill-kit'
import { waitFor } from '@interchange/testing'
import type { Stage } from '../stage.ts'
import { type Fault, type Occasion, seenMs } from './fault.ts'
import { committedOf, resetOffsets, startMembers, untilAllDone, untilMembersEndedWith } from './operator.ts'
import { allInSync, replicasOf, untilReplicas } from './replicas.ts'

/**
 * Of the two copies of a partition one misses what the other took alone; that one's broker dies, and the first leads. Seen when the log
 * ends before what the group has committed, and every member has ended for it and said so; until an operator decides, the group must
 * not move. What is cut off had its effects: the drill loses nothing that was still to be done.
 */
export const electUncleanly: Fault = {
  name: 'unclean-election',
  async carryOut(occasion) {
    const { stage, writer } = occasion
    await allInSync(stage)
    const { ahead, behind, partitions } = await copiesInTurn(occasion)
    await behind.kill()
    await untilReplicas(
      stage,
      (all) => all.every(({ partition, inSync }) => !partitions.includes(partition) || inSync.length === 1),
      `${behind.name} to be missed`,
      behind.nodeId,
    )
    await untilMore(stage, partitions)
    await freeze(writer)
    try {
      await untilAllDone(stage)
      const before = await committedOf(stage)
      await ahead.kill()
      await behind.start()
      await untilReplicas(
        stage,
        (all) =>
          all.every(
            ({ partition, leader }) => leader >= 0 && (!partitions.includes(partition) || leader === behind.nodeId),
          ),
        `${behind.name} to lead ${partitions}`,
        ahead.nodeId,
      )
      await ahead.start()
      await allInSync(stage)
      await untilMembersEndedWith(stage, 'ICX_KAFKA_OFFSET_OUT_OF_RANGE')
      return await decide(stage, before)
    } finally {
      await thaw(writer)
    }
  },
}

/** The partitions that two brokers have and one of them leads. */
const copiesInTurn = async ({ stage, time }: Occasion) => {
  const { brokers } = stage.arena.cluster
  const ahead = brokers[time % brokers.length]
  const places = (await replicasOf(stage)).filter(({ leader }) => leader === ahead?.nodeId)
  const other = places[0]?.replicas.find((nodeId) => nodeId !== ahead?.nodeId)
  const behind = brokers.find(({ nodeId }) => nodeId === other)
  if (ahead === undefined || behind === undefined) throw new Error('a broker leads nothing')
  const partitions = places.flatMap(({ partition, replicas }) => (replicas.includes(behind.nodeId) ? [partition] : []))
  return { ahead, behind, partitions }
}

/** Waits until the writer has had something taken in each of these. */
const untilMore = async ({ admin, topic }: Stage, partitions: readonly number[]): Promise<void> => {
  const ends = async (): Promise<ReadonlyMap<number, number>> =>
    new Map((await admin.topicOffsets(topic)).map(({ partition, latest }) => [partition, latest]))
  const before = await ends()
  const more = async (): Promise<boolean> => {
    const now = await ends()
    return partitions.every((partition) => (now.get(partition) ?? 0) > (before.get(partition) ?? 0))
  }
  await waitFor(more, { timeoutMs: seenMs, everyMs: 100, what: `records in ${partitions}` })
}

/** An operator looks at where the group stands and where the log ends, and has it go on from there. */
const decide = async (stage: Stage, before: ReadonlyMap<number, number>): Promise<string> => {
  const { admin, topic, history } = stage
  const now = await committedOf(stage)
  const cut: string[] = []
  for (const { partition, latest } of await admin.topicOffsets(topic)) {
    const offset = before.get(partition) ?? 0
    if (latest >= offset) continue
    if (now.get(partition) !== offset)
      throw new Error(`the group went from ${offset} to ${now.get(partition)} by itself`)
    history.note({ op: 'deleted', partition, before: offset })
    await resetOffsets(stage, ['--to-offset', String(latest)], partition)
    cut.push(`${partition} from ${offset} to ${latest}`)
  }
  if (cut.length === 0) throw new Error('nothing was cut off')
  await startMembers(stage)
  return `partition ${cut.join(', ')}`
}

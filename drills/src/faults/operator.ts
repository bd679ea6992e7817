import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ErrorCode } from '@interchange/messaging'
import { waitFor } from '@interchange/testing'
import { partitions, type Stage } from '../stage.ts'
import { type Fault, seenMs } from './fault.ts'
import { kafkaTool } from './kafka-tool.ts'

/** The group's offsets go back to the beginning of the log; seen when its members have everything again. */
export const rewind: Fault = {
  name: 'rewind',
  async carryOut({ stage }) {
    await stopMembers(stage)
    const before = await committedOf(stage)
    await resetOffsets(stage, ['--to-earliest'])
    await startMembers(stage)
    const again = async (): Promise<boolean> => {
      const now = await committedOf(stage)
      return [...before].every(([partition, offset]) => (now.get(partition) ?? 0) >= offset)
    }
    await waitFor(again, { timeoutMs: 2 * seenMs, everyMs: 100, what: 'everything to come again' })
    return `${[...before.values()].reduce((sum, offset) => sum + offset, 0)} messages again`
  },
}

/**
 * A group comes back to a log whose records were deleted past what it has committed. Seen when every member has ended for it and said
 * so; until an operator decides, the group must not move.
 */
export const deletePastCommit: Fault = {
  name: 'delete-past-commit',
  async carryOut({ stage }) {
    const { admin, topic } = stage
    await stopMembers(stage)
    const [partition, offset] = [...(await committedOf(stage))].reduce((most, each) =>
      each[1] > most[1] ? each : most,
    )
    if (offset < 2) throw new Error('nothing is committed yet')
    // Of what is deleted all is done: the drill must not lose anything itself.
    await resetOffsets(stage, ['--to-offset', String(offset - 1)], partition)
    await deleteRecords(stage, partition, offset)
    await startMembers(stage)
    await untilMembersEndedWith(stage, 'ICX_KAFKA_OFFSET_OUT_OF_RANGE')
    const now = (await committedOf(stage)).get(partition)
    if (now !== offset - 1) throw new Error(`the group went from ${offset - 1} to ${now} by itself`)
    const earliest = (await admin.topicOffsets(topic)).find((each) => each.partition === partition)?.earliest
    if (earliest !== offset) throw new Error(`partition ${partition} begins at ${earliest}`)
    await resetOffsets(stage, ['--to-earliest'], partition)
    await startMembers(stage)
    return `partition ${partition} at ${offset}`
  },
}

/** Deletes what is before an offset, and notes it. */
export const deleteRecords = async (stage: Stage, partition: number, before: number): Promise<void> => {
  const { arena, topic, history } = stage
  const plan = join(arena.cluster.logFolder, `${topic}-${partition}-${before}.json`)
  await writeFile(plan, JSON.stringify({ partitions: [{ topic, partition, offset: before }], version: 1 }))
  await kafkaTool(arena, 'delete-records', ['--offset-json-file', plan])
  history.note({ op: 'deleted', partition, before })
}

/** Ends every member in good order, so that an operator may touch the group's offsets. */
export const stopMembers = async ({ members, admin, group }: Stage): Promise<void> => {
  await Promise.all(members.splice(0).map((member) => member.process.stop(20_000)))
  const isEmpty = async (): Promise<boolean> => (await admin.describeGroup(group)).members.length === 0
  await waitFor(isEmpty, { timeoutMs: seenMs, everyMs: 100, what: 'the group to be empty' })
}

/** Waits until every member has ended by itself, and said that it was for this. */
export const untilMembersEndedWith = async ({ members, facts }: Stage, code: ErrorCode): Promise<void> => {
  const allEnded = () => members.every(({ process }) => process.exit() !== null)
  await waitFor(allEnded, { timeoutMs: seenMs, everyMs: 50, what: 'every member to end' })
  for (const { proc } of members.splice(0)) {
    const last = facts().findLast((fact) => fact.op === 'process' && fact.proc === proc)
    if (last?.op !== 'process' || last.detail !== code) throw new Error(`${proc} ended without saying ${code}`)
  }
}

export const startMembers = async (stage: Stage): Promise<void> => {
  const starting = Array.from({ length: stage.setting.members }, () => stage.start('member'))
  stage.members.push(...(await Promise.all(starting)))
}

/** Next offset of each partition, as the group has committed it. */
export const committedOf = async ({ admin, group, topic }: Stage): Promise<ReadonlyMap<number, number>> =>
  new Map((await admin.committedOffsets(group, [topic])).map(({ partition, offset }) => [partition, offset]))

/** Resolves when it is gone, also for those who ask. */
export const deleteTopic = async ({ admin, arena }: Stage, name: string): Promise<void> => {
  await kafkaTool(arena, 'topics', ['--delete', '--topic', name])
  const gone = async (): Promise<boolean> => !(await admin.partitionCounts([name])).has(name)
  await waitFor(gone, { timeoutMs: seenMs, everyMs: 100, what: `the end of ${name}` })
}

/** As it was at the beginning. */
export const createTopic = async ({ arena, setting }: Stage, name: string): Promise<void> => {
  const shape = ['--partitions', setting.partitions ?? partitions, '--replication-factor', arena.brokers.length]
  await kafkaTool(arena, 'topics', ['--create', '--topic', name, ...shape.map(String)])
}

/** Waits until the group has committed all there is. */
export const untilAllDone = async (stage: Stage): Promise<void> => {
  const isDone = async (): Promise<boolean> => {
    const committed = await committedOf(stage)
    const ends = await stage.admin.topicOffsets(stage.topic)
    return ends.every(({ partition, latest }) => (committed.get(partition) ?? 0) === latest)
  }
  await waitFor(isDone, { timeoutMs: seenMs, everyMs: 100, what: 'everything to be done' })
}

/** Waits until the group has committed what there is now; others may go on writing. */
export const untilDoneSoFar = async (stage: Stage, timeoutMs = seenMs): Promise<void> => {
  const ends = await stage.admin.topicOffsets(stage.topic)
  const isDone = async (): Promise<boolean> => {
    const committed = await committedOf(stage)
    return ends.every(({ partition, latest }) => (committed.get(partition) ?? 0) >= latest)
  }
  await waitFor(isDone, { timeoutMs, everyMs: 100, what: 'what there is to be done' })
}

/** Moves the offsets of a group without members, on the whole topic or one partition, and notes where to. */
export const resetOffsets = async (stage: Stage, to: readonly string[], partition?: number): Promise<void> => {
  const { arena, group, topic, history } = stage
  const what = partition === undefined ? topic : `${topic}:${partition}`
  await kafkaTool(arena, 'groups', ['--group', group, '--topic', what, '--reset-offsets', ...to, '--execute'])
  for (const [moved, offset] of await committedOf(stage))
    if (partition === undefined || moved === partition) history.note({ op: 'rewound', partition: moved, offset })
}

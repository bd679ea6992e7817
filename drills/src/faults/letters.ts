import { setTimeout as pause } from 'node:timers/promises'
import { deadLetterTopicName } from '@interchange/messaging'
import { waitFor } from '@interchange/testing'
import type { Stage } from '../stage.ts'
import { type Fault, seenMs } from './fault.ts'
import { kafkaTool } from './kafka-tool.ts'
import { createTopic, deleteTopic } from './operator.ts'
import { type OwnStep, sendSteps } from './send-steps.ts'

/** How many dead letters the group has written. */
export const countLetters = async ({ admin, topic, group }: Stage): Promise<number> =>
  (await admin.topicOffsets(deadLetterTopicName(topic, group))).reduce((sum, { latest }) => sum + latest, 0)

/**
 * A message becomes a dead letter while none can be written; seen when the group calls for help. For so long its offset must not be
 * passed, and afterwards the group must find its way by itself.
 */
export const whileUnwritable = async (
  stage: Stage,
  step: Pick<OwnStep, 'key' | 'partition'>,
  forMs: number,
  restore: () => Promise<void>,
): Promise<void> => {
  const { facts, admin, topic, group } = stage
  const begunAt = facts().at(-1)?.at ?? 0
  const [sent] = await sendSteps(stage, [{ ...step, seq: 1, poison: true }])
  const told = (op: 'alarm' | 'relief') => () =>
    facts().some((fact) => fact.op === op && fact.subject === 'dead-letter' && fact.at > begunAt)
  try {
    await waitFor(told('alarm'), { timeoutMs: seenMs, everyMs: 50, what: 'a call for help' })
    await pause(forMs)
    const committed = await admin.committedOffsets(group, [topic])
    const passed = committed.find(({ partition, offset }) => partition === sent?.partition && offset > sent.offset)
    if (passed !== undefined) throw new Error(`${passed.partition}/${sent?.offset} has no letter and was passed`)
  } finally {
    await restore()
  }
  await waitFor(told('relief'), { timeoutMs: seenMs, everyMs: 50, what: 'the end of the alarm' })
}

/** The topic of the dead letters is deleted, then created again. Whoever plans it has no letters in it yet. */
export const letterTopicMissing = (forMs: number): Fault => ({
  name: 'letter-topic-missing',
  async carryOut({ stage, time }) {
    const name = deadLetterTopicName(stage.topic, stage.group)
    await deleteTopic(stage, name)
    await whileUnwritable(stage, { key: `missing-${time}` }, forMs, () => createTopic(stage, name))
    return name
  },
})

/** The topic of the dead letters takes nothing that is longer than a few bytes. */
export const letterTopicRefuses = (forMs: number): Fault => ({
  name: 'letter-topic-refuses',
  async carryOut({ stage, time }) {
    const name = deadLetterTopicName(stage.topic, stage.group)
    const alter = (...change: readonly string[]) =>
      kafkaTool(stage.arena, 'configs', ['--alter', '--entity-type', 'topics', '--entity-name', name, ...change])
    await alter('--add-config', 'max.message.bytes=64')
    await whileUnwritable(stage, { key: `refused-${time}` }, forMs, () => alter('--delete-config', 'max.message.bytes'))
    return name
  },
})

const everybody = 'User:ANONYMOUS'

/** Nobody may write to the topic of the dead letters; on a broker with an authorizer. */
export const letterTopicDenied = (forMs: number): Fault => ({
  name: 'letter-topic-denied',
  async carryOut({ stage, time }) {
    const name = deadLetterTopicName(stage.topic, stage.group)
    const acls = (...change: readonly string[]) => kafkaTool(stage.arena, 'acls', [...change, '--topic', name])
    // Where one rule is, only what is allowed is.
    await acls('--add', '--allow-principal', everybody, '--operation', 'All')
    await acls('--add', '--deny-principal', everybody, '--operation', 'Write')
    await whileUnwritable(stage, { key: `denied-${time}` }, forMs, () => acls('--remove', '--force'))
    return name
  },
})

import { freeze, thaw } from '@interchange/drill-kit'
import { deadLetterTopicName } from '@interchange/messaging'
import { waitFor } from '@interchange/testing'
import type { Actor, Stage } from '../stage.ts'
import { type Fault, seenMs } from './fault.ts'
import { kafkaTool } from './kafka-tool.ts'
import { whileUnwritable } from './letters.ts'
import { committedOf, createTopic, deleteTopic, untilAllDone } from './operator.ts'

const grownTo = 6

/**
 * An operator adds partitions to the topic, and a writer comes that knows them, before anybody has thought of the dead letters. Seen when
 * the members, which are not restarted, have records of each new partition; a letter of one of them must wait for its own topic.
 */
export const growTopic: Fault = {
  name: 'grow-topic',
  async carryOut({ stage, time }) {
    const { topic, group, arena, setting, facts, admin } = stage
    const before = (await admin.topicOffsets(topic)).length
    const grow = (name: string) =>
      kafkaTool(arena, 'topics', ['--alter', '--topic', name, '--partitions', String(grownTo)])
    await grow(topic)
    const { keys, perSecond } = setting.load
    const writer = await stage.start('writer', {
      args: [keys, perSecond, 0].map(String),
      ground: { partitions: grownTo },
    })
    const added = Array.from({ length: grownTo - before }, (_, index) => before + index)
    const isRead = (partition: number) => facts().some((fact) => fact.op === 'deliver' && fact.partition === partition)
    const seen = () => added.every(isRead)
    await waitFor(seen, { timeoutMs: seenMs, everyMs: 100, what: `records of partitions ${added}` })
    await whileUnwritable(
      stage,
      { key: `grown-${time}`, partition: grownTo - 1 },
      2_000,
      async () => await grow(deadLetterTopicName(topic, group)),
    )
    await writer.process.stop(20_000)
    return `${before} to ${grownTo} partitions`
  },
}

/**
 * An operator deletes the topic, with all of it done, and makes it anew under its name; whoever ends for it is started again. Seen when
 * each partition of the new one has been read and committed.
 */
export const recreateTopic: Fault = {
  name: 'recreate-topic',
  async carryOut({ stage, writer }) {
    const { topic, history, admin } = stage
    await freeze(writer)
    try {
      await untilAllDone(stage)
      for (const { partition, latest } of await admin.topicOffsets(topic)) {
        history.note({ op: 'deleted', partition, before: latest })
        history.note({ op: 'rewound', partition, offset: 0 })
      }
      await deleteTopic(stage, topic)
      await createTopic(stage, topic)
    } finally {
      await thaw(writer)
    }
    const ended: Actor[] = []
    const isRead = async (): Promise<boolean> => {
      ended.push(...(await restartEnded(stage)))
      const committed = await committedOf(stage)
      return (await admin.topicOffsets(topic)).every(({ partition, latest }) => {
        const offset = committed.get(partition) ?? 0
        return latest > 0 && offset > 0 && offset <= latest
      })
    }
    await waitFor(isRead, { timeoutMs: 2 * seenMs, everyMs: 200, what: `commits in the new ${topic}` })
    return `${ended.length} members ended for it`
  },
}

/** What a supervisor does. */
const restartEnded = async (stage: Stage): Promise<readonly Actor[]> => {
  const ended = stage.members.filter(({ process }) => process.exit() !== null)
  for (const member of ended) stage.members.splice(stage.members.indexOf(member), 1, await stage.start('member'))
  return ended
}

import { freeze, thaw } from '@interchange/drill-kit'
import { waitFor } from '@interchange/testing'
import type { Stage } from '../stage.ts'
import { outputTopics } from '../transfers.ts'
import { type Fault, seenMs } from './fault.ts'
import { askKafkaTool } from './kafka-tool.ts'

/**
 * The writer is stopped (SIGSTOP) until the broker has forgotten the members' producer ids and their transactional ids, and goes on
 * (SIGCONT). Seen when it knew both before and neither after, as Kafka's own tool lists them.
 */
export const outliveProducerIds: Fault = {
  name: 'outlive-producer-ids',
  async carryOut({ stage, writer }) {
    const known = await idsKnown(stage)
    if (known.some((count) => count === 0)) throw new Error(`the broker knew ${known.join(' and ')} ids before`)
    await freeze(writer)
    try {
      const forgotten = async (): Promise<boolean> => (await idsKnown(stage)).every((count) => count === 0)
      await waitFor(forgotten, { timeoutMs: seenMs, everyMs: 1_000, what: 'the end of every id' })
    } finally {
      await thaw(writer)
    }
    return 'broker'
  },
}

/** Producer ids of one partition that members write to, and transactional ids of all. */
const idsKnown = async (stage: Stage): Promise<readonly number[]> => {
  const [topic = ''] = outputTopics(stage)
  const said = await Promise.all([
    askKafkaTool(stage.arena, 'transactions', ['describe-producers', '--topic', topic, '--partition', '0']),
    askKafkaTool(stage.arena, 'transactions', ['list']),
  ])
  return said.map((table) => rowsOf(table).length)
}

/** The first line names the columns. */
const rowsOf = (table: string): readonly string[] =>
  table
    .trim()
    .split('\n')
    .slice(1)
    .filter((line) => line.trim() !== '')

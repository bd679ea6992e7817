import { waitFor } from '@interchange/testing'
import type { Actor, Stage } from '../stage.ts'
import { type Fault, seenMs } from './fault.ts'
import { startMembers, stopMembers } from './operator.ts'
import { type SentStep, sendSteps, untilDone } from './send-steps.ts'

const keys = 6

/**
 * Messages that failed wait in the table while everybody who knows of them is restarted; seen when each was tried again. How far from
 * its time on the wall each was tried is measured.
 */
const throughARestart = (name: string, restart: (stage: Stage) => Promise<void>): Fault => ({
  name,
  async carryOut({ stage, time }) {
    const sent = await sendSteps(
      stage,
      Array.from({ length: keys }, (_, index) => ({ key: `${name}-${time}-${index}`, seq: 1, does: 'fails at first' })),
    )
    const due = await waitFor(() => whenDue(stage, sent), { timeoutMs: seenMs, everyMs: 50, what: 'them to wait' })
    await restart(stage)
    if (Date.now() > Math.min(...due.values())) throw new Error('the restart was not over when the first was due')
    await untilDone(stage, sent)
    const lateMs = stage.facts().flatMap((fact) => {
      const dueMs = fact.op === 'attempt' && fact.attempt > 1 ? due.get(fact.id) : undefined
      return fact.op === 'attempt' && dueMs !== undefined ? [fact.timeMs - dueMs] : []
    })
    stage.history.note({ op: 'measured', figure: 'dueLateMs', value: Math.max(...lateMs) })
    stage.history.note({ op: 'measured', figure: 'dueEarlyMs', value: Math.max(0, -Math.min(...lateMs)) })
    return `${lateMs.length} messages`
  },
})

/** Everybody ends in good order and comes again. */
export const restartWhileWaiting = throughARestart('restart-while-waiting', async (stage) => {
  await stopMembers(stage)
  await startMembers(stage)
})

/** One member dies; the other takes what waits for its partitions over. */
export const killWhileWaiting = throughARestart('kill-while-waiting', async (stage) => {
  const killed = stage.members.shift()
  if (killed === undefined) throw new Error('there is no member')
  killed.signal('SIGKILL')
  await killed.process.exited
  await waitFor(() => isTakenFrom(stage, killed), { timeoutMs: seenMs, everyMs: 50, what: 'a take-over' })
  stage.members.push(await stage.start('member'))
})

const isTakenFrom = ({ facts }: Stage, killed: Actor): boolean => {
  const diedAt = facts().findLast(({ proc }) => proc === killed.proc)?.at ?? 0
  return facts().some(({ op, proc, at }) => op === 'assigned' && proc !== killed.proc && at > diedAt)
}

/** The time of each, once all of them wait. */
const whenDue = async ({ database }: Stage, sent: readonly SentStep[]): Promise<ReadonlyMap<string, number> | null> => {
  const sql = 'SELECT message_id::text AS id, due_ms AS due FROM waiting WHERE message_id = ANY($1::uuid[])'
  const rows = await database.query<{ id: string; due: string }>(sql, [sent.map(({ id }) => id)])
  return rows.length < sent.length ? null : new Map(rows.map(({ id, due }) => [id, Number(due)]))
}

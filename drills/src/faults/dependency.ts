import { setTimeout as pause } from 'node:timers/promises'
import type { Manner } from '@interchange/drill-kit'
import { waitFor } from '@interchange/testing'
import type { Stage } from '../stage.ts'
import { type Fault, seenMs } from './fault.ts'

/**
 * The server that every handler asks is away for so long: it refuses connections, or answers in some manner. Seen when a group calls
 * for help. Then it must be asked now and then only, and nothing may be put aside for it.
 */
export const dependencyAway = (how: { readonly kind: 'down' } | Manner, forMs: number): Fault => ({
  name: `dependency ${how.kind}`,
  async carryOut({ stage }) {
    const { proxy, front } = stage.arena.dependency
    const { facts, history } = stage
    const begunAt = facts().at(-1)?.at ?? 0
    const told = (op: 'alarm' | 'relief') => () =>
      facts().some((fact) => fact.op === op && fact.subject === 'outage' && fact.at > begunAt)
    const away = how.kind === 'down' ? await proxy.add(how) : front.behave(how)
    try {
      await waitFor(told('alarm'), { timeoutMs: seenMs, everyMs: 50, what: 'a call for help' })
      if (away.effects() === 0) throw new Error('nobody was turned away')
      // What was under way when it was noticed ends first.
      await pause(3_000)
      const before = questions(stage)
      await pause(forMs)
      const perSecond = ((questions(stage) - before) * 1_000) / forMs
      history.note({ op: 'measured', figure: 'probesPerSecond', value: perSecond })
      history.note({ op: 'measured', figure: 'putAsidePercent', value: await putAsidePercent(stage) })
    } finally {
      await away.remove()
    }
    await waitFor(told('relief'), { timeoutMs: seenMs, everyMs: 50, what: 'the end of the alarm' })
    return 'dependency'
  },
})

const questions = ({ facts }: Stage): number => facts().filter(({ op }) => op === 'attempt').length

const putAsidePercent = async ({ database, facts }: Stage): Promise<number> => {
  const [row] = await database.query<{ count: string }>('SELECT count(*) AS count FROM waiting')
  const sent = facts().filter((fact) => fact.op === 'send' && fact.phase === 'ok').length
  return (Number(row?.count) * 100) / sent
}

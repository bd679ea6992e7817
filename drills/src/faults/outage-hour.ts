import { setTimeout as pause } from 'node:timers/promises'
import { waitFor } from '@interchange/testing'
import { type Fault, seenMs } from './fault.ts'

const hourMs = 3_600_000

/**
 * The server that every handler asks refuses connections for an hour of the members' clocks. Seen when a group calls for help, and when
 * the hour is over and nothing but what was under way has been put aside or buried.
 */
export const outageHour: Fault = {
  name: 'dependency down for an hour',
  async carryOut({ stage }) {
    const { proxy } = stage.arena.dependency
    const { facts, history, setting, database } = stage
    const begunAt = facts().at(-1)?.at ?? 0
    /** The members that have called for help in this outage: all of them, or those that still do. */
    const alarmed = (which: 'ever' | 'still'): ReadonlySet<string> => {
      const procs = new Set<string>()
      for (const fact of facts()) {
        if (fact.at <= begunAt || (fact.op !== 'alarm' && fact.op !== 'relief') || fact.subject !== 'outage') continue
        if (fact.op === 'alarm') procs.add(fact.proc)
        else if (which === 'still') procs.delete(fact.proc)
      }
      return procs
    }
    const down = await proxy.add({ kind: 'down' })
    try {
      await waitFor(() => alarmed('ever').size > 0, { timeoutMs: seenMs, everyMs: 50, what: 'a call for help' })
      await pause(hourMs / (setting.handling?.clockFactor ?? 1))
      if (down.effects() === 0) throw new Error('nobody was turned away')
      if (alarmed('still').size < alarmed('ever').size) throw new Error('a member believed that it was over')
      const [row] = await database.query<{ count: string }>('SELECT count(*) AS count FROM waiting')
      const sent = facts().filter((fact) => fact.op === 'send' && fact.phase === 'ok').length
      history.note({ op: 'measured', figure: 'putAsidePercent', value: (Number(row?.count) * 100) / sent })
    } finally {
      await down.remove()
    }
    await waitFor(() => alarmed('still').size === 0, { timeoutMs: seenMs, everyMs: 50, what: 'the end of the alarm' })
    return 'dependency'
  },
}

import { setTimeout as pause } from 'node:timers/promises'
import type { Manner } from '@interchange/drill-kit'
import { waitFor } from '@interchange/testing'
import type { Stage } from '../stage.ts'
import { type Fault, seenMs } from './fault.ts'

/**
 * Who collects the members' spans refuses connections, or takes them and does not answer, for so long; seen when it was asked, or is
 * gone, and is told of spans again afterwards. Throughput and memory are held against as long a time before.
 */
export const collectorAway = (how: { readonly kind: 'down' } | Manner, forMs: number): Fault => ({
  name: `collector ${how.kind}`,
  async carryOut({ stage }) {
    const { proxy, front } = stage.arena.dependency
    const isTold = (): boolean => front.asked().length > 0
    await waitFor(isTold, { timeoutMs: seenMs, everyMs: 100, what: 'spans at the collector' })
    const before = await watch(stage, forMs)
    const away = how.kind === 'down' ? await proxy.add(how) : front.behave(how)
    let meanwhile: Watched
    try {
      meanwhile = await watch(stage, forMs)
      if (away.effects() === 0) throw new Error('nobody was turned away')
    } finally {
      await away.remove()
    }
    const asked = front.asked().length
    await waitFor(() => front.asked().length > asked, { timeoutMs: seenMs, everyMs: 100, what: 'spans again' })
    const note = (figure: string, value: number): void => stage.history.note({ op: 'measured', figure, value })
    note('throughputLossPercent', Math.round(100 * (1 - meanwhile.effects / before.effects)))
    note('memoryGrowthMb', meanwhile.memoryMb - before.memoryMb)
    return 'collector'
  },
})

interface Watched {
  readonly effects: number
  /** The most that one member took. */
  readonly memoryMb: number
}

const watch = async (stage: Stage, forMs: number): Promise<Watched> => {
  const fromAt = stage.facts().at(-1)?.at ?? 0
  const before = await countEffects(stage)
  await pause(forMs)
  const effects = (await countEffects(stage)) - before
  const taken = stage
    .facts()
    .flatMap((fact) => (fact.op === 'measured' && fact.figure === 'memoryMb' && fact.at > fromAt ? [fact.value] : []))
  return { effects, memoryMb: Math.max(...taken) }
}

const countEffects = async ({ database }: Stage): Promise<number> => {
  const [row] = await database.query<{ count: string }>('SELECT count(*) AS count FROM effect')
  return Number(row?.count)
}

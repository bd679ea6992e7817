import { setTimeout as pause } from 'node:timers/promises'
import { nowMs } from '@interchange/drill-kit'
import { waitFor } from '@interchange/testing'
import type { Stage } from '../stage.ts'
import { type Fault, seenMs } from './fault.ts'
import { countLetters } from './letters.ts'
import { oddRecords } from './odd-records.data.ts'
import { type OwnStep, openSender, type SentStep, untilDone } from './send-steps.ts'

/** Where an odd record stands in its batch; each place has a partition of its own. */
const places = [0, 1, 3]
const neighbours = [1, 2, 3]
/** Between two batches: bad ones are some of many, not a flood. */
const everyMs = 50
/** Before this, a message should have its effect. */
const underWayMs = 2_000

/**
 * Every odd record once at the first, a middle and the last place of a batch of sound ones; seen when each has become what it must and
 * its neighbours have their effects. Which share of the writer's messages was not done meanwhile is measured.
 */
export const oddNeighbours: Fault = {
  name: 'odd-neighbours',
  async carryOut({ stage, time }) {
    const letters = await countLetters(stage)
    const begunAt = nowMs()
    const sender = await openSender(stage)
    const handled: SentStep[] = []
    let expected = letters
    try {
      for (const [number, { input, becomes, ...odd }] of oddRecords.entries())
        for (const [partition, place] of places.entries()) {
          const name = `${input}-${number}-${time}-${partition}`
          const sound = { key: name, partition }
          const batch: OwnStep[] = neighbours.map((seq) => ({ ...sound, seq }))
          batch.splice(place, 0, { key: `${name}-odd`, partition, seq: 1, poison: becomes === 'letter', ...odd })
          const sent = await sender.send(batch)
          await pause(everyMs)
          handled.push(...sent.filter((_, index) => index !== place || becomes === 'handled'))
          if (becomes === 'letter') expected++
        }
      const written = async (): Promise<boolean> => (await countLetters(stage)) >= expected
      await waitFor(written, { timeoutMs: seenMs, everyMs: 100, what: `${expected - letters} dead letters` })
      const value = await lostPercent(stage, begunAt, nowMs() - underWayMs)
      stage.history.note({ op: 'measured', figure: 'goodLossPercent', value })
      await untilDone(stage, handled)
    } finally {
      await sender.close()
    }
    const floods = stage.facts().filter((fact) => fact.op === 'alarm' && fact.subject === 'flood' && fact.at > begunAt)
    return `${expected - letters} dead letters among ${handled.length} others, ${floods.length} taken for a flood`
  },
}

/** How many of the writer's messages of a span have no effect yet, in percent. */
const lostPercent = async ({ database, facts }: Stage, fromAt: number, untilAt: number): Promise<number> => {
  const sent = facts().flatMap((fact) =>
    fact.op === 'send' && fact.phase === 'ok' && fact.proc === 'writer-1' && fact.at > fromAt && fact.at < untilAt
      ? [fact.id]
      : [],
  )
  const [row] = await database.query<{ count: string }>(
    'SELECT count(DISTINCT id) AS count FROM effect WHERE id = ANY($1::uuid[])',
    [sent],
  )
  return Math.round(100 * (1 - Number(row?.count) / sent.length))
}

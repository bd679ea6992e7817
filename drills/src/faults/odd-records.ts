import { waitFor } from '@interchange/testing'
import type { Stage } from '../stage.ts'
import { type Fault, seenMs } from './fault.ts'
import { countLetters } from './letters.ts'
import { oddRecords } from './odd-records.data.ts'
import { type OwnStep, openSender, type SentStep, untilDone } from './send-steps.ts'

/** Where an odd record stands in its batch; each place has a partition of its own. */
const places = [0, 1, 3]
const neighbours = [1, 2, 3]

/**
 * Every odd record once at the first, a middle and the last place of a batch of sound ones; seen when each has become what it must and
 * its neighbours have their effects. Which share of the writer's messages was not done meanwhile is measured.
 */
export const oddNeighbours: Fault = {
  name: 'odd-neighbours',
  async carryOut({ stage, time }) {
    const letters = await countLetters(stage)
    const before = await loadSoFar(stage)
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
          handled.push(...sent.filter((_, index) => index !== place || becomes === 'handled'))
          if (becomes === 'letter') expected++
        }
      const written = async (): Promise<boolean> => (await countLetters(stage)) >= expected
      await waitFor(written, { timeoutMs: seenMs, everyMs: 100, what: `${expected - letters} dead letters` })
      const after = await loadSoFar(stage)
      const lost = 100 * (1 - (after.done - before.done) / (after.sent - before.sent))
      stage.history.note({ op: 'measured', figure: 'goodLossPercent', value: Math.max(0, Math.round(lost)) })
      await untilDone(stage, handled)
    } finally {
      await sender.close()
    }
    return `${expected - letters} dead letters among ${handled.length} others`
  },
}

/** What the writer was told is written, and what came of it. */
const loadSoFar = async ({ database, facts }: Stage): Promise<{ readonly sent: number; readonly done: number }> => {
  const [row] = await database.query<{ count: string }>(
    "SELECT count(DISTINCT id) AS count FROM effect WHERE key LIKE 'writer-1/%'",
  )
  const sent = facts().filter((fact) => fact.op === 'send' && fact.phase === 'ok' && fact.proc === 'writer-1').length
  return { sent, done: Number(row?.count) }
}

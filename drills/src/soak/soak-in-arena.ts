import { removeDeadStacks } from '@interchange/stack'
import { openArena } from '../arena.ts'
import { counterExampleLines } from '../counter-example-lines.ts'
import { drilledCommit, keepResult } from '../kept-results.ts'
import { arenaPrefix } from '../run-all.ts'
import type { ScenarioResult } from '../run-scenario.ts'
import { runSoak, type SoakOptions } from './run-soak.ts'
import { soak } from './soak.data.ts'
import { trendLine } from './soak-figures.ts'

/** A shorter one is a look, and does not replace what an hour has shown. */
const keptMinutesMin = 60

/** Runs the soak in an arena of its own, says what it came to and keeps the result of a long one. */
export const soakInArena = async (
  options: Omit<SoakOptions, 'run'> & { readonly onResult: (result: ScenarioResult) => void },
): Promise<void> => {
  const { say } = options.progress
  removeDeadStacks(arenaPrefix)
  // What is being drilled, whatever is committed while it is.
  const commit = drilledCommit()
  const arena = await openArena({ name: `${arenaPrefix}${process.pid}-3`, brokers: 3, registry: false, say })
  try {
    say(`${soak.name} ${soak.title}, ${options.minutes} min; Ctrl-C ends it with the verdict so far`)
    const result = await runSoak(arena, { ...options, run: String(process.pid) })
    tell(result, say)
    options.onResult(result)
    if ((result.soak?.minutes ?? 0) >= keptMinutesMin)
      await keepResult(result, { commit, kafka: arena.cluster.kafkaVersion })
  } finally {
    await arena.close()
  }
}

const tell = ({ soak: figures, counterExamples, passed }: ScenarioResult, say: (line: string) => void): void => {
  if (figures === undefined) return
  const { minutes, perSecond, backlogs, processes, missed } = figures
  say(
    `  ${passed ? 'ok' : 'FAILED'}: ${minutes} min, ${perSecond} messages/s, to do after quiet: ${backlogs.join(' ')}`,
  )
  for (const trend of processes) say(`  ${trendLine(trend)}`)
  for (const what of missed) say(`    missed: ${what}`)
  for (const line of counterExampleLines(counterExamples)) say(`  ${line}`)
}

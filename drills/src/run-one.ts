import type { Arena } from './arena.ts'
import { counterExampleLines } from './counter-example-lines.ts'
import { type Progress, progressLine } from './progress.ts'
import { runScenario, type ScenarioResult } from './run-scenario.ts'
import type { Scenario, Size } from './scenario.ts'

export interface RunOneOptions {
  readonly size: Size
  readonly seed: number
  readonly signal: AbortSignal
  readonly progress: Progress
}

let runs = 0

/** Runs a scenario and says how far it is and what it came to. Rejects with the signal's reason as soon as it is given. */
export const runOne = async (scenario: Scenario, arena: Arena, options: RunOneOptions): Promise<ScenarioResult> => {
  const { size, seed, signal, progress } = options
  const startedMs = performance.now()
  const say = (line: string): void => progress.say(`${scenario.name} ${line}`)
  say(`${scenario.title} …`)
  const planned = scenario.faults.reduce((sum, { times }) => sum + times[size], 0)
  let look = (): string => 'starting'
  const hide = progress.show(() => `${scenario.name}: ${look()}`)
  const running = runScenario(scenario, arena, {
    size,
    seed,
    run: `${process.pid}-${runs++}`,
    signal,
    say,
    onFacts(facts) {
      look = () => progressLine(facts(), planned)
    },
  })
  try {
    // A fault may wait for a minute to be seen; who says stop does not.
    const result = await Promise.race([running, aborted(signal)])
    tell(result, startedMs, say)
    return result
  } finally {
    hide()
  }
}

/** Rejects with the signal's reason. */
export const aborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason)
    else signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })

const tell = (result: ScenarioResult, startedMs: number, say: (line: string) => void): void => {
  const { acknowledged, faults, settledMs, repeatedRecords, takeOverMs, counterExamples, passed } = result
  const effective = faults.filter((fault) => fault.effective).length
  const tookS = ((performance.now() - startedMs) / 1_000).toFixed(1)
  const takeOver = takeOverMs.length === 0 ? '' : `, taken over in ${takeOverMs.join(' ')} ms`
  say(
    `  ${passed ? 'ok' : 'FAILED'} in ${tookS} s: ${acknowledged} acknowledged, ${effective} of ${faults.length} faults,`,
  )
  say(`  ${repeatedRecords} records repeated, settled in ${settledMs ?? '-'} ms${takeOver}`)
  for (const { figure, measured, allowed } of result.figures)
    say(`  ${figure} ${measured ?? 'not seen'} of ${allowed} allowed`)
  for (const line of counterExampleLines(counterExamples)) say(line)
}

import { InterchangeError } from '@interchange/messaging'
import { removeDeadStacks } from '@interchange/stack'
import { type Arena, openArena } from './arena.ts'
import { drilledCommit, keepResult, knownResult } from './kept-results.ts'
import { type Progress, progressLine } from './progress.ts'
import { runScenario, type ScenarioResult } from './run-scenario.ts'
import type { Scenario, Size } from './scenario.ts'

export const arenaPrefix = 'drill-'

export interface RunAllOptions {
  readonly chosen: readonly Scenario[]
  readonly size: Size
  readonly seed: number
  readonly signal: AbortSignal
  readonly progress: Progress
  /** Takes each result as it is there. */
  readonly onResult: (result: ScenarioResult) => void
}

/** Runs scenarios, one arena for all that share theirs, smaller first. Rejects with the signal's reason as soon as it is given. */
export const runAll = async (options: RunAllOptions): Promise<void> => {
  removeDeadStacks(arenaPrefix)
  const commit = drilledCommit()
  for (const [place, sharing] of arenasOf(options.chosen).entries()) {
    const open = sharing.filter((scenario) => !isKnown(scenario, commit, options))
    const arena = await arenaFor(open, place, options.progress.say)
    if (arena === undefined) continue
    try {
      for (const scenario of open) await runOne(scenario, arena, commit, options)
    } finally {
      await arena.close()
    }
  }
}

/** Scenarios by the arena they share: smaller first, and of each size those without brokers of their own. */
const arenasOf = (chosen: readonly Scenario[]): readonly (readonly Scenario[])[] => {
  const cost = ({ brokers, ownBrokers }: Scenario): number => brokers * 2 + (ownBrokers === undefined ? 0 : 1)
  const ordered = [...chosen].sort((a, b) => cost(a) - cost(b))
  return [...Map.groupBy(ordered, ({ brokers, ownBrokers }) => JSON.stringify([brokers, ownBrokers ?? null])).values()]
}

/** Undefined where nothing is to be run, or cannot be on this machine, which is said. */
const arenaFor = async (
  scenarios: readonly Scenario[],
  place: number,
  say: (line: string) => void,
): Promise<Arena | undefined> => {
  const [first] = scenarios
  if (first === undefined) return undefined
  const { brokers, ownBrokers } = first
  const registry = scenarios.some((scenario) => scenario.registry === true)
  try {
    return await openArena({ name: `${arenaPrefix}${process.pid}-${place}`, brokers, ownBrokers, registry, say })
  } catch (error) {
    const isDisk = ownBrokers?.diskMb !== undefined && error instanceof InterchangeError
    if (!isDisk || error.code !== 'ICX_STACK_TOOL_MISSING') throw error
    say(`${scenarios.map(({ name }) => name).join(' ')} DID NOT RUN and does not count: ${error.message}`)
    return undefined
  }
}

const isKnown = (scenario: Scenario, commit: string, { size, onResult, progress }: RunAllOptions): boolean => {
  const known = size === 'full' ? knownResult(scenario.name, commit) : undefined
  if (known === undefined) return false
  progress.say(`${scenario.name} has its result for ${commit}`)
  onResult(known)
  return true
}

let runs = 0

const runOne = async (scenario: Scenario, arena: Arena, commit: string, options: RunAllOptions): Promise<void> => {
  const { size, seed, signal, progress, onResult } = options
  const startedMs = performance.now()
  progress.say(`${scenario.name} ${scenario.title}`)
  const planned = scenario.faults.reduce((sum, { times }) => sum + times[size], 0)
  let look = (): string => 'starting'
  const hide = progress.show(() => `${scenario.name}: ${look()}`)
  const running = runScenario(scenario, arena, {
    size,
    seed,
    run: `${process.pid}-${runs++}`,
    signal,
    say: progress.say,
    onFacts(facts) {
      look = () => progressLine(facts(), planned)
    },
  })
  try {
    // A fault may wait for a minute to be seen; who says stop does not.
    const result = await Promise.race([running, aborted(signal)])
    tell(result, startedMs, progress.say)
    onResult(result)
    if (size === 'full') await keepResult(result, { commit, kafka: arena.cluster.kafkaVersion })
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
  for (const { invariant, detail, facts } of counterExamples) {
    say(`    ${invariant}: ${detail}`)
    for (const fact of facts) say(`      ${JSON.stringify(fact)}`)
  }
}

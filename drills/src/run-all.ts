import { InterchangeError } from '@interchange/messaging'
import { removeDeadStacks } from '@interchange/stack'
import { type Arena, openArena } from './arena.ts'
import { drilledCommit, keepResult, knownResult } from './kept-results.ts'
import { type RunOneOptions, runOne } from './run-one.ts'
import type { ScenarioResult } from './run-scenario.ts'
import type { Scenario } from './scenario.ts'

export const arenaPrefix = 'drill-'

export interface RunAllOptions extends RunOneOptions {
  readonly chosen: readonly Scenario[]
  /** At once, each in an arena of its own. */
  readonly lanes: number
  /** Takes each result as it is there. */
  readonly onResult: (result: ScenarioResult) => void
}

/**
 * Runs scenarios: of those that share an arena so many at once, each in one of its own, smaller arenas first. Rejects with the
 * signal's reason as soon as it is given.
 */
export const runAll = async (options: RunAllOptions): Promise<void> => {
  removeDeadStacks(arenaPrefix)
  const commit = drilledCommit()
  for (const sharing of arenasOf(options.chosen)) {
    const open = sharing.filter((scenario) => !isKnown(scenario, commit, options))
    await runSharing(open, options, async (scenario, arena) => {
      const result = await runOne(scenario, arena, options)
      options.onResult(result)
      if (options.size === 'full') await keepResult(result, { commit, kafka: arena.cluster.kafkaVersion })
    })
  }
}

let arenas = 0

/** Whoever is through with one takes the next; when one cannot go on, the others begin nothing more. */
const runSharing = async (
  scenarios: readonly Scenario[],
  { lanes, progress }: RunAllOptions,
  run: (scenario: Scenario, arena: Arena) => Promise<void>,
): Promise<void> => {
  const left = [...scenarios]
  const failures: unknown[] = []
  const work = async (arena: Arena): Promise<void> => {
    try {
      for (let next = left.shift(); next !== undefined; next = left.shift()) await run(next, arena)
    } catch (error) {
      failures.push(error)
      left.length = 0
    } finally {
      await arena.close()
    }
  }
  const working: Promise<void>[] = []
  // One after the other: the first brings what a machine that has never run a broker has to fetch.
  while (working.length < lanes && left.length > 0) {
    const arena = await arenaFor(scenarios, arenas++, progress.say).catch((error: unknown) => {
      failures.push(error)
      left.length = 0
    })
    if (arena === undefined) break
    working.push(work(arena))
  }
  await Promise.all(working)
  if (failures.length > 0) throw failures[0]
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

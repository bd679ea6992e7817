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

/** Scenarios that share an arena, as far as nobody has begun them. */
interface Group {
  readonly scenarios: readonly Scenario[]
  readonly left: Scenario[]
  lanes: number
}

/**
 * Runs scenarios: so many at once, each in an arena of its own, which those that can share it have one after the other. Rejects with
 * the signal's reason as soon as it is given.
 */
export const runAll = async (options: RunAllOptions): Promise<void> => {
  removeDeadStacks(arenaPrefix)
  const commit = drilledCommit()
  const groups = arenasOf(options.chosen).map((scenarios): Group => {
    return { scenarios, left: scenarios.filter((scenario) => !isKnown(scenario, commit, options)), lanes: 0 }
  })
  const failures: unknown[] = []
  const run = async (scenario: Scenario, arena: Arena): Promise<void> => {
    const result = await runOne(scenario, arena, options)
    options.onResult(result)
    if (options.size === 'full') await keepResult(result, { commit, kafka: arena.cluster.kafkaVersion })
  }
  /** When one cannot go on, the others begin nothing more. */
  const lane = async (opened: () => void): Promise<void> => {
    try {
      for (let group = nextOf(groups); group !== undefined; group = nextOf(groups))
        await runGroup(group, run, opened, options.progress.say)
    } catch (error) {
      failures.push(error)
      for (const { left } of groups) left.length = 0
    }
    opened()
  }
  const lanes: Promise<void>[] = []
  while (lanes.length < options.lanes) {
    // One after the other: the first brings what a machine that has never run a broker has to fetch.
    await new Promise<void>((opened) => {
      lanes.push(lane(opened))
    })
  }
  await Promise.all(lanes)
  if (failures.length > 0) throw failures[0]
}

/** One that nobody is at, and then the one with the most to do: for a single drill no second arena is opened. */
const nextOf = (groups: readonly Group[]): Group | undefined => {
  const untouched = groups.find(({ left, lanes }) => left.length > 0 && lanes === 0)
  const [longest] = groups.toSorted((a, b) => b.left.length - a.left.length)
  return untouched ?? (longest !== undefined && longest.left.length > 1 ? longest : undefined)
}

let arenas = 0

const runGroup = async (
  group: Group,
  run: (scenario: Scenario, arena: Arena) => Promise<void>,
  opened: () => void,
  say: (line: string) => void,
): Promise<void> => {
  const { scenarios, left } = group
  group.lanes++
  try {
    const arena = await arenaFor(scenarios, arenas++, say)
    opened()
    if (arena === undefined) {
      left.length = 0
      return
    }
    try {
      for (let next = left.shift(); next !== undefined; next = left.shift()) await run(next, arena)
    } finally {
      await arena.close()
    }
  } finally {
    group.lanes--
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

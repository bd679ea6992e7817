import type { Violation } from './check-history.ts'
import { type FaultKind, faultKinds } from './history.ts'
import type { Kernel } from './kernel.ts'
import { faultsMin, type Mode, runSeed, type SeedResult, stepsMin } from './run-seed.ts'

/** What a number of seeds came to; plain data, so that it can travel between threads. */
export interface Tally {
  seeds: number
  readonly violating: { readonly seed: number; readonly violations: readonly Violation[] }[]
  /** Seeds that were too small to count: fewer steps, members or faults than a seed has to have. */
  readonly tooSmall: number[]
  /** One value per seed. */
  readonly samples: Readonly<Record<Figure, number[]>>
  readonly faults: Record<FaultKind, number>
}

/** What is counted of every seed. */
export const figureNames = [
  'steps',
  'members',
  'rebalances',
  'faults',
  'healedMs',
  'waited',
  'takenOver',
  'fenced',
  'replayed',
  'held',
  'retried',
  'relayed',
] as const

export type Figure = (typeof figureNames)[number]

export const emptyTally = (): Tally => ({
  seeds: 0,
  violating: [],
  tooSmall: [],
  samples: Object.fromEntries(figureNames.map((name) => [name, []])) as unknown as Record<Figure, number[]>,
  faults: Object.fromEntries(faultKinds.map((kind) => [kind, 0])) as Record<FaultKind, number>,
})

/** Runs seeds one after the other; a seed that is violated is run again and has to violate the same. */
export const tallySeeds = async (kernel: Kernel, firstSeed: number, seeds: number, mode: Mode): Promise<Tally> => {
  const tally = emptyTally()
  for (let seed = firstSeed; seed < firstSeed + seeds; seed++) {
    const result = await runSeed(kernel, seed, mode)
    tally.seeds++
    for (const kind of faultKinds) tally.faults[kind] += result.faults[kind]
    const faults = faultKinds.reduce((sum, kind) => sum + result.faults[kind], 0)
    for (const name of figureNames) tally.samples[name].push(name === 'faults' ? faults : result.figures[name])
    if (result.figures.steps < stepsMin || result.figures.members < 3 || faults < faultsMin) tally.tooSmall.push(seed)
    if (result.violations.length === 0) continue
    await assertReplays(kernel, result, mode)
    tally.violating.push({ seed, violations: result.violations })
  }
  return tally
}

/** Adds what another thread has found. */
export const addTally = (to: Tally, from: Tally): void => {
  to.seeds += from.seeds
  to.violating.push(...from.violating)
  to.tooSmall.push(...from.tooSmall)
  for (const name of figureNames) for (const value of from.samples[name]) to.samples[name].push(value)
  for (const kind of faultKinds) to.faults[kind] += from.faults[kind]
}

const assertReplays = async (kernel: Kernel, first: SeedResult, mode: Mode): Promise<void> => {
  const second = await runSeed(kernel, first.seed, mode)
  if (JSON.stringify(second.history) === JSON.stringify(first.history)) return
  throw new Error(`seed ${first.seed} does not replay: two runs of it have different histories`)
}

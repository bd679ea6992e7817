import { type FaultKind, faultKinds } from './history.ts'
import type { Kernel } from './kernel.ts'
import { faultsMin, type Mode, runSeed, type SeedResult, stepsMin } from './run-seed.ts'

/** What is said about a run of many seeds. */
export interface Simulation {
  readonly seeds: number
  readonly violating: readonly SeedResult[]
  /** Seeds that were too small to count: fewer steps, members or faults than a seed has to have. */
  readonly tooSmall: readonly number[]
  readonly figures: Readonly<Record<string, Distribution>>
  readonly faults: Readonly<Record<FaultKind, number>>
}

export interface Distribution {
  readonly least: number
  readonly median: number
  readonly p95: number
  readonly most: number
}

export interface SimulateOptions {
  readonly kernel: Kernel
  readonly firstSeed: number
  readonly seeds: number
  readonly mode: Mode
  readonly signal: AbortSignal
  readonly progress: (done: number, violations: number) => void
}

const progressEveryMs = 2_000
const violatingMax = 20

/** Runs seeds one after the other; a seed that is violated is run again and has to violate the same. */
export const simulate = async (options: SimulateOptions): Promise<Simulation> => {
  const { kernel, firstSeed, mode, signal } = options
  const samples = { steps: [], members: [], rebalances: [], faults: [], 'healed ms': [] } as Record<string, number[]>
  const faults = Object.fromEntries(faultKinds.map((kind) => [kind, 0])) as Record<FaultKind, number>
  const violating: SeedResult[] = []
  const tooSmall: number[] = []
  let done = 0
  let toldAtMs = performance.now()
  for (let seed = firstSeed; seed < firstSeed + options.seeds && !signal.aborted; seed++) {
    const result = await runSeed(kernel, seed, mode)
    done++
    const happened = faultKinds.reduce((sum, kind) => sum + result.faults[kind], 0)
    for (const kind of faultKinds) faults[kind] += result.faults[kind]
    samples['steps']?.push(result.steps)
    samples['members']?.push(result.members)
    samples['rebalances']?.push(result.rebalances)
    samples['faults']?.push(happened)
    if (result.healedMs !== undefined) samples['healed ms']?.push(result.healedMs)
    if (result.steps < stepsMin || result.members < 3 || happened < faultsMin) tooSmall.push(seed)
    if (result.violations.length > 0) {
      violating.push(await again(kernel, result, mode))
      if (violating.length === violatingMax) break
    }
    if (performance.now() - toldAtMs < progressEveryMs && done % 50 !== 0) continue
    // A turn of the event loop, so that a signal can arrive.
    await new Promise((resolve) => setImmediate(resolve))
    if (performance.now() - toldAtMs < progressEveryMs) continue
    toldAtMs = performance.now()
    options.progress(done, violating.length)
  }
  const figures = Object.fromEntries(Object.entries(samples).map(([name, values]) => [name, distribution(values)]))
  return { seeds: done, violating, tooSmall, figures, faults }
}

/** The proof that the seed replays. */
const again = async (kernel: Kernel, first: SeedResult, mode: Mode): Promise<SeedResult> => {
  const second = await runSeed(kernel, first.seed, mode)
  if (JSON.stringify(second.history) === JSON.stringify(first.history)) return first
  throw new Error(`seed ${first.seed} does not replay: two runs of it have different histories`)
}

const distribution = (values: number[]): Distribution => {
  const sorted = values.toSorted((left, right) => left - right)
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
  return { least: at(0), median: at(0.5), p95: at(0.95), most: at(1) }
}

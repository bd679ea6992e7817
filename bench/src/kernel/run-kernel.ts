import { type ArmName, arms, controlArm, type InputName } from './arms.ts'
import { type Compared, compare, type Measurement } from './compare.ts'
import { type Comparison, type ComparisonName, comparisons } from './comparisons.ts'
import { type KernelGround, measureArm } from './measure-arm.ts'
import { canPin } from './pinning.ts'
import { profileArms } from './profile-arms.ts'
import { mayStartRound } from './round-budget.ts'
import { withGround } from './with-ground.ts'

export interface KernelOptions {
  readonly seconds: number
  /** Most rounds; fewer when the time is over. */
  readonly rounds: number
  /** When the whole run, servers and profiles included, is to be over. */
  readonly budgetMinutes: number
  /** Where the flame graphs go: of cells that miss their goal or, with a `profileFolder`, of all. */
  readonly drawingFolder: string
  /** Where the profiles themselves go. */
  readonly profileFolder: string | undefined
  readonly signal: AbortSignal
  readonly say: (line: string) => void
}

export interface KernelResult {
  readonly results: readonly Compared[]
  /** Every measurement in the order it was made, and what was measured. */
  readonly raw: Readonly<Record<string, unknown>>
}

/** Profiling one arm: its measurement, its start and its end. */
const profileMs = 15_000
const shortCellsExpected = 3
/** Share of what the chain carries at which waiting times are taken. */
const halfLoad = 0.5

/**
 * The kernel against its peers: every arm in a process of its own, all on one core with the servers on the other, in rounds whose
 * order turns around (A B, B A), so that a slow drift of the machine meets every arm alike.
 */
export const runKernel = async (names: readonly ComparisonName[], options: KernelOptions): Promise<KernelResult> => {
  const startedAtMs = performance.now()
  const wanted = armsOf(names)
  const alone = wanted.every((name) => arms[name].kind === 'alone')
  const seeded = inputsOf(alone ? [] : [...wanted, controlArm])
  return await withGround({ ...options, servers: !alone, seeded }, async (ground, versions) => {
    const { say, rounds, budgetMinutes } = options
    const opening = alone ? undefined : await measureArm(ground, controlArm, { round: 0, ratePerSecond: 0 })
    const ratePerSecond = await halfLoadRate(ground, wanted)
    const { measurements, roundsMs } = await measureRounds(ground, wanted, {
      rounds,
      ratePerSecond,
      startedAtMs,
      budgetMs: budgetMinutes * 60_000,
      closingMs: profileMs * (options.profileFolder === undefined ? shortCellsExpected : names.length),
    })
    const closing = alone ? undefined : await measureArm(ground, controlArm, { round: rounds + 1, ratePerSecond: 0 })
    const driftPercent =
      opening === undefined || closing === undefined
        ? undefined
        : 100 * (closing.recordsPerSecond / opening.recordsPerSecond - 1)
    if (driftPercent !== undefined) say(`  the control arm drifted by ${driftPercent.toFixed(1)} % from first to last`)
    const results = names.map((name) => compare(name, measurements))
    const toProfile = results
      .filter(({ met }) => options.profileFolder !== undefined || !met)
      .map(({ name }) => comparisons[name].ours)
    const profiles = await profileArms(ground, new Set(toProfile), { ...options, ratePerSecond })
    return {
      results,
      raw: {
        seconds: options.seconds,
        rounds: roundsMs.length,
        minutes: (performance.now() - startedAtMs) / 60_000,
        pinned: canPin,
        ...(driftPercent !== undefined && { driftPercent }),
        ...(ratePerSecond > 0 && { ratePerSecond }),
        failures: ground.failures,
        versions,
        ...(opening !== undefined && { control: { opening, closing } }),
        profiles,
        measurements,
      },
    }
  })
}

interface RoundsOptions {
  readonly rounds: number
  readonly ratePerSecond: number
  readonly startedAtMs: number
  readonly budgetMs: number
  readonly closingMs: number
}

const measureRounds = async (
  ground: KernelGround,
  wanted: readonly ArmName[],
  { rounds, ratePerSecond, startedAtMs, budgetMs, closingMs }: RoundsOptions,
) => {
  const measurements: Measurement[] = []
  const roundsMs: number[] = []
  for (let round = 1; round <= rounds; round++) {
    const atMs = performance.now()
    const elapsedMs = atMs - startedAtMs
    if (!mayStartRound({ elapsedMs, roundsMs, closingMs, budgetMs })) {
      ground.say(`  no time for round ${round} of ${rounds}`)
      break
    }
    ground.say(`  round ${round} of ${rounds}, after ${(elapsedMs / 60_000).toFixed(1)} minutes`)
    try {
      for (const arm of round % 2 === 1 ? wanted : wanted.toReversed()) {
        const paced = arms[arm].kind === 'follows'
        const result = await measureArm(ground, arm, { round, ratePerSecond: paced ? ratePerSecond : 0 })
        measurements.push({ round, arm, ...result })
      }
    } catch (error) {
      // The rounds before it are complete, and the failure is published with them.
      if (round === 1 || ground.signal.aborted) throw error
      ground.say(`  round ${round} is the last: ${error instanceof Error ? error.message : String(error)}`)
      break
    }
    roundsMs.push(performance.now() - atMs)
  }
  return { measurements, roundsMs }
}

/** Half of what load, broker and our consumer together carry; 0 when no arm follows a load. */
const halfLoadRate = async (ground: KernelGround, wanted: readonly ArmName[]): Promise<number> => {
  const followers = wanted.filter((name) => arms[name].kind === 'follows')
  if (followers.length === 0) return 0
  const carried: number[] = []
  for (const name of followers) {
    carried.push((await measureArm(ground, name, { round: 0, ratePerSecond: 0 })).recordsPerSecond)
  }
  const rate = Math.floor(halfLoad * Math.min(...carried))
  ground.say(`  half load: ${rate}/s`)
  return rate
}

const armsOf = (names: readonly ComparisonName[]): readonly ArmName[] => {
  const wanted = names.flatMap((name) => {
    const { ours, against, beside = [] }: Comparison = comparisons[name]
    return [ours, ...against, ...beside]
  })
  return (Object.keys(arms) as ArmName[]).filter((name) => wanted.includes(name))
}

const inputsOf = (names: readonly ArmName[]): ReadonlySet<InputName> =>
  new Set(
    names.flatMap((name) => {
      const arm = arms[name]
      return arm.kind === 'reads' ? [arm.input] : []
    }),
  )

import type { AllocationPlace } from './allocation-places.ts'
import type { ArmName } from './arms.ts'
import { type Comparison, type ComparisonName, comparisons, type Measure } from './comparisons.ts'
import type { ArmResult } from './meter.ts'
import { bootstrapInterval, median } from './statistics.ts'

/** One arm in one round. */
export interface Measurement extends ArmResult {
  readonly round: number
  readonly arm: ArmName
}

/** A benchmark's answer: medians over the rounds, with bootstrap 95 % intervals. */
export interface Compared {
  readonly name: ComparisonName
  /** Ours over the best peer's, or over the bound, round by round. */
  readonly ratio: number
  readonly interval: readonly [number, number]
  readonly goal: Comparison['goal']
  /** The ratio of CPU time a message, the peer's over ours: hardly moves when the machine is shared. */
  readonly cpuRatio?: number
  readonly met: boolean
  readonly p99Ms?: number
  readonly arms: readonly ArmFigures[]
}

export interface ArmFigures {
  readonly arm: ArmName
  readonly recordsPerSecond: number
  readonly cpuMicrosPerRecord: number
  readonly duplicates: number
  readonly p99Ms?: number
  readonly bytesPerRecord?: number
  /** Where it allocates most. */
  readonly places?: readonly AllocationPlace[]
}

/** The median reaches the goal or misses it, however wide its interval; a waiting time over its bound misses it too. */
export const compare = (name: ComparisonName, measurements: readonly Measurement[]): Compared => {
  const {
    ours,
    against,
    beside = [],
    bound,
    goal,
    measure = 'recordsPerSecond',
    p99MsMax,
  }: Comparison = comparisons[name]
  const ofArm = (arm: ArmName) => measurements.filter((each) => each.arm === arm)
  const best = bestOf(against, measure, ofArm)
  const peers = best === undefined ? [] : ofArm(best)
  const pairs = ofArm(ours).flatMap((mine) => {
    const peer = peers.find(({ round }) => round === mine.round)
    const below = peer === undefined ? bound?.of(mine) : measuredAs(peer, measure)
    return below === undefined ? [] : [{ ratio: measuredAs(mine, measure) / below, mine, peer }]
  })
  const ratios = pairs.map(({ ratio }) => ratio)
  const ratio = median(ratios)
  const reached = 'atLeast' in goal ? ratio >= goal.atLeast : ratio <= goal.atMost
  const cpuRatios = pairs.flatMap(({ mine, peer }) =>
    peer === undefined ? [] : [peer.cpuMicrosPerRecord / mine.cpuMicrosPerRecord],
  )
  const figures = [...new Set([ours, ...against, ...beside])].map((arm) => figuresOf(arm, ofArm(arm)))
  const p99Ms = figures[0]?.p99Ms
  return {
    name,
    ratio,
    interval: bootstrapInterval(ratios),
    goal,
    ...(cpuRatios.length > 0 && { cpuRatio: median(cpuRatios) }),
    met: reached && (p99MsMax === undefined || (p99Ms ?? 0) <= p99MsMax),
    ...(p99MsMax !== undefined && p99Ms !== undefined && { p99Ms }),
    arms: figures,
  }
}

/** The peer that is hardest to beat. */
const bestOf = (
  against: readonly ArmName[],
  measure: Measure,
  ofArm: (arm: ArmName) => readonly Measurement[],
): ArmName | undefined => {
  const sign = measure === 'recordsPerSecond' ? 1 : -1
  const scored = against.map((arm) => ({
    arm,
    score: sign * median(ofArm(arm).map((each) => measuredAs(each, measure))),
  }))
  return scored.sort((left, right) => right.score - left.score)[0]?.arm
}

const measuredAs = (result: ArmResult, measure: Measure): number => {
  const value = result[measure]
  if (value === undefined) throw new TypeError(`an arm did not measure ${measure}`)
  return value
}

const figuresOf = (arm: ArmName, own: readonly Measurement[]): ArmFigures => {
  const medianOf = (measure: Measure): number | undefined => {
    const values = own.flatMap((each) => each[measure] ?? [])
    return values.length === 0 ? undefined : median(values)
  }
  const places = own.at(-1)?.places
  const [p99Ms, bytesPerRecord] = [medianOf('p99Ms'), medianOf('bytesPerRecord')]
  return {
    arm,
    recordsPerSecond: medianOf('recordsPerSecond') ?? Number.NaN,
    cpuMicrosPerRecord: medianOf('cpuMicrosPerRecord') ?? Number.NaN,
    duplicates: own.reduce((sum, { duplicates }) => sum + duplicates, 0),
    ...(p99Ms !== undefined && { p99Ms }),
    ...(bytesPerRecord !== undefined && { bytesPerRecord }),
    ...(places !== undefined && { places }),
  }
}

import { type ArmName, type Comparison, type ComparisonName, comparisons } from './arms.ts'
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
  /** Messages a second, ours over the faster peer's, round by round. */
  readonly ratio: number
  readonly interval: readonly [number, number]
  readonly goal: number
  /** The ratio of CPU time a message, the peer's over ours: hardly moves when the machine is shared. */
  readonly cpuRatio: number
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
}

/** A goal is missed when the whole interval is below it; a single waiting time over its bound misses it too. */
export const compare = (name: ComparisonName, measurements: readonly Measurement[]): Compared => {
  const { ours, against, beside = [], goal, p99MsMax }: Comparison = comparisons[name]
  const figures = [ours, ...against, ...beside].map((arm) => figuresOf(arm, measurements))
  const [own, ...others] = figures
  const fastest = others
    .slice(0, against.length)
    .reduce((best, each) => (each.recordsPerSecond > best.recordsPerSecond ? each : best))
  if (own === undefined) throw new TypeError('a comparison has an arm of ours')
  const ofArm = (arm: ArmName) => measurements.filter((each) => each.arm === arm)
  const peers = ofArm(fastest.arm)
  const pairs = ofArm(ours).flatMap((mine) => {
    const peer = peers.find(({ round }) => round === mine.round)
    return peer === undefined ? [] : [{ mine, peer }]
  })
  const ratios = pairs.map(({ mine, peer }) => mine.recordsPerSecond / peer.recordsPerSecond)
  const interval = bootstrapInterval(ratios)
  return {
    name,
    ratio: median(ratios),
    interval,
    goal,
    cpuRatio: median(pairs.map(({ mine, peer }) => peer.cpuMicrosPerRecord / mine.cpuMicrosPerRecord)),
    met: interval[1] >= goal && (p99MsMax === undefined || (own.p99Ms ?? 0) <= p99MsMax),
    ...(p99MsMax !== undefined && own.p99Ms !== undefined && { p99Ms: own.p99Ms }),
    arms: figures,
  }
}

const figuresOf = (arm: ArmName, measurements: readonly Measurement[]): ArmFigures => {
  const own = measurements.filter((each) => each.arm === arm)
  const waits = own.flatMap(({ p99Ms }) => (p99Ms === undefined ? [] : [p99Ms]))
  return {
    arm,
    recordsPerSecond: median(own.map(({ recordsPerSecond }) => recordsPerSecond)),
    cpuMicrosPerRecord: median(own.map(({ cpuMicrosPerRecord }) => cpuMicrosPerRecord)),
    duplicates: own.reduce((sum, { duplicates }) => sum + duplicates, 0),
    ...(waits.length > 0 && { p99Ms: median(waits) }),
  }
}

import type { ProcessTrend } from './process-watch.ts'

/** What must hold of a soak beside the invariants. */
export const soakBounds = {
  perSecondMin: 600,
  effectiveFaultsPerMinuteMin: 5,
  mbPerMinuteMax: 1,
  fdsPerMinuteMax: 1,
  /** Messages that may be under way at the end of a quiet quarter: what five seconds bring. */
  backlogMax: 3_000,
} as const

export interface SoakFigures {
  readonly minutes: number
  readonly perSecond: number
  /** Messages that the group had not committed at the end of each quiet quarter. */
  readonly backlogs: readonly number[]
  /** Those that lived long enough to be judged, and the runner's own shape beside them. */
  readonly processes: readonly ProcessTrend[]
  /** What was not as it must be, in words. */
  readonly missed: readonly string[]
}

/** What does not keep its bound. */
export const missedBounds = (
  { perSecond, backlogs, processes }: Omit<SoakFigures, 'missed'>,
  effective: number,
  minutes: number,
): readonly string[] => {
  const wanted = Math.floor(minutes * soakBounds.effectiveFaultsPerMinuteMin)
  const grown = processes.flatMap(({ proc, mbPerMinute, fdsPerMinute }) => [
    ...((mbPerMinute ?? 0) > soakBounds.mbPerMinuteMax ? [`${proc} grows by ${mbPerMinute} MB a minute`] : []),
    ...((fdsPerMinute ?? 0) > soakBounds.fdsPerMinuteMax ? [`${proc} opens ${fdsPerMinute} files more a minute`] : []),
  ])
  return [
    ...(perSecond < soakBounds.perSecondMin ? [`${perSecond} messages a second`] : []),
    ...(effective < wanted ? [`${effective} faults took effect, of at least ${wanted}`] : []),
    ...backlogs.filter((backlog) => backlog > soakBounds.backlogMax).map((backlog) => `a backlog of ${backlog}`),
    ...grown,
  ]
}

/** A process's memory and files, for people. */
export const trendLine = ({
  proc,
  minutes,
  lastMb,
  mostMb,
  mbPerMinute,
  lastFds,
  fdsPerMinute,
}: ProcessTrend): string => {
  const slopes =
    mbPerMinute === null ? 'too short to judge' : `${mbPerMinute} MB and ${fdsPerMinute ?? '?'} files a minute`
  return `${proc}: ${minutes} min, ${lastMb} MB (at most ${mostMb}), ${lastFds ?? '?'} files open; ${slopes}`
}

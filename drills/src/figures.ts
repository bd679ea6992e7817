import type { Happened, Observed } from '@interchange/drill-kit'

/** What a drill measures beside its invariants. A scenario may name the most that is allowed. */
export const figures = {
  takeOverMsP95: 'from the end of a killed member to the next owner of its partitions, in 95 of 100 cases',
  stallMs:
    'longest from a send to the first accepted commit behind it: the way there, the work and the group in between',
  rejectMs: 'longest from a send to its rejection, where senders have a deadline',
  resumeMs: 'longest from the end of the trouble of something the members need to the first effect that waited for it',
  questionsPerSchema: 'how often a member asked the registry for one schema',
  vainQuestionsPerSecond:
    'most questions to the registry a second, over any five seconds, for ids that it does not know',
  vainQuestionsPerTtl: 'most questions for one unknown id within the time it is remembered as unknown',
  throughputLossPercent: 'how many fewer effects there were in the same time while spans could not be exported',
  memoryGrowthMb: 'how much more memory members took meanwhile than before, in MiB',
  forgedBelieved: 'letters that repeat what a stranger wrote into their headers as a fact',
  goodLossPercent: 'how many of the sound messages that were written meanwhile had no effect meanwhile',
  rebalances: 'partitions that were taken or given while nobody had lost a place in the group',
  dueLateMs: 'longest from the time until which a message waits to its next attempt',
  dueEarlyMs: 'longest that a message was tried before its time',
  memoryMb: 'most memory that a process of the load took, in MiB',
  blockedMs: 'longest that a member did one thing only',
  probesPerSecond: 'how often a dependency that is away was asked, once that had been noticed',
  putAsidePercent: 'how many of all messages were put aside for a dependency that is away',
  nextCommitMs: 'longest from the end of a transaction coordinator until every partition has committed again',
  withheldMs: 'longest that an open transaction of a stopped member kept readers of committed records waiting',
} as const

export type Figure = keyof typeof figures

/** The most that is allowed, in the unit of the figure's name. */
export type Bounds = Readonly<Partial<Record<Figure, number>>>

/** A figure held against its bound. `measured` is null when there was nothing to measure, which keeps no bound. */
export interface BoundFigure {
  readonly figure: Figure
  readonly measured: number | null
  readonly allowed: number
}

/** Measures what a scenario has bounds for. */
export const figuresOf = ({ history, log }: Pick<Observed, 'history' | 'log'>, bounds: Bounds): BoundFigure[] =>
  Object.entries(bounds).map(([name, allowed]) => {
    const figure = name as Figure
    return { figure, measured: measures[figure](history, log), allowed }
  })

export const isKept = ({ measured, allowed }: BoundFigure): boolean => measured !== null && measured <= allowed

/** The value that this share of the others does not exceed; `sorted` rises. */
export const quantile = (sorted: readonly number[], share: number): number | null =>
  sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? null

/** How long the partitions of each killed member were nobody's, in rising order. */
export const takeOvers = (history: readonly Happened[]): readonly number[] => {
  const killed = history.filter(
    (fact) => fact.op === 'fault' && fact.phase === 'effective' && fact.fault === 'kill-member',
  )
  return killed
    .flatMap((kill) => {
      const target = kill.op === 'fault' ? kill.target : ''
      const last = history.findLast(({ proc }) => proc === target)
      const next = history.find(
        ({ at, op, proc }) => op === 'assigned' && proc !== target && at > (last?.at ?? kill.at),
      )
      return last === undefined || next === undefined ? [] : [Math.round(next.at - last.at)]
    })
    .sort((a, b) => a - b)
}

type Measure = (history: readonly Happened[], log: Observed['log']) => number | null

const longestStall: Measure = (history, log) => {
  const sentAt = new Map<string, number>()
  for (const fact of history)
    if (fact.op === 'send' && fact.phase === 'invoke' && !sentAt.has(fact.id)) sentAt.set(fact.id, fact.at)
  const commits = Map.groupBy(
    history.flatMap((fact) => (fact.op === 'commit' && fact.phase === 'ok' ? [fact] : [])),
    ({ partition }) => partition,
  )
  // A message that came twice was done the first time.
  const firsts = new Map([...log].sort((a, b) => b.offset - a.offset).map((record) => [record.id, record]))
  return longest(
    [...firsts.values()].map(({ id, partition, offset }) => {
      const end = commits.get(partition)?.find((commit) => commit.offset > offset)
      return [sentAt.get(id), end?.at]
    }),
  )
}

const longestReject: Measure = (history) => {
  const invoked = new Map<string, number>()
  return longest(
    history.map((fact) => {
      if (fact.op !== 'send') return [undefined, undefined]
      if (fact.phase === 'invoke') invoked.set(fact.id, fact.at)
      return fact.phase === 'info' || fact.phase === 'fail' ? [invoked.get(fact.id), fact.at] : [undefined, undefined]
    }),
  )
}

const longest = (spans: readonly (readonly [number | undefined, number | undefined])[]): number | null => {
  let most: number | null = null
  for (const [from, to] of spans) if (from !== undefined && to !== undefined) most = Math.max(most ?? 0, to - from)
  return most === null ? null : Math.round(most)
}

/** What the faults measured themselves, at its worst. */
const noted =
  (figure: Figure): Measure =>
  (history) =>
    history.reduce<number | null>(
      (most, fact) =>
        fact.op === 'measured' && fact.figure === figure ? Math.max(most ?? fact.value, fact.value) : most,
      null,
    )

const measures: Readonly<Record<Figure, Measure>> = {
  takeOverMsP95: (history) => quantile(takeOvers(history), 0.95),
  stallMs: longestStall,
  rejectMs: longestReject,
  resumeMs: noted('resumeMs'),
  questionsPerSchema: noted('questionsPerSchema'),
  vainQuestionsPerSecond: noted('vainQuestionsPerSecond'),
  vainQuestionsPerTtl: noted('vainQuestionsPerTtl'),
  goodLossPercent: noted('goodLossPercent'),
  throughputLossPercent: noted('throughputLossPercent'),
  memoryGrowthMb: noted('memoryGrowthMb'),
  forgedBelieved: noted('forgedBelieved'),
  rebalances: noted('rebalances'),
  dueLateMs: noted('dueLateMs'),
  dueEarlyMs: noted('dueEarlyMs'),
  memoryMb: noted('memoryMb'),
  blockedMs: noted('blockedMs'),
  probesPerSecond: noted('probesPerSecond'),
  putAsidePercent: noted('putAsidePercent'),
  nextCommitMs: noted('nextCommitMs'),
  withheldMs: noted('withheldMs'),
}

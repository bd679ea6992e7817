import type { ArmName } from './arms.ts'
import type { ArmResult } from './meter.ts'

/** The figure of an arm that is compared. */
export type Measure = 'recordsPerSecond' | 'cpuMicrosPerRecord' | 'p99Ms' | 'bytesPerRecord'

/** What a benchmark compares. */
export interface Comparison {
  readonly what: string
  readonly ours: ArmName
  /** Default `recordsPerSecond`. */
  readonly measure?: Measure
  /** Ours over the fastest of these; or, where there is none, over `bound`. */
  readonly against: readonly ArmName[]
  readonly bound?: { readonly label: string; of(mine: ArmResult): number }
  /** Measured beside them, without a goal. */
  readonly beside?: readonly ArmName[]
  readonly goal: { readonly atLeast: number } | { readonly atMost: number }
  /** The 99th percentile a caller waits, in milliseconds: linger and 20 ms. */
  readonly p99MsMax?: number
  /** What to do when the goal is missed. */
  readonly nextIdea: string
}

/** Default of a route: so many handlers at once, each of another key. */
export const keysInFlight = 512

const waiting = (ours: ArmName, latencyMs: number, beside: readonly ArmName[] = []): Comparison => ({
  what: `a handler that waits ${latencyMs} ms, 10,000 keys, each in order`,
  ours,
  against: [],
  beside,
  bound: {
    label: `min(${keysInFlight} keys / ${latencyMs} ms, CPU limit)`,
    of: ({ cpuMicrosPerRecord }) => Math.min((1_000 * keysInFlight) / latencyMs, 1_000_000 / cpuMicrosPerRecord),
  },
  goal: { atLeast: 0.85 },
  nextIdea:
    "timers of one handler fire up to a millisecond late, and late as long as the loop is busy: give the scheduler's slice less than 10 ms when handlers wait",
})

const partitions = (ours: ArmName, count: number, atMost: number): Comparison => ({
  what: `CPU a message at ${count} partitions`,
  ours,
  measure: 'cpuMicrosPerRecord',
  against: ['full'],
  goal: { atMost },
  nextIdea: 'fetch more of fewer partitions at once, so that a response has full batches; tell lag once an interval',
})

/** Design page 4, "To reach". */
export const comparisons = {
  P1: {
    what: 'full consume path',
    ours: 'full',
    against: ['nest'],
    beside: ['asyncRetry'],
    goal: { atLeast: 6 },
    nextIdea:
      'a reader generated for the schema, which knows its short texts; one clock reading a message instead of two',
  },
  P1s: {
    what: 'full consume path into Postgres',
    ours: 'store',
    against: ['transactions'],
    goal: { atLeast: 10 },
    nextIdea: 'prepared statements, where no connection pooler forbids them; 1,000 messages a batch',
  },
  P2: {
    what: 'full consume path',
    ours: 'full',
    against: ['json'],
    goal: { atLeast: 1 },
    nextIdea: 'as P1',
  },
  P3: {
    what: 'full consume path',
    ours: 'full',
    against: ['bytes'],
    beside: ['platformaticBytes'],
    goal: { atLeast: 0.5 },
    nextIdea: 'as P1',
  },
  P4: {
    what: 'consume path without codec',
    ours: 'opaque',
    against: ['bytes'],
    goal: { atLeast: 0.8 },
    nextIdea: 'as P1, without its codec: the record and its message in one object',
  },
  P5: {
    what: 'full consume path',
    ours: 'full',
    against: ['registryReader'],
    beside: ['registry'],
    goal: { atLeast: 20 },
    nextIdea: 'as P1',
  },
  'P6-1ms': waiting('wait1', 1),
  'P6-10ms': waiting('wait10', 10, ['kafkajsWait10']),
  'P6-50ms': waiting('wait50', 50),
  P7: {
    what: '200 callers, each awaiting its publish',
    ours: 'publish',
    against: ['kafkajsPublish', 'platformaticPublish'],
    goal: { atLeast: 10 },
    p99MsMax: 22,
    nextIdea:
      'Avro, headers and record written once, straight into the buffer of the request, instead of copied into it',
  },
  P8: {
    what: 'bulk publish',
    ours: 'bulk',
    against: ['kafkajsBulk'],
    beside: ['platformaticBulk'],
    goal: { atLeast: 2 },
    nextIdea: 'as P7; requests of more than 1 MiB, so that a broker is waited for less often',
  },
  P9: {
    what: 'outbox relay',
    ours: 'relay',
    against: ['poller'],
    goal: { atLeast: 5 },
    nextIdea: 'read the next page while the last one is sent',
  },
  P10: {
    what: 'transformer with transactions, one each 100 ms or 2,000 messages',
    ours: 'transactional',
    against: ['atLeastOnce'],
    goal: { atLeast: 0.8 },
    nextIdea: 'a second transactional producer that takes the next batch while the first one commits',
  },
  'P12-64': partitions('full64', 64, 1.1),
  'P12-512': partitions('full512', 512, 1.25),
  P13: {
    what: 'p99 end to end at half load, open loop',
    ours: 'latency',
    measure: 'p99Ms',
    against: ['kafkajsLatency'],
    goal: { atMost: 1.5 },
    nextIdea: 'shorter slices of the scheduler; one commit request while nothing else is on its way',
  },
  P14: {
    what: 'bytes the kernel allocates a message, without client and decoded value',
    ours: 'allocations',
    measure: 'bytesPerRecord',
    against: [],
    bound: { label: '-', of: () => 1 },
    goal: { atMost: 400 },
    nextIdea: 'one object for a record and its message; find a header without a view of it',
  },
} as const satisfies Readonly<Record<string, Comparison>>

export type ComparisonName = keyof typeof comparisons

/** All of them in the order of the tables. */
export const comparisonNames: readonly ComparisonName[] = Object.keys(comparisons) as ComparisonName[]

/** What `P6` or `P12-64` on the command line stands for: itself, or all its variants. Empty when there is no such thing. */
export const comparisonsNamed = (name: string): readonly ComparisonName[] =>
  comparisonNames.filter((each) => each === name || each.startsWith(`${name}-`))

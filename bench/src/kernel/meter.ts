import type { AllocationPlace } from './allocation-places.ts'
import { createProfiler } from './cpu-profile.ts'
import { sumOf } from './order-event.ts'

/** What an arm is told, as JSON in its first argument. */
export interface ArmInput {
  /** What this program is to be, where it can be several. */
  readonly mode: string
  readonly brokers: string
  readonly registryUrl: string
  readonly databaseUrl: string
  readonly otlpUrl: string
  readonly topic: string
  readonly partitions: number
  /** Orders 0 to `count` - 1 are in the topic, or will come; 0 for producers. */
  readonly count: number
  /** Unique in the run: the prefix of the groups. */
  readonly name: string
  /** Where what is read is written to. */
  readonly output: string
  /** Least time that is measured. */
  readonly seconds: number
  /** How many orders a second are going to come; 0 for as many as it takes. */
  readonly ratePerSecond: number
  /** Where to leave a CPU profile of what is measured. */
  readonly profilePath?: string
}

/** What an arm answers, as JSON on its standard output. */
export interface ArmResult {
  readonly records: number
  readonly seconds: number
  readonly recordsPerSecond: number
  /** User and system time of the whole process, all threads. */
  readonly cpuMicrosPerRecord: number
  readonly duplicates: number
  /** The consumer groups whose commits are to be checked: all but what ended with the last record. */
  readonly groups?: readonly string[]
  /** Published: how many, and how long a caller waited. */
  readonly published?: number
  readonly p50Ms?: number
  readonly p99Ms?: number
  /** Heap that was allocated, and where most of it. */
  readonly bytesPerRecord?: number
  readonly places?: readonly AllocationPlace[]
}

/** Counts one pass over a topic and proves it: every record once at least, and the right sum. */
export interface Meter {
  /** One decoded order: three fields, one of them nested, and the id. */
  order(number: number, totalMinor: number, quantity: number, zone: number): void
  /** Consecutive records of a partition that nobody decodes, and the sum of their values' lengths: offsets must follow. */
  bytes(partition: number, firstOffset: number, records: number, length: number): void
  readonly done: Promise<void>
}

interface Window {
  readonly records: number
  readonly seconds: number
  readonly cpuMicros: number
}

/** Part of a pass that is not measured: the first is for the compiler as well. */
const warmShare = { first: 0.5, later: 0.05 }

/**
 * Runs `pass` (consume the whole topic in a new group, until the meter is done) until `seconds` have been measured. The
 * clock never runs while a group joins or leaves.
 */
export const measurePasses = async (
  { count, name, seconds, profilePath }: ArmInput,
  pass: (group: string, meter: Meter) => Promise<void>,
): Promise<ArmResult> => {
  const expectedSum = sumOf(count)
  const profiler = createProfiler(profilePath)
  const windows: Window[] = []
  const groups: string[] = []
  let duplicates = 0
  for (let measured = 0; measured < seconds; ) {
    const warm = Math.floor(count * (windows.length === 0 ? warmShare.first : warmShare.later))
    const counting = countPass(count, warm, { expectedSum, begin: profiler.begin })
    const group = `${name}-${windows.length}`
    groups.push(group)
    await pass(group, counting.meter)
    const window = counting.window()
    duplicates += counting.duplicates()
    windows.push(window)
    measured += window.seconds
  }
  await profiler.end()
  const total = (of: keyof Window): number => windows.reduce((sum, window) => sum + window[of], 0)
  return {
    records: total('records'),
    seconds: total('seconds'),
    recordsPerSecond: total('records') / total('seconds'),
    cpuMicrosPerRecord: total('cpuMicros') / total('records'),
    duplicates,
    groups,
  }
}

const countPass = (
  count: number,
  warm: number,
  { expectedSum, begin }: { readonly expectedSum: number; readonly begin: () => void },
) => {
  const seen = new Uint8Array(count)
  const ends: number[] = []
  const finished = Promise.withResolvers<void>()
  let distinct = 0
  let repeated = 0
  let sum = 0
  let startedAt = 0
  let began: Instant | undefined
  let ended: Instant | undefined

  const step = (records: number): void => {
    distinct += records
    if (began === undefined && distinct >= warm) {
      begin()
      began = instant()
      startedAt = distinct
    }
    if (distinct === count) {
      ended = instant()
      finished.resolve()
    }
  }

  const meter: Meter = {
    done: finished.promise,
    order(number, totalMinor, quantity, zone) {
      if (seen[number] !== 0) {
        repeated++
        return
      }
      seen[number] = 1
      sum += totalMinor + quantity + zone
      step(1)
    },
    bytes(partition, firstOffset, records, length) {
      const end = ends[partition] ?? 0
      if (firstOffset < end) {
        repeated += records
        return
      }
      if (firstOffset > end || length === 0) {
        finished.reject(new Error(`offset ${firstOffset} of partition ${partition} came after ${end}`))
      }
      ends[partition] = firstOffset + records
      step(records)
    },
  }
  return {
    meter,
    duplicates: () => repeated,
    window(): Window {
      if (began === undefined || ended === undefined) throw new Error(`only ${distinct} of ${count} records arrived`)
      // Bytes carry no sum: their offsets are the proof.
      if (ends.length === 0 && sum !== expectedSum) throw new Error(`the orders sum to ${sum}, not to ${expectedSum}`)
      return {
        records: count - startedAt,
        seconds: (ended.atMs - began.atMs) / 1_000,
        cpuMicros: ended.cpuMicros - began.cpuMicros,
      }
    },
  }
}

interface Instant {
  readonly atMs: number
  readonly cpuMicros: number
}

export const instant = (): Instant => {
  const { user, system } = process.cpuUsage()
  return { atMs: performance.now(), cpuMicros: user + system }
}

/** The program of an arm: reads its input, runs, answers, ends. */
export const runArm = async (run: (input: ArmInput) => Promise<ArmResult>): Promise<void> => {
  const input = JSON.parse(process.argv[2] ?? '{}') as ArmInput
  const result = await run(input)
  process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0))
}

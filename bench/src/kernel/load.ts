import { createHistogram } from 'node:perf_hooks'
import { createProfiler } from './cpu-profile.ts'
import type { ArmInput, ArmResult } from './meter.ts'
import { instant } from './meter.ts'

/** How many callers publish at once, and how many records each has in one call. */
export interface Load {
  readonly callers: number
  readonly perCall: number
}

const warmMs = 1_500

/**
 * Lets `callers` publish numbers 0, 1, 2 ... for as long as is to be measured, each awaiting its call before the next. `publish`
 * resolves when all of its `count` records, from `first` on, are acknowledged.
 */
export const measureLoad = async (
  { seconds, profilePath }: ArmInput,
  { callers, perCall }: Load,
  publish: (first: number, count: number) => Promise<unknown>,
): Promise<ArmResult> => {
  const profiler = createProfiler(profilePath)
  const waits = createHistogram()
  const startedAtMs = performance.now()
  const endsAtMs = startedAtMs + warmMs + seconds * 1_000
  let next = 0
  let acknowledged = 0
  let began: ReturnType<typeof instant> | undefined
  let before = 0
  const call = async (): Promise<void> => {
    for (;;) {
      const atMs = performance.now()
      if (atMs >= endsAtMs) return
      if (began === undefined && atMs >= startedAtMs + warmMs) {
        profiler.begin()
        began = instant()
        before = acknowledged
        waits.reset()
      }
      const first = next
      next += perCall
      await publish(first, perCall)
      acknowledged += perCall
      waits.record(Math.max(1, Math.round((performance.now() - atMs) * 1_000)))
    }
  }
  await Promise.all(Array.from({ length: callers }, call))
  const ended = instant()
  await profiler.end()
  if (began === undefined) throw new Error('nothing was measured')
  const records = acknowledged - before
  const measuredSeconds = (ended.atMs - began.atMs) / 1_000
  return {
    records,
    seconds: measuredSeconds,
    recordsPerSecond: records / measuredSeconds,
    cpuMicrosPerRecord: (ended.cpuMicros - began.cpuMicros) / records,
    duplicates: 0,
    published: acknowledged,
    p50Ms: waits.percentile(50) / 1_000,
    p99Ms: waits.percentile(99) / 1_000,
  }
}

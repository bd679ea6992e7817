import { createHistogram } from 'node:perf_hooks'
import { createProfiler } from './cpu-profile.ts'
import type { ArmInput, ArmResult } from './meter.ts'
import { instant } from './meter.ts'

/** From joining until order 0 is due: the load is told of it on the way. */
const leadMs = 300
/** Orders that are due before do not count: the load's first seconds are for the compiler. */
export const loadWarmSeconds = 3

const nowMs = (): number => performance.timeOrigin + performance.now()

/**
 * Follows a load: `join` consumes the topic in `group`, calls `handled` with the number of every order, and resolves when it has
 * its partitions. Each order's waiting time runs from the moment it was due. Proved: every order came.
 */
export const measureLatency = async (
  { name, count, ratePerSecond, profilePath }: ArmInput,
  join: (group: string, handled: (number: number) => void) => Promise<{ readonly leave: () => Promise<unknown> }>,
): Promise<ArmResult> => {
  const profiler = createProfiler(profilePath)
  const waits = createHistogram()
  const seen = new Uint8Array(count)
  const finished = Promise.withResolvers<void>()
  const warm = ratePerSecond === 0 ? count / 2 : ratePerSecond * loadWarmSeconds
  let startAtMs = Number.POSITIVE_INFINITY
  let distinct = 0
  let duplicates = 0
  let began: ReturnType<typeof instant> | undefined
  let counted = 0
  const handled = (number: number): void => {
    if (seen[number] !== 0) {
      duplicates++
      return
    }
    seen[number] = 1
    distinct++
    if (number >= warm) {
      if (began === undefined) {
        profiler.begin()
        began = instant()
      }
      counted++
      const dueAtMs = ratePerSecond === 0 ? startAtMs : startAtMs + (1_000 * number) / ratePerSecond
      waits.record(Math.max(1, Math.round((nowMs() - dueAtMs) * 1_000)))
    }
    if (distinct === count) finished.resolve()
  }

  const { leave } = await join(name, handled)
  startAtMs = nowMs() + leadMs
  process.stdout.write(`${JSON.stringify({ startAtMs })}\n`)
  await finished.promise
  const ended = instant()
  await profiler.end()
  await leave()
  if (began === undefined) throw new Error('nothing was measured')
  const seconds = (ended.atMs - began.atMs) / 1_000
  return {
    records: counted,
    seconds,
    recordsPerSecond: counted / seconds,
    cpuMicrosPerRecord: (ended.cpuMicros - began.cpuMicros) / counted,
    duplicates,
    groups: [name],
    // At full speed an order is never due: only the rate means something.
    ...(ratePerSecond > 0 && { p50Ms: waits.percentile(50) / 1_000, p99Ms: waits.percentile(99) / 1_000 }),
  }
}

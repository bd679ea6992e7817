import { setTimeout as pause } from 'node:timers/promises'
import { createProfiler } from './cpu-profile.ts'
import { type ArmInput, type ArmResult, instant } from './meter.ts'

/** What carries rows from a table to Kafka. */
export interface Drain {
  /** Rows of one pass. */
  readonly rows: number
  /** Commits rows `first` to `first + count` - 1 in one transaction. */
  write(first: number, count: number): Promise<void>
  /** Starts to carry; `sent` says how many rows since then are acknowledged and will not be sent again. */
  start(): { readonly sent: () => number; stop(): Promise<void> }
}

const writeRows = 1_000
const lookEveryMs = 2

/** Fills the table and drains it, again and again, until `seconds` of draining have been measured; the first pass is for the compiler. */
export const measureDrains = async ({ seconds, profilePath }: ArmInput, drain: Drain): Promise<ArmResult> => {
  const profiler = createProfiler(profilePath)
  let next = 0
  let measuredMs = 0
  let cpuMicros = 0
  let records = 0
  for (let pass = 0; pass === 0 || measuredMs < seconds * 1_000; pass++) {
    for (const until = next + drain.rows; next < until; next += writeRows) await drain.write(next, writeRows)
    if (pass > 0) profiler.begin()
    const began = instant()
    const { sent, stop } = drain.start()
    while (sent() < drain.rows) await pause(lookEveryMs)
    const ended = instant()
    await stop()
    if (pass === 0) continue
    records += drain.rows
    measuredMs += ended.atMs - began.atMs
    cpuMicros += ended.cpuMicros - began.cpuMicros
  }
  await profiler.end()
  return {
    records,
    seconds: measuredMs / 1_000,
    recordsPerSecond: (1_000 * records) / measuredMs,
    cpuMicrosPerRecord: cpuMicros / records,
    duplicates: 0,
    published: next,
  }
}

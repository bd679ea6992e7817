import { execFile } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { promisify } from 'node:util'
import type { Actor } from '../stage.ts'

/** What one process held over its life. */
export interface ProcessTrend {
  readonly proc: string
  readonly minutes: number
  readonly lastMb: number
  readonly mostMb: number
  /** Median slope after the warm-up; null where the life was too short to tell. */
  readonly mbPerMinute: number | null
  readonly lastFds: number | null
  readonly fdsPerMinute: number | null
}

/** One look at one process. */
export interface Sample {
  readonly minute: number
  readonly residentMb: number
  /** Null where the system does not show it. */
  readonly fds: number | null
}

export const warmUpMinutes = 2
/** Below this the ups and downs of a heap are larger than what would leak. */
const judgedMinutes = 8

/** Looks at processes when it is told to. */
export const createProcessWatch = () => {
  const startedMs = performance.now()
  const samples = new Map<string, Sample[]>()
  return {
    async look(actors: readonly Actor[]): Promise<void> {
      const procs = new Map(
        actors.flatMap((actor) => (actor.pid() === null ? [] : [[actor.pid(), actor.proc] as const])),
      )
      const minute = (performance.now() - startedMs) / 60_000
      for (const [pid, residentMb] of await residentMbOf([...procs.keys()].flatMap((pid) => pid ?? []))) {
        const proc = procs.get(pid)
        if (proc === undefined) continue
        samples.set(proc, [...(samples.get(proc) ?? []), { minute, residentMb, fds: fdsOf(pid) }])
      }
    },
    trends: (): readonly ProcessTrend[] => [...samples].map(([proc, own]) => trendOf(proc, own)),
  }
}

/** How a process's memory and descriptors went; `samples` in the order of time. */
export const trendOf = (proc: string, samples: readonly Sample[]): ProcessTrend => {
  const [first, last] = [samples[0], samples.at(-1)]
  const warm = samples.filter(({ minute }) => minute >= (first?.minute ?? 0) + warmUpMinutes)
  const isLong = warm.length > 1 && (last?.minute ?? 0) - (warm[0]?.minute ?? 0) >= judgedMinutes
  const fds = warm.flatMap((sample) => (sample.fds === null ? [] : [[sample.minute, sample.fds] as const]))
  return {
    proc,
    minutes: round((last?.minute ?? 0) - (first?.minute ?? 0)),
    lastMb: round(last?.residentMb ?? 0),
    mostMb: round(Math.max(0, ...samples.map(({ residentMb }) => residentMb))),
    mbPerMinute: isLong ? medianSlope(warm.map(({ minute, residentMb }) => [minute, residentMb])) : null,
    lastFds: last?.fds ?? null,
    fdsPerMinute: isLong && fds.length > 1 ? medianSlope(fds) : null,
  }
}

/** Theil and Sen's: the median of the slopes between all pairs, which a few outliers do not move. */
const medianSlope = (points: readonly (readonly [number, number])[]): number => {
  const slopes = points.flatMap(([x, y], index) =>
    points.slice(index + 1).flatMap(([nextX, nextY]) => (nextX > x ? [(nextY - y) / (nextX - x)] : [])),
  )
  const rising = Float64Array.from(slopes).sort()
  return round(rising[Math.floor(rising.length / 2)] ?? 0)
}

const round = (number: number): number => Math.round(number * 100) / 100

const residentMbOf = async (pids: readonly number[]): Promise<readonly (readonly [number, number])[]> => {
  if (pids.length === 0) return []
  // Exits with 1 when none of them runs any more.
  const { stdout } = await promisify(execFile)('ps', ['-o', 'pid=,rss=', '-p', pids.join()]).catch(() => ({
    stdout: '',
  }))
  return stdout
    .trim()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [pid = 0, kilobytes = 0] = line.trim().split(/\s+/).map(Number)
      return [pid, kilobytes / 1_024] as const
    })
}

const fdsOf = (pid: number): number | null => {
  try {
    return readdirSync(`/proc/${pid}/fd`).length
  } catch {
    // Not Linux, or it has just ended.
    return null
  }
}

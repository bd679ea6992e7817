import { readFileSync } from 'node:fs'

/** Resident memory of one process, seen once a second. */
export interface MemoryWatch {
  /** Growth over the second half of the watch, in MiB a minute: the least-squares line through the samples. */
  slopeMibPerMinute(): number
  maxMib(): number
  stop(): void
}

interface Sample {
  readonly atMinutes: number
  readonly mib: number
}

/** Watches a process of this machine (Linux: /proc). */
export const watchMemory = (pid: number): MemoryWatch => {
  const startedAt = performance.now()
  const samples: Sample[] = []
  const look = (): void => {
    const mib = residentMib(pid)
    if (mib !== undefined) samples.push({ atMinutes: (performance.now() - startedAt) / 60_000, mib })
  }
  const timer = setInterval(look, 1_000)
  look()
  return {
    slopeMibPerMinute: () => slopeOf(samples.slice(Math.floor(samples.length / 2))),
    maxMib: () => Math.max(0, ...samples.map(({ mib }) => mib)),
    stop: () => clearInterval(timer),
  }
}

const residentMib = (pid: number): number | undefined => {
  try {
    const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    return kib === undefined ? undefined : Number(kib) / 1_024
  } catch (error) {
    // The process has ended between two looks; what was seen before stands.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** Slope of the least-squares line; 0 for fewer than two samples. */
export const slopeOf = (samples: readonly Sample[]): number => {
  const n = samples.length
  if (n < 2) return 0
  const meanX = samples.reduce((sum, { atMinutes }) => sum + atMinutes, 0) / n
  const meanY = samples.reduce((sum, { mib }) => sum + mib, 0) / n
  const covariance = samples.reduce((sum, { atMinutes, mib }) => sum + (atMinutes - meanX) * (mib - meanY), 0)
  const variance = samples.reduce((sum, { atMinutes }) => sum + (atMinutes - meanX) ** 2, 0)
  return variance === 0 ? 0 : covariance / variance
}

import type { RunningService } from '@interchange/stack'
import { liveMemory, openInspector } from './inspector.ts'
import { residentMib } from './process-figures.ts'

/** Memory of one service under load. */
export interface MemoryWatch {
  readonly name: string
  /** Collects the garbage of the service and notes what is left. For a system at rest: what is on its way through counts as left. */
  lookAtRest(signal: AbortSignal): Promise<void>
  figures(): MemoryFigures
  stop(): void
}

/** In MiB, and MiB a minute: the least-squares line through the samples of the second half of the watch. */
export interface MemoryFigures {
  readonly liveMib: number
  readonly liveMibPerMinute: number
  readonly residentMaxMib: number
  readonly residentMibPerMinute: number
  readonly live: readonly Sample[]
  readonly resident: readonly Sample[]
}

/** What was held at a time. */
export interface Sample {
  readonly atMinutes: number
  readonly mib: number
}

/** Looks at a service's resident memory (Linux: /proc) once a second, and at its live memory when told to. */
export const watchMemory = (service: RunningService): MemoryWatch => {
  const startedAt = performance.now()
  const resident: Sample[] = []
  const live: Sample[] = []
  const note = (samples: Sample[], mib: number): void => {
    samples.push({ atMinutes: (performance.now() - startedAt) / 60_000, mib })
  }
  let inspectorUrl: string | undefined
  const timer = setInterval(() => {
    const pid = service.pid()
    const mib = pid === null ? undefined : residentMib(pid)
    if (mib !== undefined) note(resident, mib)
  }, 1_000)
  return {
    name: service.name,
    async lookAtRest(signal) {
      inspectorUrl ??= await openInspector(service, signal)
      const { heapUsed, external } = await liveMemory(inspectorUrl)
      note(live, (heapUsed + external) / mebibyte)
    },
    figures: () => {
      const untilMinutes = (performance.now() - startedAt) / 60_000
      return {
        liveMib: live.at(-1)?.mib ?? 0,
        liveMibPerMinute: slopeOf(secondHalf(live, untilMinutes)),
        residentMaxMib: Math.max(0, ...resident.map(({ mib }) => mib)),
        residentMibPerMinute: slopeOf(secondHalf(resident, untilMinutes)),
        live,
        resident,
      }
    },
    stop: () => clearInterval(timer),
  }
}

const mebibyte = 1_024 * 1_024

const secondHalf = (samples: readonly Sample[], untilMinutes: number): readonly Sample[] =>
  samples.filter(({ atMinutes }) => atMinutes >= untilMinutes / 2)

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

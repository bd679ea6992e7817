import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { FaultKind } from './history.ts'
import type { Mode } from './run-seed.ts'
import type { Shard } from './seed-worker.ts'
import { addTally, emptyTally, type Figure, figureNames, type Tally } from './tally.ts'

/** What is said about a run of many seeds. */
export interface Simulation {
  readonly seeds: number
  readonly violating: Tally['violating']
  readonly tooSmall: readonly number[]
  readonly figures: Readonly<Record<Figure, Distribution>>
  readonly faults: Readonly<Record<FaultKind, number>>
}

export interface Distribution {
  readonly least: number
  readonly median: number
  readonly p95: number
  readonly most: number
}

export interface SimulateOptions {
  readonly firstSeed: number
  readonly seeds: number
  readonly mode: Mode
  /** Threads; default as many as there are processors. */
  readonly workers?: number
  readonly signal: AbortSignal
  readonly progress: (done: number, violations: number) => void
}

/** So many seeds are enough to look at. */
const violatingMax = 20
/** A worker asks for so many at a time. */
const shardSeeds = 25

/** Runs seeds in threads of their own. An abort ends them, and what they have come to is told. */
export const simulate = async (options: SimulateOptions): Promise<Simulation> => {
  const { firstSeed, seeds, mode, signal, workers = availableParallelism() } = options
  const total = emptyTally()
  const endsAt = firstSeed + seeds
  let next = firstSeed

  const work = async (): Promise<void> => {
    const worker = new Worker(workerUrl)
    const abort = (): void => void worker.terminate()
    signal.addEventListener('abort', abort, { once: true })
    try {
      while (next < endsAt && total.violating.length < violatingMax && !signal.aborted) {
        const shard: Shard = { firstSeed: next, seeds: Math.min(shardSeeds, endsAt - next), mode }
        next += shard.seeds
        const tally = await answerOf(worker, shard)
        if (tally === undefined) return
        addTally(total, tally)
        options.progress(total.seeds, total.violating.length)
      }
    } finally {
      signal.removeEventListener('abort', abort)
      await worker.terminate()
    }
  }

  await Promise.all(Array.from({ length: Math.min(workers, Math.ceil(seeds / shardSeeds)) }, work))
  const { samples, violating, tooSmall, faults } = total
  const figures = Object.fromEntries(figureNames.map((name) => [name, distribution(samples[name])]))
  return {
    seeds: total.seeds,
    violating: violating.toSorted((left, right) => left.seed - right.seed),
    tooSmall: tooSmall.toSorted((left, right) => left - right),
    figures: figures as Record<Figure, Distribution>,
    faults,
  }
}

const workerUrl = new URL(import.meta.url.endsWith('.ts') ? './seed-worker.ts' : './seed-worker.js', import.meta.url)

/** Undefined when the worker was ended from outside; rejects with what it throws. */
const answerOf = (worker: Worker, shard: Shard): Promise<Tally | undefined> =>
  new Promise((resolve, reject) => {
    const over = (run: () => void): void => {
      worker.off('message', told).off('error', failed).off('exit', exited)
      run()
    }
    const told = (tally: Tally): void => over(() => resolve(tally))
    const failed = (error: unknown): void => over(() => reject(error))
    const exited = (): void => over(() => resolve(undefined))
    worker.on('message', told).on('error', failed).on('exit', exited)
    worker.postMessage(shard)
  })

const distribution = (values: readonly number[]): Distribution => {
  const sorted = values.toSorted((left, right) => left - right)
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
  return { least: at(0), median: at(0.5), p95: at(0.95), most: at(1) }
}

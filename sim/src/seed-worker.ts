import { parentPort } from 'node:worker_threads'
import { loadKernel } from './kernel.ts'
import type { Mode } from './run-seed.ts'
import { tallySeeds } from './tally.ts'

/** What a worker is asked for; it answers with a `Tally`. */
export interface Shard {
  readonly firstSeed: number
  readonly seeds: number
  readonly mode: Mode
}

const kernel = await loadKernel()
parentPort?.on('message', ({ firstSeed, seeds, mode }: Shard) => {
  // What is thrown ends the worker, and the one who waits for it hears of it.
  void tallySeeds(kernel, firstSeed, seeds, mode).then((tally) => parentPort?.postMessage(tally))
})

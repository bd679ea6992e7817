import { parentPort, workerData } from 'node:worker_threads'
import { loadKernelFrom } from './kernel.ts'
import { runSeed } from './run-seed.ts'

/** Where the mutant's sources are, and how many seeds it may take. */
export interface MutantWork {
  readonly messaging: string
  readonly store: string
  readonly seedsMax: number
}

/** Which seed is begun; the last one comes with what was noticed. */
export interface MutantProgress {
  readonly seed: number
  readonly violation: { readonly invariant: string; readonly detail: string } | undefined
}

const { messaging, store, seedsMax }: MutantWork = workerData
const kernel = await loadKernelFrom(messaging, store)
for (let seed = 1; seed <= seedsMax; seed++) {
  parentPort?.postMessage({ seed, violation: undefined } satisfies MutantProgress)
  const [violation] = (await runSeed(kernel, seed)).violations
  if (violation === undefined) continue
  parentPort?.postMessage({ seed, violation } satisfies MutantProgress)
  break
}

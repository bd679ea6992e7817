import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Kernel, loadKernelFrom } from './kernel.ts'
import { type Mutant, mutants } from './mutants.data.ts'
import { runSeed } from './run-seed.ts'

/** The kernel's sources, of which mutants are made. */
export const kernelSources = fileURLToPath(new URL('../../packages/messaging/src', import.meta.url))

export interface MutantResult {
  readonly mutant: string
  /** How many seeds it took to notice; undefined for a survivor. */
  readonly killedBySeeds: number | undefined
  readonly invariant: string | undefined
  readonly detail: string | undefined
}

/** The source of a mutant's file with its edit made. Throws when the edit does not fit exactly once. */
export const mutate = ({ name, file, find, replace }: Mutant, source: string): string => {
  const parts = source.split(find)
  if (parts.length !== 2) throw new Error(`mutant ${name}: its text occurs ${parts.length - 1} times in ${file}`)
  return parts.join(replace)
}

/** Runs seeds against every mutant until one notices, at most `seedsMax` of them. */
export const runMutants = async (
  seedsMax: number,
  signal: AbortSignal,
  tell: (result: MutantResult) => void,
): Promise<readonly MutantResult[]> => {
  const folder = await mkdtemp(join(tmpdir(), 'interchange-mutants-'))
  const results: MutantResult[] = []
  try {
    for (const mutant of mutants) {
      if (signal.aborted) break
      const kernel = await loadMutant(mutant, join(folder, mutant.name))
      const result = await killed(mutant.name, kernel, seedsMax, signal)
      results.push(result)
      tell(result)
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
  return results
}

const loadMutant = async (mutant: Mutant, folder: string): Promise<Kernel> => {
  await cp(kernelSources, folder, { recursive: true })
  // Node takes a file for a module by its package; the temporary folder is in none.
  await writeFile(join(folder, 'package.json'), '{"type":"module"}')
  const file = join(folder, mutant.file)
  await writeFile(file, mutate(mutant, await readFile(file, 'utf8')))
  return await loadKernelFrom(folder)
}

const killed = async (mutant: string, kernel: Kernel, seedsMax: number, signal: AbortSignal): Promise<MutantResult> => {
  for (let seed = 1; seed <= seedsMax && !signal.aborted; seed++) {
    const [violation] = (await runSeed(kernel, seed)).violations
    // Between seeds, so that a signal can arrive.
    await new Promise((resolve) => setImmediate(resolve))
    if (violation !== undefined)
      return { mutant, killedBySeeds: seed, invariant: violation.invariant, detail: violation.detail }
  }
  return { mutant, killedBySeeds: undefined, invariant: undefined, detail: undefined }
}

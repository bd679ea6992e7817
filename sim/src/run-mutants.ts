import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Kernel, loadKernelFrom } from './kernel.ts'
import type { Mutant } from './mutant.ts'
import { mutants } from './mutants.data.ts'
import { runSeed } from './run-seed.ts'

/** The sources of which mutants are made. */
export const sourcesOf = (name: Mutant['of']): string =>
  fileURLToPath(new URL(`../../packages/${name}/src`, import.meta.url))

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

/** Copies of the packages that find each other as the real ones do, one of them with the edit. */
const loadMutant = async (mutant: Mutant, folder: string): Promise<Kernel> => {
  for (const name of packages) {
    const sources = join(folder, name, 'src')
    await cp(sourcesOf(name), sources, { recursive: true })
    const manifest = { name: `@interchange/${name}`, type: 'module', exports: { '.': './src/index.ts' } }
    await writeFile(join(folder, name, 'package.json'), JSON.stringify(manifest))
  }
  await mkdir(join(folder, 'node_modules', '@interchange'), { recursive: true })
  await symlink(join(folder, 'messaging'), join(folder, 'node_modules', '@interchange', 'messaging'))
  const file = join(folder, mutant.of, 'src', mutant.file)
  await writeFile(file, mutate(mutant, await readFile(file, 'utf8')))
  return await loadKernelFrom(join(folder, 'messaging', 'src'), join(folder, 'store', 'src'))
}

const packages: readonly Mutant['of'][] = ['messaging', 'store']

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

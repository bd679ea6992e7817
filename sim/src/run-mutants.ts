import { cp, mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import type { Mutant } from './mutant.ts'
import type { MutantProgress, MutantWork } from './mutant-worker.ts'
import { mutants } from './mutants.data.ts'

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

/** Runs seeds against every mutant until one notices, at most `seedsMax` of them; each in a thread of its own. */
export const runMutants = async (
  seedsMax: number,
  only: readonly string[] | undefined,
  signal: AbortSignal,
  tell: (result: MutantResult) => void,
): Promise<readonly MutantResult[]> => {
  const folder = await mkdtemp(join(await realpath(tmpdir()), 'interchange-mutants-'))
  const results = new Map<string, MutantResult>()
  const left = mutants.filter(({ name }) => only?.includes(name) !== false)
  const work = async (): Promise<void> => {
    for (let mutant = left.shift(); mutant !== undefined && !signal.aborted; mutant = left.shift()) {
      const { messaging, store } = await writeMutant(mutant, join(folder, mutant.name))
      const result = { mutant: mutant.name, ...(await killed({ messaging, store, seedsMax }, signal)) }
      if (signal.aborted) return
      results.set(mutant.name, result)
      tell(result)
    }
  }
  try {
    await Promise.all(Array.from({ length: availableParallelism() }, work))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
  return mutants.flatMap(({ name }) => results.get(name) ?? [])
}

/** Copies of the packages that find each other as the real ones do, one of them with the edit. */
const writeMutant = async (mutant: Mutant, folder: string): Promise<Record<Mutant['of'], string>> => {
  const sources = { messaging: join(folder, 'messaging', 'src'), store: join(folder, 'store', 'src') }
  for (const name of ['messaging', 'store'] as const) {
    await cp(sourcesOf(name), sources[name], { recursive: true })
    const manifest = { name: `@interchange/${name}`, type: 'module', exports: { '.': './src/index.ts' } }
    await writeFile(join(folder, name, 'package.json'), JSON.stringify(manifest))
  }
  await mkdir(join(folder, 'node_modules', '@interchange'), { recursive: true })
  await symlink(join(folder, 'messaging'), join(folder, 'node_modules', '@interchange', 'messaging'))
  const file = join(sources[mutant.of], mutant.file)
  await writeFile(file, mutate(mutant, await readFile(file, 'utf8')))
  return sources
}

/** A mutant may go in circles within one step, where only its thread's end stops it. */
const limits = { seedMs: 120_000, heapMb: 512 }

const killed = (workerData: MutantWork, signal: AbortSignal): Promise<Omit<MutantResult, 'mutant'>> =>
  new Promise((resolve, reject) => {
    const worker = new Worker(workerUrl, { workerData, resourceLimits: { maxOldGenerationSizeMb: limits.heapMb } })
    const abort = (): void => void worker.terminate()
    let seed = 0
    let timer = setTimeout(abort, limits.seedMs)
    signal.addEventListener('abort', abort, { once: true })
    const over = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', abort)
    }
    const killedAs = (invariant: string, detail: string): void => resolve({ killedBySeeds: seed, invariant, detail })
    worker.on('message', (progress: MutantProgress) => {
      seed = progress.seed
      clearTimeout(timer)
      timer = setTimeout(abort, limits.seedMs)
      if (progress.violation !== undefined) killedAs(progress.violation.invariant, progress.violation.detail)
    })
    worker.on('error', (error: Error & { code?: string }) => {
      over()
      if (error.code === 'ERR_WORKER_OUT_OF_MEMORY') killedAs('V17', 'goes in circles until its memory is full')
      else reject(error)
    })
    worker.on('exit', (code) => {
      over()
      if (code === 0) resolve({ killedBySeeds: undefined, invariant: undefined, detail: undefined })
      else killedAs('V17', 'goes in circles within one step')
    })
  })

const workerUrl = new URL(
  import.meta.url.endsWith('.ts') ? './mutant-worker.ts' : './mutant-worker.js',
  import.meta.url,
)

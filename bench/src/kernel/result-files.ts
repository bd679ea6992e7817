import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { checkoutFolder } from '@interchange/stack'
import type { Compared } from './compare.ts'
import type { ComparisonName } from './comparisons.ts'
import type { CostFigures } from './measure-costs.ts'
import type { ArmProfile } from './profile-arms.ts'
import type { FailedRun } from './repeat-once.ts'

/** What every results file says of its run. */
export interface RunFacts {
  readonly commit: string
  readonly node: string
  readonly cpu?: string
  readonly cpus: number
}

/** A session of the kernel's comparisons. */
export interface KernelFile extends RunFacts {
  readonly pinned: boolean
  readonly rounds: number
  readonly seconds: number
  /** Absent where no control arm ran: the figures do not depend on the machine. */
  readonly driftPercent?: number
  /** Runs that failed; each was repeated once. */
  readonly failures?: readonly FailedRun[]
  readonly results: readonly Compared[]
  readonly profiles?: readonly ArmProfile[]
}

/** A session of costs. */
export interface CostsFile extends RunFacts {
  readonly figures: { readonly costs: CostFigures }
}

/** A file of `bench/results` by its name without `.json`. */
export interface Named<File> {
  readonly name: string
  readonly file: File
}

const folder = join(checkoutFolder, 'bench', 'results')

/** The committed files of a session, newest first: their names begin with their time. */
const filesOf = async <File>(session: string): Promise<readonly Named<File>[]> => {
  const ending = `-${session}.json`
  const names = (await readdir(folder)).filter((each) => each.endsWith(ending)).sort()
  return await Promise.all(
    names.toReversed().map(async (name) => ({
      name: name.slice(0, -'.json'.length),
      file: JSON.parse(await readFile(join(folder, name), 'utf8')) as File,
    })),
  )
}

/** The newest run of each comparison, the runs newest first. */
export const newestKernelRuns = async (): Promise<readonly Named<KernelFile>[]> =>
  withoutOlder(await filesOf<KernelFile>('kernel'))

/** `runs`, newest first, each without the comparisons that a newer one has; runs that have nothing left are left out. */
export const withoutOlder = (runs: readonly Named<KernelFile>[]): readonly Named<KernelFile>[] => {
  const seen = new Set<ComparisonName>()
  return runs.flatMap(({ name, file }) => {
    const results = file.results.filter((result) => !seen.has(result.name))
    for (const result of results) seen.add(result.name)
    return results.length === 0 ? [] : [{ name, file: { ...file, results } }]
  })
}

export const newestCosts = async (): Promise<Named<CostsFile> | undefined> => (await filesOf<CostsFile>('costs')).at(0)

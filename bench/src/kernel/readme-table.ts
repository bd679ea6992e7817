import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { checkoutFolder } from '@interchange/stack'
import { arms, type Comparison, comparisons } from './arms.ts'
import type { ArmFigures, Compared } from './compare.ts'

/** What the table needs of a results file. */
export interface KernelFile {
  readonly commit: string
  readonly node: string
  readonly cpu?: string
  readonly cpus: number
  readonly pinned: boolean
  readonly rounds: number
  readonly seconds: number
  readonly driftPercent: number
  readonly results: readonly Compared[]
}

const bench = join(checkoutFolder, 'bench')
export const readmePath: string = join(bench, 'README.md')
const [begin, end] = ['<!-- kernel: generated from the newest results file by `bench --readme` -->', '<!-- /kernel -->']

/** The newest committed run of the kernel, by its name. */
export const newestKernelFile = async (): Promise<{ readonly name: string; readonly file: KernelFile } | undefined> => {
  const folder = join(bench, 'results')
  const name = (await readdir(folder))
    .filter((each) => each.endsWith('-kernel.json'))
    .sort()
    .at(-1)
  if (name === undefined) return undefined
  return { name, file: JSON.parse(await readFile(join(folder, name), 'utf8')) as KernelFile }
}

/** Both tables of a run: the comparisons, then every arm. */
export const kernelTables = (name: string, file: KernelFile): string => {
  const { results, rounds, seconds, driftPercent, commit, node, cpus, cpu, pinned } = file
  const figures = new Map(results.flatMap((result) => result.arms.map((each) => [each.arm, each])))
  return [
    `Commit ${commit}, Node ${node}, ${cpus} cores (${cpu ?? 'unknown'}), ${pinned ? 'servers on core 0, client on core 1' : 'nothing pinned'},` +
      ` ${rounds} rounds of ${seconds} s; the control arm drifted by ${driftPercent.toFixed(1)} % ([raw rounds](results/${name})).`,
    '',
    '| # | work | against | ratio | 95 % interval | goal | met | ratio of CPU a message |',
    '|---|---|---|---|---|---|---|---|',
    ...results.map(comparisonRow),
    '',
    '| arm | messages/s | client CPU, us a message | duplicates | p99 of a publish, ms |',
    '|---|---|---|---|---|',
    ...[...figures.values()].map(armRow),
  ].join('\n')
}

const comparisonRow = ({ name, ratio, interval, goal, met, cpuRatio, p99Ms }: Compared): string => {
  const { what, against, p99MsMax }: Comparison = comparisons[name]
  const waits = p99MsMax === undefined ? '' : `; p99 ${p99Ms?.toFixed(1)} ms of ${p99MsMax}`
  const [low, high] = interval
  const cells = [
    name,
    `${what}${waits}`,
    against.map((arm) => arms[arm].label).join('; '),
    ratio.toFixed(2),
    `${low.toFixed(2)} to ${high.toFixed(2)}`,
    `>= ${goal}`,
    met ? 'yes' : '**no**',
    cpuRatio.toFixed(2),
  ]
  return `| ${cells.join(' | ')} |`
}

const armRow = ({ arm, recordsPerSecond, cpuMicrosPerRecord, duplicates, p99Ms }: ArmFigures): string => {
  const rate = Math.round(recordsPerSecond).toLocaleString('en-GB')
  return `| ${arms[arm].label} | ${rate} | ${cpuMicrosPerRecord.toFixed(2)} | ${duplicates} | ${p99Ms?.toFixed(1) ?? ''} |`
}

/** `text` with the tables between their marks. Throws when the marks are missing. */
export const withTables = (text: string, tables: string): string => {
  const [from, until] = [text.indexOf(begin), text.indexOf(end)]
  if (from === -1 || until < from) throw new Error(`${readmePath} has no place for the kernel's tables`)
  return `${text.slice(0, from + begin.length)}\n\n${tables}\n\n${text.slice(until)}`
}

/** Puts the newest run into the README. */
export const writeReadme = async (): Promise<void> => {
  const newest = await newestKernelFile()
  if (newest === undefined) return
  const text = await readFile(readmePath, 'utf8')
  await writeFile(readmePath, withTables(text, kernelTables(newest.name, newest.file)))
}

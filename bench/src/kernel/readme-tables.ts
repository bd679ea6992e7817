import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { checkoutFolder } from '@interchange/stack'
import type { AllocationPlace } from './allocation-places.ts'
import { arms } from './arms.ts'
import type { ArmFigures, Compared } from './compare.ts'
import { type Comparison, comparisonNames, comparisons } from './comparisons.ts'
import { budgetMicrosOf, messageBudgetMicros } from './cost-parts.ts'
import type { ArmProfile } from './profile-arms.ts'
import {
  type CostsFile,
  type KernelFile,
  type Named,
  newestCosts,
  newestKernelRuns,
  type RunFacts,
} from './result-files.ts'

export const readmePath: string = join(checkoutFolder, 'bench', 'README.md')

/** All that is known of the kernel's speed: what was measured when, each cell, why the short ones are short, and every arm. */
export const kernelTables = (runs: readonly Named<KernelFile>[]): string => {
  const cells = comparisonNames.flatMap((name) =>
    runs.flatMap((run) => run.file.results.filter((result) => result.name === name).map((result) => ({ result, run }))),
  )
  const short = cells.filter(({ result }) => !result.met)
  const figures = new Map(cells.flatMap(({ result }) => result.arms.map((each) => [each.arm, each])))
  return [
    ...runs.map(runLine),
    '',
    '| # | work | against | ratio | 95 % interval | goal | met | ratio of CPU a message |',
    '|---|---|---|---|---|---|---|---|',
    ...cells.map(({ result }) => cellRow(result)),
    '',
    ...(short.length === 0
      ? ['Every goal is met.']
      : [
          '| short | flame graph | top of the profile (share of its time, or bytes) | next idea |',
          '|---|---|---|---|',
          ...short.map(({ result, run }) => shortRow(result, run)),
        ]),
    '',
    '| arm | messages/s | client CPU, us a message | duplicates | p99, ms | bytes allocated a message |',
    '|---|---|---|---|---|---|',
    ...[...figures.values()].map(armRow),
  ].join('\n')
}

const machineOf = ({ commit, node, cpus, cpu }: RunFacts): string =>
  `Commit ${commit}, Node ${node}, ${cpus} cores (${cpu ?? 'unknown'})`

const runLine = ({ name, file }: Named<KernelFile>): string => {
  const { results, rounds, seconds, driftPercent, pinned, failures = [] } = file
  const drift =
    driftPercent === undefined ? 'no control arm' : `the control arm drifted by ${driftPercent.toFixed(1)} %`
  const failed = failures.length === 0 ? '' : `; failed: ${failures.map(({ what }) => what).join('; ')}`
  const where = pinned ? 'servers on core 0, client on core 1' : 'nothing pinned'
  return (
    `- ${results.map((each) => each.name).join(', ')}: ${machineOf(file)}, ${where}, ${rounds} rounds of ${seconds} s;` +
    ` ${drift}${failed} ([raw rounds](results/${name}.json)).`
  )
}

const cellRow = ({ name, ratio, interval, met, cpuRatio, p99Ms }: Compared): string => {
  const { what, against, bound, goal, p99MsMax }: Comparison = comparisons[name]
  const waits = p99MsMax === undefined || p99Ms === undefined ? '' : `; p99 ${p99Ms.toFixed(1)} ms of ${p99MsMax}`
  return row([
    name,
    `${what}${waits}`,
    against.length === 0 ? (bound?.label ?? '') : against.map((arm) => arms[arm].label).join('; '),
    figure(ratio),
    interval.map(figure).join(' to '),
    'atLeast' in goal ? `>= ${goal.atLeast}` : `<= ${goal.atMost}`,
    met ? 'yes' : '**no**',
    cpuRatio === undefined ? '' : figure(cpuRatio),
  ])
}

const shortRow = ({ name, arms: figures }: Compared, run: Named<KernelFile>): string => {
  const { ours, nextIdea }: Comparison = comparisons[name]
  const profile = run.file.profiles?.find(({ arm }) => arm === ours)
  const allocated = figures.find(({ arm }) => arm === ours)?.places ?? []
  return row([
    name,
    profile === undefined ? '' : `[${ours}.svg](results/${run.name}/${ours}.svg)`,
    profile === undefined ? allocated.slice(0, topMax).map(topPlace).join(', ') : topOf(profile),
    nextIdea,
  ])
}

const topMax = 6

const topOf = ({ hottest }: ArmProfile): string =>
  hottest
    .slice(0, topMax)
    .map(({ name, share }) => `${name} ${(100 * share).toFixed(0)} %`)
    .join(', ')

const topPlace = ({ place, bytesPerRecord }: AllocationPlace): string => `${place} ${bytesPerRecord.toFixed(0)} B`

const armRow = ({ arm, recordsPerSecond, cpuMicrosPerRecord, duplicates, p99Ms, bytesPerRecord }: ArmFigures): string =>
  row([
    arms[arm].label,
    Math.round(recordsPerSecond).toLocaleString('en-GB'),
    cpuMicrosPerRecord.toFixed(2),
    String(duplicates),
    p99Ms?.toFixed(1) ?? '',
    bytesPerRecord?.toFixed(0) ?? '',
  ])

/** The budget of a message as it is spent. */
export const costsTable = ({ name, file }: Named<CostsFile>): string => {
  const { bytesMicros, opaqueMicros, fullMicros, parts } = file.figures.costs
  return [
    `${machineOf(file)} ([raw numbers](results/${name}.json)). Processor time of a message: stock kafkajs alone ${bytesMicros.toFixed(2)} us, ours` +
      ` without codec ${opaqueMicros.toFixed(2)} us, ours with everything ${fullMicros.toFixed(2)} us, of which`,
    '',
    '| part | budget, us a message | spent, us a message | share |',
    '|---|---|---|---|',
    ...parts.map(({ part, micros }) => costRow(part, budgetMicrosOf(part), micros, fullMicros)),
    costRow('**all but stock kafkajs alone**', messageBudgetMicros, fullMicros - bytesMicros, fullMicros),
  ].join('\n')
}

const costRow = (part: string, budget: number | undefined, spent: number, all: number): string =>
  row([part, budget?.toFixed(2) ?? '', spent.toFixed(2), `${((100 * spent) / all).toFixed(0)} %`])

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`

/** Three figures at least, none behind the point of a large number. */
const figure = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toFixed(2))

/** `text` with `tables` between the marks of `place`. Throws when the marks are missing. */
export const withTables = (text: string, place: 'kernel' | 'costs', tables: string): string => {
  const [begin, end] = [
    `<!-- ${place}: generated from the newest results by \`bench --readme\` -->`,
    `<!-- /${place} -->`,
  ]
  const [from, until] = [text.indexOf(begin), text.indexOf(end)]
  if (from === -1 || until < from) throw new Error(`${readmePath} has no place for the tables of ${place}`)
  return `${text.slice(0, from + begin.length)}\n\n${tables}\n\n${text.slice(until)}`
}

/** The README as the newest results want it. */
export const readmeOf = async (text: string): Promise<string> => {
  const costs = await newestCosts()
  const withKernel = withTables(text, 'kernel', kernelTables(await newestKernelRuns()))
  return costs === undefined ? withKernel : withTables(withKernel, 'costs', costsTable(costs))
}

/** Puts the newest results into the README. */
export const writeReadme = async (): Promise<void> => {
  await writeFile(readmePath, await readmeOf(await readFile(readmePath, 'utf8')))
}

import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { checkoutFolder } from '@interchange/stack'
import type { ScenarioResult } from './run-scenario.ts'

/** A result in full, with what it was measured on. */
export interface KeptResult extends ScenarioResult {
  readonly commit: string
  readonly kafka: string
  readonly node: string
  readonly at: string
}

export const resultsFolder = join(checkoutFolder, 'drills', 'results')

const fileOf = (name: string): string => join(resultsFolder, `${name}.json`)

/** What drills run, and how: texts, tests, the command line, the results themselves and the table of them make no result old. */
const drilled = ['packages', 'drills', 'patches', 'pnpm-lock.yaml']
const tables = ['headline-figures', 'explanations.data', 'readme-table'].map((file) => `drills/src/report/${file}.ts`)
const notDrilled = ['drills/results', 'packages/cli', ...tables, '*.md', '*.test.ts', '*.fixture.ts']

/** The last commit that changed what is drilled. */
export const drilledCommit = (): string => {
  const args = ['log', '-1', '--format=%h', '--', ...drilled, ...notDrilled.map((path) => `:(exclude)${path}`)]
  return execFileSync('git', args, { encoding: 'utf8', cwd: checkoutFolder }).trim()
}

/** What this commit's drill of that name came to; undefined when it is still to be run. */
export const knownResult = (name: string, commit: string): KeptResult | undefined => {
  if (!existsSync(fileOf(name))) return undefined
  const kept = JSON.parse(readFileSync(fileOf(name), 'utf8')) as KeptResult
  return kept.commit === commit ? kept : undefined
}

/** Writes a result down as soon as it is there. */
export const keepResult = async (
  result: ScenarioResult,
  versions: Pick<KeptResult, 'commit' | 'kafka'>,
): Promise<void> => {
  await mkdir(resultsFolder, { recursive: true })
  const kept: KeptResult = { ...versions, node: process.version, at: new Date().toISOString(), ...result }
  await writeFile(fileOf(result.name), `${JSON.stringify(kept)}\n`)
}

/** All results there are, whichever commit they are of, by name. */
export const keptResults = (): readonly KeptResult[] =>
  (existsSync(resultsFolder) ? readdirSync(resultsFolder) : [])
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => {
      const kept = JSON.parse(readFileSync(join(resultsFolder, name), 'utf8')) as KeptResult
      // Those of the first commits know no bounds.
      return { ...kept, figures: kept.figures ?? [] }
    })

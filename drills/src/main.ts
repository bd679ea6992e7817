import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { checkoutFolder, removeDeadStacks } from '@interchange/stack'
import { openArena } from './arena.ts'
import { runScenario, type ScenarioResult } from './run-scenario.ts'
import { runsIn, type Scenario, type Size } from './scenario.ts'
import { scenarios } from './scenarios/index.ts'
import { resultTable, summaryOf } from './summary.ts'

const usage = `npm run drill -- [--smoke | --all] [--only NAME,NAME] [--seed N] [--list] [--json]

  --smoke   every scenario with few faults (default): a look, minutes
  --all     every scenario in full; each result goes to drills/results as it ends, and those of this commit are not run again
  --only    scenarios by name; all without it
  --seed N  chooses whom the faults hit; default: random, and printed
  --list    what there is, and what each does
  --json    one line of JSON on stdout
`

const { failed, interrupted, wrongUsage } = { failed: 1, interrupted: 130, wrongUsage: 2 }
const namePrefix = 'drill-'

const main = async (): Promise<number> => {
  const options = readOptions()
  if (typeof options === 'string') {
    process.stderr.write(`${options}${usage}`)
    return options === '' ? 0 : wrongUsage
  }
  if (options.list) {
    process.stdout.write(scenarios.map(({ name, title, says }) => `${name} ${title}\n  ${says}\n`).join(''))
    return 0
  }
  const abort = new AbortController()
  // The second one ends the process at once; the guard then ends the rest.
  process.once('SIGINT', () => abort.abort()).once('SIGTERM', () => abort.abort())
  try {
    const results = await runAll(options, abort.signal)
    const summary = summaryOf(results)
    if (options.json) process.stdout.write(`${JSON.stringify({ ...summary, seed: options.seed })}\n`)
    else process.stdout.write(`\n${resultTable(results)}\n\nseed ${options.seed}\n`)
    return results.every(({ passed }) => passed) ? 0 : failed
  } catch (error) {
    if (!abort.signal.aborted) throw error
    say('Interrupted; everything that was started has ended.')
    return interrupted
  }
}

type Options = Exclude<ReturnType<typeof readOptions>, string>

/** One arena for all scenarios of a size, smaller first. */
const runAll = async ({ chosen, size, seed }: Options, signal: AbortSignal): Promise<readonly ScenarioResult[]> => {
  removeDeadStacks(namePrefix)
  const results: ScenarioResult[] = []
  const commit = drilledCommit()
  for (const brokers of [1, 3] as const) {
    const open = chosen.filter((scenario) => {
      const known = scenario.brokers === brokers && size === 'full' ? knownResult(scenario, commit) : undefined
      if (known !== undefined) {
        results.push(known)
        say(`${scenario.name} has its result for ${commit}`)
      }
      return scenario.brokers === brokers && known === undefined
    })
    if (open.length === 0) continue
    const registry = open.some((scenario) => scenario.registry === true)
    const arena = await openArena({ name: `${namePrefix}${process.pid}-${brokers}`, brokers, registry, say })
    try {
      for (const scenario of open) {
        signal.throwIfAborted()
        const startedMs = performance.now()
        say(`${scenario.name} ${scenario.title}`)
        const run = `${process.pid}-${results.length}`
        const result = await runScenario(scenario, arena, { size, seed, run, signal, say })
        results.push(result)
        tell(result, startedMs)
        if (size === 'full') await keep(result, { commit, kafka: arena.cluster.kafkaVersion })
      }
    } finally {
      await arena.close()
    }
  }
  return results
}

/** The last commit that changed more than results: committing those must not make them old. */
const drilledCommit = (): string => {
  const args = ['log', '-1', '--format=%h', '--', '.', ':(exclude)drills/results']
  return execFileSync('git', args, { encoding: 'utf8', cwd: checkoutFolder }).trim()
}

const tell = (result: ScenarioResult, startedMs: number): void => {
  const { acknowledged, faults, settledMs, repeatedRecords, takeOverMs, counterExamples, passed } = result
  const effective = faults.filter((fault) => fault.effective).length
  const tookS = ((performance.now() - startedMs) / 1_000).toFixed(1)
  const takeOver = takeOverMs.length === 0 ? '' : `, taken over in ${takeOverMs.join(' ')} ms`
  say(
    `  ${passed ? 'ok' : 'FAILED'} in ${tookS} s: ${acknowledged} acknowledged, ${effective} of ${faults.length} faults,`,
  )
  say(`  ${repeatedRecords} records repeated, settled in ${settledMs ?? '-'} ms${takeOver}`)
  for (const { figure, measured, allowed } of result.figures)
    say(`  ${figure} ${measured ?? 'not seen'} of ${allowed} allowed`)
  for (const { invariant, detail, facts } of counterExamples) {
    say(`    ${invariant}: ${detail}`)
    for (const fact of facts) say(`      ${JSON.stringify(fact)}`)
  }
}

const resultFile = (name: string): string => join(checkoutFolder, 'drills', 'results', `${name}.json`)

interface KeptResult extends ScenarioResult {
  readonly commit: string
}

const knownResult = ({ name }: Scenario, commit: string): ScenarioResult | undefined => {
  if (!existsSync(resultFile(name))) return undefined
  const kept = JSON.parse(readFileSync(resultFile(name), 'utf8')) as KeptResult
  return kept.commit === commit ? kept : undefined
}

const keep = async (result: ScenarioResult, versions: { commit: string; kafka: string }): Promise<void> => {
  await mkdir(join(checkoutFolder, 'drills', 'results'), { recursive: true })
  const kept = { ...versions, node: process.version, at: new Date().toISOString(), ...result }
  await writeFile(resultFile(result.name), `${JSON.stringify(kept)}\n`)
}

/** What to run; a complaint, or '' for help, when nothing is to be run. */
const readOptions = () => {
  try {
    const { values } = parseArgs({
      options: {
        smoke: { type: 'boolean', default: false },
        all: { type: 'boolean', default: false },
        only: { type: 'string' },
        seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
        list: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    })
    if (values.help) return ''
    if (values.smoke && values.all) return '--smoke or --all, not both.\n\n'
    const names = values.only?.split(',') ?? scenarios.map(({ name }) => name)
    const unknown = names.filter((name) => scenarios.every((scenario) => scenario.name !== name))
    if (unknown.length > 0) return `There is no scenario ${unknown.join(', ')}.\n\n`
    const seed = Number(values.seed)
    if (!Number.isInteger(seed) || seed < 0) return '--seed is a whole number.\n\n'
    const size: Size = values.all ? 'full' : 'smoke'
    const chosen = scenarios.filter((scenario) => names.includes(scenario.name) && runsIn(scenario, size))
    if (chosen.length === 0) return `${names.join(', ')} runs in full only: --all.\n\n`
    return { chosen, size, seed, list: values.list, json: values.json }
  } catch (error) {
    return `${error instanceof Error ? error.message : String(error)}\n\n`
  }
}

const say = (line: string): void => void process.stderr.write(`${line}\n`)

process.exitCode = await main()

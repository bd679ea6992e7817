import { parseArgs } from 'node:util'
import { loadKernel } from './kernel.ts'
import { printTrace } from './print-trace.ts'
import { runMutants } from './run-mutants.ts'
import type { Mode } from './run-seed.ts'
import { simulate } from './simulate.ts'

const usage = `npm run sim -- [--seeds N] [--from S] [--seed S] [--workers N] [--mode safety|liveness] [--mutants [--only A,B]] [--json]

  --seeds N   how many seeds; default 10000
  --from S    the first of them; default 1
  --seed S    one seed, with everything that happened in it
  --workers N threads; default one per processor
  --mode      safety ends amid the faults; liveness (default) heals them and demands that everything is settled
  --mutants   break the kernel in every way of sim/mutants/README.md; seeds until each is noticed (at most --seeds, default 5000)
  --only A,B  of the mutants these
  --json      one line of JSON at the end of stdout, distributions included
`

const { interrupted, wrongUsage } = { interrupted: 130, wrongUsage: 2 }

const main = async (): Promise<number> => {
  const options = readOptions()
  if (typeof options === 'string') {
    process.stderr.write(`${options}${usage}`)
    return options === '' ? 0 : wrongUsage
  }
  const abort = new AbortController()
  // The second one ends the process at once; nothing outside it was started.
  process.once('SIGINT', () => abort.abort()).once('SIGTERM', () => abort.abort())
  const code = options.mutants ? await mutantsCommand(options, abort.signal) : await seedsCommand(options, abort.signal)
  return abort.signal.aborted ? interrupted : code
}

type Options = Exclude<ReturnType<typeof readOptions>, string>

const seedsCommand = async (options: Options, signal: AbortSignal): Promise<number> => {
  const { seeds, from, seed, mode, workers, json } = options
  const beganAtMs = performance.now()
  let toldAtMs = beganAtMs
  const result = await simulate({
    firstSeed: seed ?? from,
    seeds: seed === undefined ? (seeds ?? 10_000) : 1,
    mode,
    ...(workers !== undefined && { workers }),
    signal,
    progress(done, violations) {
      if (performance.now() - toldAtMs < progressEveryMs) return
      toldAtMs = performance.now()
      say(`${done} seeds, ${violations} with violations`)
    },
  })
  if (seed !== undefined) await printTrace(await loadKernel(), seed, mode, (line) => process.stdout.write(`${line}\n`))
  const seconds = Math.round((performance.now() - beganAtMs) / 100) / 10
  const cpu = process.cpuUsage()
  say(`${result.seeds} seeds in ${seconds} s (${Math.round((cpu.user + cpu.system) / 1e5) / 10} s of CPU)`)
  for (const [name, { least, median, p95, most }] of Object.entries(result.figures))
    say(`  ${name.padEnd(11)} least ${least}, median ${median}, p95 ${p95}, most ${most}`)
  say(
    `  faults that took effect: ${Object.entries(result.faults)
      .map(([kind, count]) => `${kind} ${count}`)
      .join(', ')}`,
  )
  if (result.tooSmall.length > 0) say(`  too small to count: seeds ${result.tooSmall.slice(0, 20).join(', ')}`)
  for (const { seed: bad, violations } of result.violating) {
    for (const { invariant, detail } of violations.slice(0, 3)) say(`  seed ${bad}: ${invariant} ${detail}`)
    say(`  replay it: npm run sim -- --seed ${bad} --mode ${mode}`)
  }
  if (json) {
    const violating = result.violating.map(({ seed: bad, violations }) => ({ seed: bad, first: violations[0] }))
    const { figures, faults, tooSmall } = result
    const told = {
      seeds: result.seeds,
      violations: violating.length,
      mode,
      seconds,
      figures,
      faults,
      tooSmall,
      violating,
    }
    process.stdout.write(`${JSON.stringify(told)}\n`)
  }
  return result.violating.length === 0 && result.tooSmall.length === 0 ? 0 : 1
}

const progressEveryMs = 5_000

const mutantsCommand = async ({ seeds, only, json }: Options, signal: AbortSignal): Promise<number> => {
  const results = await runMutants(seeds ?? 5_000, only, signal, ({ mutant, killedBySeeds, invariant, detail }) =>
    say(
      killedBySeeds === undefined
        ? `${mutant.padEnd(24)} SURVIVED`
        : `${mutant.padEnd(24)} ${String(killedBySeeds).padStart(4)} seeds  ${invariant} ${detail}`,
    ),
  )
  const survived = results.filter(({ killedBySeeds }) => killedBySeeds === undefined).length
  if (json) process.stdout.write(`${JSON.stringify({ mutants: results.length, survived, results })}\n`)
  return survived === 0 ? 0 : 1
}

/** What to run; a complaint, or '' for help, when nothing is to be run. */
const readOptions = () => {
  try {
    const { values } = parseArgs({
      options: {
        seeds: { type: 'string' },
        from: { type: 'string', default: '1' },
        seed: { type: 'string' },
        workers: { type: 'string' },
        mode: { type: 'string', default: 'liveness' },
        mutants: { type: 'boolean', default: false },
        only: { type: 'string' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    })
    if (values.help) return ''
    if (values.mode !== 'safety' && values.mode !== 'liveness') return '--mode is safety or liveness.\n\n'
    const mode: Mode = values.mode
    const [seeds, from, seed, workers] = [values.seeds, values.from, values.seed, values.workers].map(wholeNumber)
    return {
      mode,
      seeds,
      from: from ?? 1,
      seed,
      workers,
      only: values.only?.split(','),
      mutants: values.mutants,
      json: values.json,
    }
  } catch (error) {
    return `${error instanceof Error ? error.message : String(error)}\n\n`
  }
}

const wholeNumber = (text: string | undefined): number | undefined => {
  if (text === undefined) return undefined
  const number = Number(text)
  if (!Number.isSafeInteger(number) || number < 1) throw new Error(`${text} is no whole number from 1.`)
  return number
}

const say = (line: string): void => {
  process.stderr.write(`${line}\n`)
}

process.exitCode = await main()

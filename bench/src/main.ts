import { execFileSync } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { checkoutFolder } from '@interchange/stack'
import type { Benchmark } from './benchmark.ts'
import { type ComparisonName, comparisons } from './kernel/arms.ts'
import { writeReadme } from './kernel/readme-table.ts'
import { runKernel } from './kernel/run-kernel.ts'
import { pipeline } from './pipeline.ts'

const benchmarks: Readonly<Record<string, Benchmark>> = { pipeline }

const isKernelName = (name: string): name is ComparisonName => Object.hasOwn(comparisons, name)
const allNames = [...Object.keys(benchmarks), ...Object.keys(comparisons)]

const usage = `npm run bench -- [--only NAME,NAME] [--data FILE] [--minutes N] [--json]

  pipeline   a retail file from HTTP to all three groups, reconciled by SQL: lines/s, events/s, memory slopes

  P1 P1s P2 P3 P4 P5 P7 P8   the delivery kernel against real peers, ratios (design page 4); they share their rounds

  --only     benchmarks to run, by name; all without it
  --data     the retail file to send (CSV, or CSV.gz)
  --minutes  how long the system is kept under load for the memory slopes; default 5
  --seconds  least time measured of an arm in a round; default 5
  --rounds   rounds of the kernel's arms; default 5
  --profile  a folder for the CPU profiles of the last round
  --readme   puts the kernel's figures into bench/README.md
  --json     one line of JSON on stdout
`

const { interrupted, wrongUsage } = { interrupted: 130, wrongUsage: 2 }

const main = async (): Promise<number> => {
  const options = readOptions()
  if (typeof options === 'string') {
    process.stderr.write(`${options}${usage}`)
    return options === '' ? 0 : wrongUsage
  }
  const abort = new AbortController()
  // The second one ends the process at once; the stack's guard then ends the rest.
  process.once('SIGINT', () => abort.abort()).once('SIGTERM', () => abort.abort())
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8', cwd: checkoutFolder }).trim()
  const results: unknown[] = []
  const kernelNames = options.names.filter(isKernelName)
  if (kernelNames.length > 0) {
    say(kernelNames.join(' '))
    try {
      const kernel = await runKernel(kernelNames, { ...options, signal: abort.signal, say })
      results.push(...kernel.results)
      await writeResult('kernel', { commit, ...machine(), results: kernel.results, ...kernel.raw })
      if (options.readme) await writeReadme()
    } catch (error) {
      if (!abort.signal.aborted) throw error
      say('Interrupted; everything that was started has ended.')
      return interrupted
    }
  }
  for (const name of options.names) {
    if (isKernelName(name)) continue
    say(name)
    try {
      const result = await benchmarks[name]?.({ ...options, signal: abort.signal, say })
      results.push({ name, ...result?.figures })
      await writeResult(name, { name, commit, ...machine(), ...result })
    } catch (error) {
      if (!abort.signal.aborted) throw error
      say('Interrupted; everything that was started has ended.')
      return interrupted
    }
  }
  const answer = { results, commit, node: process.version }
  process.stdout.write(`${JSON.stringify(answer, null, options.json ? 0 : 2)}\n`)
  return 0
}

/** What to run; a complaint, or '' for help, when nothing is to be run. */
const readOptions = () => {
  try {
    const { values } = parseArgs({
      options: {
        only: { type: 'string', default: allNames.join(',') },
        data: { type: 'string' },
        minutes: { type: 'string', default: '5' },
        seconds: { type: 'string', default: '5' },
        rounds: { type: 'string', default: '5' },
        profile: { type: 'string' },
        readme: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    })
    if (values.help) return ''
    const names = values.only.split(',')
    const unknown = names.filter((name) => !allNames.includes(name))
    if (unknown.length > 0) return `There is no benchmark ${unknown.join(', ')}.\n\n`
    const minutes = Number(values.minutes)
    if (!(minutes >= 0 && minutes <= 24 * 60)) return `--minutes is a number from 0 to ${24 * 60}.\n\n`
    const [seconds, rounds] = [Number(values.seconds), Number(values.rounds)]
    if (!(seconds > 0 && rounds >= 1)) return '--seconds and --rounds are numbers above 0.\n\n'
    const { data, json, readme, profile: profileFolder } = values
    return { names, minutes, seconds, rounds, profileFolder, readme, data, json }
  } catch (error) {
    return `${error instanceof Error ? error.message : String(error)}\n\n`
  }
}

const machine = () => {
  const [cpu] = cpus()
  return { node: process.version, platform: process.platform, arch: process.arch, cpus: cpus().length, cpu: cpu?.model }
}

const writeResult = async (name: string, result: object): Promise<void> => {
  const folder = join(checkoutFolder, 'bench', 'results')
  await mkdir(folder, { recursive: true })
  const path = join(folder, `${new Date().toISOString().slice(0, 10)}-${name}.json`)
  await writeFile(path, `${JSON.stringify(result)}\n`)
  say(`  raw numbers: ${path}`)
}

const say = (line: string): void => void process.stderr.write(`${line}\n`)

process.exitCode = await main()

import { execFileSync } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import { join, resolve } from 'node:path'
import { checkoutFolder } from '@interchange/stack'
import { measureCosts } from './kernel/measure-costs.ts'
import { writeReadme } from './kernel/readme-tables.ts'
import { runKernel } from './kernel/run-kernel.ts'
import { pipeline } from './pipeline.ts'
import { type Options, readOptions, usage } from './read-options.ts'

const { goalMissed, wrongUsage, interrupted } = { goalMissed: 1, wrongUsage: 2, interrupted: 130 }

const main = async (): Promise<number> => {
  const options = readOptions(process.argv.slice(2))
  if (typeof options === 'string') {
    process.stderr.write(options === '' ? usage : `${options}\n\n${usage}`)
    return options === '' ? 0 : wrongUsage
  }
  const abort = new AbortController()
  // The second one ends the process at once; the stack's guard then ends the rest.
  process.once('SIGINT', () => abort.abort()).once('SIGTERM', () => abort.abort())
  try {
    const { results, allMet } = await runAll(options, abort.signal)
    if (options.readme) await writeReadme()
    const answer = { results, commit: commit(), node: process.version }
    process.stdout.write(`${JSON.stringify(answer, null, options.json ? 0 : 2)}\n`)
    return options.gate && !allMet ? goalMissed : 0
  } catch (error) {
    if (!abort.signal.aborted) throw error
    say('Interrupted; everything that was started has ended.')
    return interrupted
  }
}

const runAll = async (options: Options, signal: AbortSignal) => {
  const given = { ...options, signal, say }
  const stem = new Date().toISOString().slice(0, 16).replace(':', '')
  const folder = options.out === undefined ? join(checkoutFolder, 'bench', 'results') : resolve(options.out)
  const results: unknown[] = []
  let allMet = true
  if (options.comparisons.length > 0) {
    say(options.comparisons.join(' '))
    const name = `${stem}-kernel`
    const kernel = await runKernel(options.comparisons, { ...given, drawingFolder: join(folder, name) })
    results.push(...kernel.results)
    allMet = kernel.results.every(({ met }) => met)
    await writeResult(folder, name, { results: kernel.results, ...kernel.raw })
  }
  for (const session of options.sessions) {
    signal.throwIfAborted()
    say(session)
    const name = `${stem}-${session}`
    const { figures, raw } = await sessions[session]({ ...given, drawingFolder: join(folder, name) })
    results.push({ name: session, ...figures })
    await writeResult(folder, name, { name: session, figures, raw })
  }
  return { results, allMet }
}

const sessions = { pipeline, costs: measureCosts } as const

const commit = (): string =>
  execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8', cwd: checkoutFolder }).trim()

const machine = () => {
  const [cpu] = cpus()
  return { node: process.version, platform: process.platform, arch: process.arch, cpus: cpus().length, cpu: cpu?.model }
}

const writeResult = async (folder: string, name: string, result: object): Promise<void> => {
  await mkdir(folder, { recursive: true })
  const path = join(folder, `${name}.json`)
  await writeFile(path, `${JSON.stringify({ commit: commit(), ...machine(), ...result })}\n`)
  say(`  raw numbers: ${path}`)
}

const say = (line: string): void => void process.stderr.write(`${line}\n`)

process.exitCode = await main()

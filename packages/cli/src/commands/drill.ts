import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { checkoutFolder } from '@interchange/stack'
import type { Command } from 'commander'
import { CommandEnd, exitCodes } from '../exit-codes.ts'

/** As commander hands them over: what was not given is not there. */
interface RunOptions {
  readonly all?: boolean
  readonly shard?: string
  readonly lanes?: string
  readonly realTime?: boolean
  readonly config?: string
  readonly seed?: string
  readonly html?: string
  readonly json?: boolean
}

interface SoakOptions extends Pick<RunOptions, 'seed' | 'html' | 'json'> {
  readonly minutes?: string
}

/** Drills start brokers of their own and need the whole checkout; the program is reached by its command line. */
export const addDrillCommands = (program: Command): void => {
  const drill = program
    .command('drill')
    .description('kill, freeze, flood and cut real brokers and processes on this machine, and see what holds')

  drill
    .command('list')
    .description('every drill: what it does to which process, and what must hold')
    .action(() => runDrills(['--list']))

  drill
    .command('run')
    .description('run drills to their verdict; only processes that they start are touched')
    .argument('[names...]', 'drills by name; all without it')
    .option('--all', 'in full, with results kept in the checkout; default: a look with few faults')
    .option('--shard <k/n>', 'every nth drill from the kth on, so that n machines share them')
    .option('--lanes <number>', 'so many at once, each with brokers of its own; default: 2, with --all 1')
    .option('--real-time', 'the hour-long outage with clocks that do not run faster')
    .option('--config <file>', 'a drill of a service of your own: docs/how-to/drill-your-own-service.md')
    .option('--seed <number>', 'choose whom the faults hit; default: random, and printed')
    .option('--html <file>', 'where the report goes; default: the ignored log folder, and printed')
    .option('--json', 'one JSON line at the very end')
    .action((names: readonly string[], options: RunOptions) =>
      runDrills([...(names.length > 0 ? ['--only', names.join()] : []), ...asArguments({ ...options })]),
    )

  drill
    .command('soak')
    .description('a fault each seven seconds in three of four quarters, until the time is over or Ctrl-C')
    .option('--minutes <number>', 'how long; default: 60')
    .option('--seed <number>', 'choose whom the faults hit; default: random, and printed')
    .option('--html <file>', 'where the report goes; default: the ignored log folder, and printed')
    .option('--json', 'one JSON line at the very end')
    .action((options: SoakOptions) => runDrills(['soak', ...asArguments({ ...options })]))
}

/** The options as the drills' own command line has them. */
const asArguments = (options: Readonly<Record<string, string | boolean>>): readonly string[] =>
  Object.entries(options).flatMap(([name, value]) => {
    const option = `--${name === 'realTime' ? 'real-time' : name}`
    return value === true ? [option] : [option, String(value)]
  })

const runDrills = async (args: readonly string[]): Promise<void> => {
  const entry = join(checkoutFolder, 'drills', 'dist', 'main.js')
  if (!existsSync(entry))
    throw new CommandEnd(exitCodes.nothingFound, 'There are no drills here: they need a built checkout.')
  const drills = spawn(process.execPath, ['--enable-source-maps', entry, ...args], { stdio: 'inherit' })
  // A terminal sends Ctrl-C to both; what comes to this one alone is handed on.
  const onTerminate = (): void => void drills.kill('SIGTERM')
  const onInterrupt = (): void => undefined
  process.on('SIGTERM', onTerminate).on('SIGINT', onInterrupt)
  process.exitCode = await new Promise<number>((resolve, reject) => {
    drills.on('error', reject)
    drills.on('close', (code) => resolve(code ?? exitCodes.interrupted))
  })
  process.off('SIGTERM', onTerminate).off('SIGINT', onInterrupt)
}

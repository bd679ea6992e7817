import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { checkoutFolder } from '@interchange/stack'
import type { Command } from 'commander'
import { CommandEnd, exitCodes } from '../exit-codes.ts'

interface RunOptions {
  readonly all?: boolean
  readonly seed?: string
  readonly json?: boolean
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
    .option('--seed <number>', 'choose whom the faults hit; default: random, and printed')
    .option('--json', 'one JSON line at the very end')
    .action((names: readonly string[], { all, seed, json }: RunOptions) =>
      runDrills([
        ...(names.length > 0 ? ['--only', names.join()] : []),
        ...(all === true ? ['--all'] : []),
        ...(seed === undefined ? [] : ['--seed', seed]),
        ...(json === true ? ['--json'] : []),
      ]),
    )
}

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

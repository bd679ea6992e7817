import { spawn } from 'node:child_process'
import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { stackDown, stackLogs, stackStatus, stackUp } from '@interchange/stack'
import type { Command } from 'commander'
import { CommandEnd, exitCodes } from '../exit-codes.ts'
import { print, printJson, printTable, say } from '../output.ts'

interface NamedOptions {
  readonly name?: string
}

const nameHelp = 'a stack beside the default one; the one of `npm run demo -- --keep` is called demo'

const named = ({ name }: NamedOptions): NamedOptions => (name === undefined ? {} : { name })

export const addStackCommands = (program: Command): void => {
  const stack = program
    .command('stack')
    .description('Kafka, schema registry, Postgres and Jaeger on this machine: up, down, status, logs')

  stack
    .command('up')
    .description('start what is not running and leave it running; prints the variables that lead to it')
    .option('--name <name>', nameHelp)
    .option('--json', 'one JSON document')
    .action(async (options: NamedOptions & { json?: boolean }) => {
      const state = await stackUp({ ...named(options), report: say })
      if (options.json === true) printJson(state)
      else for (const [name, value] of Object.entries(state.env)) print(`export ${name}=${value}`)
    })

  stack
    .command('down')
    .description('end everything that `up` started; data stays')
    .option('--name <name>', nameHelp)
    .action(async (options: NamedOptions) => {
      if (!(await stackDown(named(options)))) throw new CommandEnd(exitCodes.nothingFound, 'No stack runs here.')
      say('The stack is down.')
    })

  stack
    .command('status')
    .description('what runs, where, and whether it answers')
    .option('--name <name>', nameHelp)
    .option('--json', 'one JSON document')
    .action(showStatus)

  stack
    .command('logs')
    .description('the log of one part, or the names of the logs there are')
    .argument('[name]', 'kafka, registry, postgres, jaeger, or a service')
    .option('--name <name>', nameHelp)
    .option('-f, --follow', 'go on with what is added, until Ctrl-C')
    .action(showLogs)
}

const showStatus = async (options: NamedOptions & { json?: boolean }): Promise<void> => {
  const status = await stackStatus(named(options))
  if (status === null) throw new CommandEnd(exitCodes.nothingFound, 'No stack runs here. Start one: ix stack up')
  if (options.json === true) printJson(status)
  else {
    printTable(
      ['PART', 'RUNS', 'VERSION', 'ADDRESS', 'ANSWERS'],
      status.components.map((part) => [
        part.name,
        part.mode,
        part.version ?? '',
        part.address,
        part.answers ? 'yes' : 'no',
      ]),
    )
  }
  if (status.components.some((part) => !part.answers)) {
    throw new CommandEnd(exitCodes.failed, 'Not every part answers. Its log: ix stack logs NAME')
  }
}

const showLogs = async (name: string | undefined, options: NamedOptions & { follow?: boolean }): Promise<void> => {
  const logs = stackLogs(named(options))
  if (name === undefined) {
    for (const known of logs.keys()) print(known)
    return
  }
  const file = logs.get(name)
  if (file === undefined) {
    throw new CommandEnd(
      exitCodes.nothingFound,
      `There is no log of ${name}. There are: ${[...logs.keys()].join(', ') || 'none'}`,
    )
  }
  if (options.follow !== true) return await pipeline(createReadStream(file), process.stdout, { end: false })
  const tail = spawn('tail', ['-n', '100', '-F', file], { stdio: ['ignore', 'inherit', 'ignore'] })
  await new Promise((resolve) => tail.on('close', resolve))
}

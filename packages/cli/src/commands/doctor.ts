import { catalogue } from '@interchange/contracts'
import type { Command } from 'commander'
import {
  type Check,
  checkBrokers,
  checkClock,
  checkDatabase,
  checkRegistry,
  checkRights,
  checkRuntime,
  checkSchemas,
  checkTopics,
} from '../doctor-checks.ts'
import { CommandEnd, exitCodes } from '../exit-codes.ts'
import { printJson, printTable } from '../output.ts'
import { type System, withSystem } from '../system.ts'

export const addDoctorCommand = (program: Command): void => {
  program
    .command('doctor')
    .description(
      'is everything there and right? brokers, topics, rights, registry, schemas, database, clock; says what to do',
    )
    .option('--json', 'JSON Lines')
    .action((options: { json?: boolean }) => withSystem((system) => examine(system, options)))
}

const examine = async (system: System, options: { json?: boolean }): Promise<void> => {
  const checks: readonly (readonly [string, () => Promise<Check>])[] = [
    ['runtime', async () => checkRuntime()],
    ['brokers', () => checkBrokers(system)],
    ['topics', () => checkTopics(system, catalogue)],
    ['rights', () => checkRights(system)],
    ['registry', () => checkRegistry(system)],
    ['schemas', () => checkSchemas(system)],
    ['database', () => checkDatabase(system)],
    ['clock', () => checkClock(system)],
  ]
  const rows = await Promise.all(checks.map(async ([name, run]) => ({ name, ...(await run().catch(failed)) })))
  if (options.json === true) for (const row of rows) printJson(row)
  else
    printTable(
      ['CHECK', 'STATE', 'FOUND', 'DO'],
      rows.map(({ name, ok, found, remedy }) => [name, ok ? 'ok' : 'FAILED', found, remedy ?? '']),
    )
  const bad = rows.filter(({ ok }) => !ok)
  if (bad.length > 0) throw new CommandEnd(exitCodes.failed, `${bad.length} of ${rows.length} checks failed.`)
}

const failed = (error: unknown): Check => ({
  ok: false,
  found: error instanceof Error ? error.message : String(error),
  remedy: 'is it running and reachable from here? ix stack status',
})

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { checkSchemas, compatibilityOfKind, diffSchemas, registerSchemas } from '@interchange/avro'
import { schemaVersions, topics } from '@interchange/contracts'
import { checkoutFolder } from '@interchange/stack'
import type { Command } from 'commander'
import { CommandEnd, exitCodes } from '../exit-codes.ts'
import { print, printJson, printTable, say } from '../output.ts'
import { type System, withSystem } from '../system.ts'

export const addSchemasCommands = (program: Command): void => {
  const schemas = program
    .command('schemas')
    .description('the contracts: are they compatible, register them, what changed')

  schemas
    .command('check')
    .description(
      'hold every version and sample against the policy, offline: canonical FULL_TRANSITIVE, source BACKWARD_TRANSITIVE',
    )
    .argument('[folder]', 'folder of schemas', join(checkoutFolder, 'schemas'))
    .option('--json', 'JSON Lines, one a finding')
    .action(check)

  schemas
    .command('register')
    .description(
      'register every version in the registry and set the compatibility of its subject; services only read it',
    )
    .option('--json', 'JSON Lines')
    .action((options: { json?: boolean }) => withSystem((system) => register(system, options)))

  schemas
    .command('diff')
    .description('what changed between two versions of a schema')
    .argument('<from>', 'an .avsc file')
    .argument('<to>', 'an .avsc file')
    .option('--json', 'JSON Lines')
    .action(diff)
}

const compatibilityOf = (subject: string) => {
  const topic = topics.find(({ schema }) => schema.subject === subject)
  return topic === undefined ? undefined : compatibilityOfKind[topic.kind]
}

const check = (folder: string, options: { json?: boolean }): void => {
  const result = checkSchemas(folder, compatibilityOf)
  for (const finding of result.findings) {
    if (options.json === true) printJson(finding)
    else print(`${finding.path}: ${finding.message}`)
  }
  say(
    `${result.subjects} subjects, ${result.versions} versions, ${result.samples} samples: ${result.findings.length} findings`,
  )
  if (result.findings.length > 0)
    throw new CommandEnd(exitCodes.failed, 'The policy is broken; nothing was registered.')
}

const register = async (system: System, options: { json?: boolean }): Promise<void> => {
  const registered = await registerAll(system)
  if (options.json === true) for (const row of registered) printJson(row)
  else
    printTable(
      ['SUBJECT', 'VERSION', 'ID'],
      registered.map(({ subject, version, id }) => [subject, version, id]),
    )
}

/** Registers every version of every topic's schema, oldest first. Registering again changes nothing. */
export const registerAll = (system: System) =>
  registerSchemas(
    (system.environment['SCHEMA_REGISTRY_URL'] ?? '').replace(/\/$/, ''),
    topics.map((topic) => ({
      compatibility: compatibilityOfKind[topic.kind],
      versions: schemaVersions.find(([first]) => first.subject === topic.schema.subject) ?? [topic.schema],
    })),
  )

const diff = async (from: string, to: string, options: { json?: boolean }): Promise<void> => {
  const [before, after] = await Promise.all([readFile(from, 'utf8'), readFile(to, 'utf8')])
  const changes = diffSchemas(before, after)
  if (options.json === true) for (const change of changes) printJson(change)
  else
    printTable(
      ['CHANGE', 'WHERE', 'FROM', 'TO'],
      changes.map(({ kind, path, from: was, to: is }) => [kind, path || '(record)', was ?? '', is ?? '']),
    )
  if (changes.length === 0) say('The two say the same.')
}

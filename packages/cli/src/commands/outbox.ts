import { storeGroups } from '@interchange/accounting'
import { databaseConfig, readConfig } from '@interchange/config'
import {
  createDatabase,
  type Database,
  type QuarantinedEvent,
  readQuarantinedEvents,
  requeueOutbox,
} from '@interchange/store'
import type { Command } from 'commander'
import { countArgument } from '../duration-argument.ts'
import { CommandEnd, exitCodes } from '../exit-codes.ts'
import { instant, print, printJson, printTable } from '../output.ts'
import { explained } from '../system.ts'
import { systemEnvironment } from '../system-environment.ts'

interface OutboxOptions {
  group?: string
  topic?: string
  json?: boolean
}

export const addOutboxCommands = (program: Command): void => {
  const outbox = program.command('outbox').description('events of effects that Kafka refused for good')

  outbox
    .command('list')
    .description('quarantined events and why, oldest first')
    .option('--group <group>', 'of this consumer group')
    .option('--topic <topic>', 'for this topic')
    .option('--limit <count>', 'at most so many of a group', countArgument(100_000), 50)
    .option('--json', 'JSON Lines')
    .action((options: OutboxOptions & { limit: number }) => listEvents(options))

  outbox
    .command('requeue')
    .description(
      'send quarantined events, after what refused them was mended; later ones of their keys may be there already',
    )
    .requiredOption('--group <group>', 'the consumer group that wrote them')
    .option('--topic <topic>', 'only those for this topic')
    .option('--json', 'one JSON document')
    .action((options: OutboxOptions & { group: string }) => requeueEvents(options))
}

const listEvents = async ({ group, topic, limit, json }: OutboxOptions & { limit: number }): Promise<void> => {
  const found: (QuarantinedEvent & { readonly group: string })[] = []
  for (const one of group === undefined ? storeGroups : [group]) {
    const events = await withOutbox(one, (database) => readQuarantinedEvents(database, { topic, limit }))
    found.push(...events.map((event) => ({ group: one, ...event })))
  }
  if (found.length === 0) throw new CommandEnd(exitCodes.nothingFound, 'No event is quarantined.')
  if (json === true) {
    for (const { writtenAtMs, quarantinedAtMs, ...event } of found)
      printJson({ ...event, writtenAt: iso(writtenAtMs), quarantinedAt: iso(quarantinedAtMs) })
    return
  }
  printTable(
    ['GROUP', 'TOPIC', 'KEY', 'ID', 'WRITTEN', 'ATTEMPTS', 'CODE', 'REASON'],
    found.map((event) => [
      event.group,
      event.topic,
      event.key,
      event.messageId,
      instant(event.writtenAtMs),
      event.attempts,
      event.code,
      event.reason,
    ]),
  )
}

const requeueEvents = async ({ group, topic, json }: OutboxOptions & { group: string }): Promise<void> => {
  const requeued = await withOutbox(group, (database) => requeueOutbox(database, topic))
  if (requeued === 0) throw new CommandEnd(exitCodes.nothingFound, 'No such event is quarantined.')
  if (json === true) printJson({ group, requeued })
  else print(`${requeued} requeued; what is refused again is back here: ix outbox list`)
}

const withOutbox = async <Result>(group: string, ask: (database: Database) => Promise<Result>): Promise<Result> => {
  try {
    const { database: config } = readConfig({ database: databaseConfig }, systemEnvironment())
    const database = createDatabase({ url: config.url, schema: group, poolMax: 1, applicationName: 'ix' })
    try {
      return await ask(database)
    } finally {
      await database.close()
    }
  } catch (error) {
    throw explained(error)
  }
}

const iso = (ms: number): string => new Date(ms).toISOString()

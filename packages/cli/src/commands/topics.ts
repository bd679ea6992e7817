import { catalogue, topicNamed } from '@interchange/contracts'
import { ceHeaders, type ReadRange, type Topic, type TransportRecord } from '@interchange/messaging'
import type { Command } from 'commander'
import { applyTopics } from '../apply-topics.ts'
import { countArgument, sinceArgument } from '../duration-argument.ts'
import { CommandEnd, exitCodes } from '../exit-codes.ts'
import { instant, print, printJson, printTable, safeText, say, styled } from '../output.ts'
import { readableValue } from '../readable-value.ts'
import { type System, withSystem } from '../system.ts'

export const addTopicsCommands = (program: Command): void => {
  const topics = program.command('topics').description('what travels where: the catalogue and the cluster')

  topics
    .command('list')
    .description('every topic of the catalogue with its partitions and records')
    .option('--all', 'dead-letter topics and replay lanes as well')
    .option('--json', 'JSON Lines')
    .action((options: { all?: boolean; json?: boolean }) => withSystem((system) => listTopics(system, options)))

  topics
    .command('apply')
    .description('create the topics of the catalogue that the cluster lacks; never changes an existing one')
    .option('--replication <factor>', 'replication factor of new topics', countArgument(15), 1)
    .option('--dry-run', 'only say what would be created')
    .action((options: { replication: number; dryRun?: boolean }) =>
      withSystem((system) => applyTopics(system, options)),
    )

  topics
    .command('tail')
    .description('the records of a topic, decoded; waits for new ones until Ctrl-C')
    .argument('<topic>', 'name of the topic')
    .option(
      '--since <age>',
      'from this age or instant on (15m, 2h, 2026-11-23T04:30:00Z); default: new records only',
      sinceArgument,
    )
    .option('--limit <count>', 'stop after so many records', countArgument(1_000_000))
    .option('--until-end', 'stop at the present end of the topic')
    .option('--json', 'JSON Lines')
    .action((name: string, options: TailOptions) => withSystem((system) => tailTopic(system, name, options)))
}

const listTopics = async (system: System, options: { all?: boolean; json?: boolean }): Promise<void> => {
  const wanted = catalogue.filter(({ role }) => options.all === true || role === 'events')
  const admin = await system.admin()
  const partitions = await admin.partitionCounts()
  const rows = await Promise.all(
    wanted.map(async ({ name, role, topic, group }) => {
      const exists = partitions.has(name)
      const offsets = exists ? await admin.topicOffsets(name) : []
      const records = offsets.reduce((sum, { earliest, latest }) => sum + latest - earliest, 0)
      return {
        topic: name,
        role,
        owner: topic.owner,
        group: group ?? null,
        groups: topic.groups,
        partitions: partitions.get(name) ?? 0,
        records,
        description: topic.description,
      }
    }),
  )
  if (options.json === true) {
    for (const row of rows) printJson(row)
    return
  }
  printTable(
    ['TOPIC', 'PARTITIONS', 'RECORDS', 'OWNER', 'READ BY'],
    rows.map((row) => [
      row.topic,
      row.partitions,
      row.records,
      row.owner,
      row.role === 'events' ? row.groups.join(', ') : (row.group ?? ''),
    ]),
  )
  const missing = rows.filter((row) => row.partitions === 0).length
  if (missing > 0) say(`${missing} of these are not in the cluster: ix topics apply`)
}

interface TailOptions {
  since?: number
  limit?: number
  untilEnd?: boolean
  json?: boolean
}

const tailTopic = async (system: System, name: string, options: TailOptions): Promise<void> => {
  const ranges = await tailRanges(system, name, options)
  const physical = catalogue.find((topic) => topic.name === name)
  const topic = topicNamed(name) ?? physical?.topic
  let printed = 0
  for await (const record of system.transport.read(ranges, { signal: system.signal })) {
    await printRecord(system, topic, record, options.json === true)
    if (++printed === options.limit) return
  }
  if (printed === 0 && options.untilEnd === true)
    throw new CommandEnd(exitCodes.nothingFound, `No record of ${name} there.`)
}

const tailRanges = async (system: System, name: string, options: TailOptions): Promise<readonly ReadRange[]> => {
  const admin = await system.admin()
  if (!(await admin.partitionCounts([name])).has(name)) {
    throw new CommandEnd(exitCodes.nothingFound, `The cluster has no topic ${name}. See: ix topics list --all`)
  }
  const offsets = await admin.topicOffsets(name)
  const since = options.since === undefined ? [] : await admin.offsetsAt(name, options.since)
  return offsets.flatMap(({ partition, earliest, latest }): ReadRange[] => {
    const found = since.find((start) => start.partition === partition)?.offset ?? -1
    const start =
      options.since === undefined ? (options.untilEnd === true ? earliest : latest) : found === -1 ? latest : found
    const range = { topic: name, partition, fromOffset: Math.max(start, earliest) }
    if (options.untilEnd !== true) return [range]
    return range.fromOffset < latest ? [{ ...range, untilOffset: latest }] : []
  })
}

const printRecord = async (
  system: System,
  topic: Topic<unknown> | undefined,
  record: TransportRecord,
  json: boolean,
): Promise<void> => {
  const headers = record.headers.entries().map(({ name, value }) => [name, value?.toString('utf8') ?? null] as const)
  const value = await readableValue(await system.codec(), topic, record.value)
  if (json) {
    const { partition, offset, timestampMs } = record
    printJson({
      topic: record.topic,
      partition,
      offset,
      timestampMs,
      key: record.key?.toString('utf8') ?? null,
      headers,
      value,
    })
    return
  }
  const id = record.headers.text(ceHeaders.id) ?? ''
  print(
    `${styled('dim', instant(record.timestampMs))} ${record.partition}/${record.offset} ${styled('cyan', safeText(record.key?.toString('utf8') ?? '∅'))} ${styled('dim', safeText(id))}`,
  )
  print(`  ${safeText(JSON.stringify(value))}`)
}

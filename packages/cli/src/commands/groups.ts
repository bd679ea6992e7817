import { groups as catalogueGroups, topicsOf } from '@interchange/contracts'
import { replayLaneName, type TransportAdmin } from '@interchange/messaging'
import type { Command } from 'commander'
import { CommandEnd, exitCodes } from '../exit-codes.ts'
import { printJson, printTable } from '../output.ts'
import { type System, withSystem } from '../system.ts'

export const addGroupsCommands = (program: Command): void => {
  const groups = program.command('groups').description('who reads what, and how far behind')

  groups
    .command('list')
    .description('every consumer group with its state, members and lag')
    .option('--json', 'JSON Lines')
    .action((options: { json?: boolean }) => withSystem((system) => listGroups(system, options)))

  groups
    .command('lag')
    .description('records each group still has to read, by topic')
    .argument('[group]', 'only this group')
    .option('--partitions', 'a line for each partition')
    .option('--json', 'JSON Lines')
    .action((group: string | undefined, options: { json?: boolean; partitions?: boolean }) =>
      withSystem((system) => showLag(system, group, options)),
    )
}

const listGroups = async (system: System, options: { json?: boolean }): Promise<void> => {
  const admin = await system.admin()
  const rows = await Promise.all(
    catalogueGroups.map(async (group) => {
      const [state, lag] = await Promise.all([admin.describeGroup(group), lagOf(admin, group)])
      return {
        group,
        state: state.state,
        members: state.members.length,
        lag: lag.reduce((sum, row) => sum + row.lag, 0),
      }
    }),
  )
  if (options.json === true) for (const row of rows) printJson(row)
  else
    printTable(
      ['GROUP', 'STATE', 'MEMBERS', 'LAG'],
      rows.map((row) => [row.group, row.state, row.members, row.lag]),
    )
}

interface PartitionLag {
  readonly group: string
  readonly topic: string
  readonly partition: number
  readonly committed: number
  readonly end: number
  readonly lag: number
}

/** Lag of a group on its topics and replay lanes. A partition without a commit counts from its earliest record. */
export const lagOf = async (admin: TransportAdmin, group: string): Promise<readonly PartitionLag[]> => {
  const existing = await admin.partitionCounts()
  const topics = topicsOf(group)
    .flatMap(({ name }) => [name, replayLaneName(name, group)])
    .filter((name) => existing.has(name))
  const committed = new Map(
    (await admin.committedOffsets(group, topics)).map(({ topic, partition, offset }) => [
      `${topic} ${partition}`,
      offset,
    ]),
  )
  const perTopic = await Promise.all(
    topics.map(async (topic) =>
      (await admin.topicOffsets(topic)).map(({ partition, earliest, latest }): PartitionLag => {
        const at = Math.max(committed.get(`${topic} ${partition}`) ?? earliest, earliest)
        return { group, topic, partition, committed: at, end: latest, lag: latest - at }
      }),
    ),
  )
  return perTopic.flat()
}

const showLag = async (
  system: System,
  group: string | undefined,
  options: { json?: boolean; partitions?: boolean },
): Promise<void> => {
  if (group !== undefined && !catalogueGroups.includes(group)) {
    throw new CommandEnd(
      exitCodes.nothingFound,
      `The catalogue has no group ${group}. It has: ${catalogueGroups.join(', ')}`,
    )
  }
  const admin = await system.admin()
  const wanted = group === undefined ? catalogueGroups : [group]
  const lags = (await Promise.all(wanted.map((name) => lagOf(admin, name)))).flat()
  const rows = options.partitions === true ? lags : byTopic(lags)
  if (options.json === true) for (const row of rows) printJson(row)
  else if (options.partitions === true)
    printTable(
      ['GROUP', 'TOPIC', 'PARTITION', 'COMMITTED', 'END', 'LAG'],
      lags.map((row) => [row.group, row.topic, row.partition, row.committed, row.end, row.lag]),
    )
  else
    printTable(
      ['GROUP', 'TOPIC', 'LAG'],
      rows.map((row) => [row.group, row.topic, row.lag]),
    )
}

const byTopic = (lags: readonly PartitionLag[]): readonly { group: string; topic: string; lag: number }[] =>
  [...Map.groupBy(lags, ({ group, topic }) => `${group} ${topic}`).values()].flatMap((partitions) => {
    const [first] = partitions
    if (first === undefined) return []
    return [{ group: first.group, topic: first.topic, lag: partitions.reduce((sum, { lag }) => sum + lag, 0) }]
  })

import { catalogue } from '@interchange/contracts'
import { CommandEnd, exitCodes } from './exit-codes.ts'
import { print, say } from './output.ts'
import type { System } from './system.ts'

/** Creates what is missing and refuses what disagrees: a keyed topic never grows in place (design page 3, "Topics over time"). */
export const applyTopics = async (
  system: System,
  options: { replication: number; dryRun?: boolean; quiet?: boolean },
): Promise<void> => {
  const admin = await system.admin()
  const existing = await admin.partitionCounts()
  const different = catalogue.filter(({ name, partitions }) => (existing.get(name) ?? partitions) !== partitions)
  const missing = catalogue.filter(({ name }) => !existing.has(name))
  if (options.dryRun === true) {
    for (const { name, partitions } of missing) print(`would create ${name} with ${partitions} partitions`)
  } else {
    const created = await admin.createTopics(
      missing.map(({ name, partitions, configs }) => ({
        name,
        partitions,
        configs,
        replicationFactor: options.replication,
      })),
    )
    if (options.quiet !== true) for (const name of created) print(name)
    if (options.quiet !== true) say(`${created.length} created, ${catalogue.length - missing.length} already there`)
  }
  if (different.length === 0) return
  const list = different.map(
    ({ name, partitions }) => `${name}: ${existing.get(name)} partitions, the catalogue says ${partitions}`,
  )
  throw new CommandEnd(
    exitCodes.failed,
    `${list.join('\n')}\nChanging the partitions of a keyed topic breaks the order of its keys. Give it a new major version instead.`,
  )
}

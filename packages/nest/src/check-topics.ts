import { type PhysicalTopic } from '@interchange/contracts'
import { InterchangeError, type Logger, type TransportAdmin } from '@interchange/messaging'

/**
 * Holds the catalogue against the cluster before the first message. Creates what is missing when `create` says so; otherwise, and on
 * any difference in partitions, rejects with class `fatal` and names the topics.
 */
export const checkTopics = async (
  admin: TransportAdmin,
  wanted: readonly PhysicalTopic[],
  { create, logger }: { readonly create: boolean; readonly logger: Logger },
): Promise<void> => {
  if (create) {
    // -1: the cluster's own default replication.
    const specs = wanted.map(({ name, partitions, configs }) => ({ name, partitions, replicationFactor: -1, configs }))
    const created = await admin.createTopics(specs)
    if (created.length > 0) logger.info({ topics: created }, 'created the missing topics')
  }
  const counts = await admin.partitionCounts()
  const missing = wanted.filter(({ name }) => !counts.has(name)).map(({ name }) => name)
  if (missing.length > 0) {
    const remedy = 'run `ix topics apply`, or start with TOPICS_APPLY=true'
    throw new InterchangeError('ICX_CATALOGUE_MISSING', `Not in the cluster: ${missing.join(', ')}; ${remedy}.`, {
      class: 'fatal',
      facts: { topics: missing.join(', ') },
    })
  }
  const different = wanted.filter(({ name, partitions }) => counts.get(name) !== partitions)
  if (different.length > 0) {
    const list = different.map(({ name, partitions }) => `${name} has ${counts.get(name)}, the catalogue ${partitions}`)
    throw new InterchangeError(
      'ICX_CATALOGUE_MISMATCH',
      `Partitions differ: ${list.join('; ')}. Keys would change their order; see \`ix topics apply\`.`,
      { class: 'fatal', facts: { topics: different.map(({ name }) => name).join(', ') } },
    )
  }
}

/** The topic-level settings that `topicRetentionMs` goes by. */
export const retentionConfigNames = ['cleanup.policy', 'retention.ms', 'segment.ms'] as const

/** Kafka's own defaults, for a setting that is not said. */
const weekMs = 7 * 86_400_000

/**
 * Longest time a record can be read, in milliseconds; -1 for ever. Kafka deletes whole segments, by the newest record in each: the
 * first record of one stays for `segment.ms` longer than `retention.ms`.
 */
export const topicRetentionMs = (setting: (name: string) => string | null | undefined): number => {
  const retentionMs = Number(setting('retention.ms') ?? weekMs)
  const deletes = (setting('cleanup.policy') ?? 'delete').split(',').includes('delete')
  return deletes && retentionMs >= 0 ? retentionMs + Number(setting('segment.ms') ?? weekMs) : -1
}

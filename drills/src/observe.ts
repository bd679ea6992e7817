import { readLog } from '@interchange/accounting'
import type { Effect, Observed } from '@interchange/drill-kit'
import { deadLetterTopicName } from '@interchange/messaging'
import type { Stage } from './stage.ts'

interface EffectRow extends Omit<Effect, 'row'> {
  readonly row: string
}

/** Everything there is to know at the end: the histories, Kafka as its own Java client reads it, and the tables. */
export const observe = async ({ arena, topic, group, database, facts, setting }: Stage): Promise<Observed> => {
  const { javaPath, jarsFolder } = arena.cluster
  const letterTopic = deadLetterTopicName(topic, group)
  const reader = { javaPath, jarsFolder, brokers: arena.internalBrokers.join() }
  const { records, committed } = await readLog(reader, [topic, letterTopic], [group])
  const rows = await database.query<EffectRow>('SELECT row, id::text AS id, key, seq FROM effect ORDER BY row')
  const waiting = await database.query<{ id: string }>('SELECT message_id::text AS id FROM waiting')
  const log = records
    .filter((record) => record.topic === topic)
    .map(({ partition, offset, id, key, valueHash }) => ({ partition, offset, id: id ?? '', key, valueHash }))
  const effects = rows.map(({ row, ...effect }) => ({ ...effect, row: Number(row) }))
  return {
    history: [...facts()],
    log,
    letters: records
      .filter((record) => record.topic === letterTopic)
      .map(({ id, key, valueHash, deadFrom }) => {
        const [, partition, offset] = deadFrom?.split('/') ?? []
        return { id: id ?? '', key, valueHash, fromPartition: Number(partition), fromOffset: Number(offset) }
      }),
    // Where nobody reads, to be in the log is the end.
    effects: setting.members > 0 ? effects : log.map(({ id }, row) => ({ row, id, key: '', seq: row })),
    waiting: new Set(waiting.map(({ id }) => id)),
    committed: committed.filter((offset) => offset.topic === topic),
  }
}

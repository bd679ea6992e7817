import { type LogRecord, readLog } from '@interchange/accounting'
import type { Effect, Observed, OutputRecord, ReadRecord } from '@interchange/drill-kit'
import { deadLetterTopicName, replayLaneName } from '@interchange/messaging'
import type { Stage } from './stage.ts'
import { isTransfers } from './transfer-topics.ts'
import { effectsOf, outputTopics, readLedger } from './transfers.ts'

interface EffectRow extends Omit<Effect, 'row'> {
  readonly row: string
}

const toReadRecord = ({ partition, offset, id, key, valueHash, headersHash }: LogRecord): ReadRecord => ({
  partition,
  offset,
  id: id ?? '',
  key,
  valueHash,
  headersHash,
})

/** Everything there is to know at the end: the histories, Kafka as its own Java client reads it, and the tables. */
export const observe = async (stage: Stage): Promise<Observed> => {
  const { arena, topic, group, database, facts, setting } = stage
  const { javaPath, jarsFolder } = arena.cluster
  const letterTopic = deadLetterTopicName(topic, group)
  const lane = replayLaneName(topic, group)
  const reader = { javaPath, jarsFolder, brokers: arena.internalBrokers.join() }
  const written = outputTopics(stage)
  const { records, committed } = await readLog(reader, [...new Set([topic, letterTopic, lane, ...written])], [group])
  const rows = await database.query<EffectRow>('SELECT row, id::text AS id, key, seq FROM effect ORDER BY row')
  const waiting = await database.query<{ id: string }>('SELECT message_id::text AS id FROM waiting')
  const log = records.filter((record) => record.topic === topic).map(toReadRecord)
  const history = [...facts()]
  const outputs = {
    topics: isTransfers(setting) ? written : [],
    records: records
      .filter((record) => written.includes(record.topic))
      .map(
        ({ topic: to, partition, offset, id, key, valueHash, causationId: cause }): OutputRecord => ({
          topic: to,
          partition,
          offset,
          id: id ?? '',
          key,
          valueHash,
          cause,
        }),
      ),
  }
  const effects = isTransfers(setting)
    ? effectsOf(outputs, log, history)
    : rows.map(({ row, ...effect }) => ({ ...effect, row: Number(row) }))
  const ledger = await readLedger(stage)
  return {
    history,
    outputs,
    ...(ledger !== undefined && { ledger }),
    log,
    letters: records
      .filter((record) => record.topic === letterTopic)
      .map((record) => {
        const { partition: _, offset: __, ...letter } = toReadRecord(record)
        const [, partition, offset] = record.deadFrom?.split('/') ?? []
        return { ...letter, fromPartition: Number(partition), fromOffset: Number(offset) }
      }),
    replays: records.filter((record) => record.topic === lane).map(toReadRecord),
    // Where nobody reads, to be in the log is the end.
    effects: setting.members > 0 ? effects : log.map(({ id }, row) => ({ row, id, key: '', seq: row })),
    waiting: new Set(waiting.map(({ id }) => id)),
    committed: committed.filter((offset) => offset.topic === topic),
  }
}

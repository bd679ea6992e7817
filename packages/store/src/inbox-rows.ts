import { InterchangeError, type SettleEntry, type SettleResult } from '@interchange/messaging'
import { bigintArray, byteaArray, integerArray, textArray, uuidArray } from './binary-arrays.ts'
import type { Transaction } from './database.ts'

export interface InboxRow {
  /** As the inbox holds it. */
  readonly id: string
  readonly entry: SettleEntry<unknown>
}

/** An id of the batch is in the inbox, which Postgres told by ending the transaction: run it again, and it will look first. */
export class RepeatedIds extends InterchangeError {
  constructor(cause: unknown) {
    super('ICX_STORE_CONTENTION', 'An id of the batch is in the inbox.', { class: 'transient', cause })
  }
}

/** Writes the inbox rows of batches. */
export interface InboxRows {
  /** Of a batch with distinct ids: what is to become of each entry. Rejects with `RepeatedIds` when the transaction has to run again. */
  insert(tx: Transaction, group: string, rows: readonly InboxRow[]): Promise<readonly SettleResult[]>
}

/** So many batches without a repetition, and the next ones are written as if there were none, which costs Postgres a third less. */
const newBatchesMin = 20

export const createInboxRows = (): InboxRows => {
  // Repetitions come together: behind a crash, a rebalance, a replay.
  let newBatches = 0
  return {
    async insert(tx, group, rows) {
      const values = valuesOf(group, rows)
      if (newBatches >= newBatchesMin) {
        try {
          await tx.execute(insertSql, values)
          return rows.map(() => 'done')
        } catch (error) {
          newBatches = 0
          throw isRepetition(error) ? new RepeatedIds(error) : error
        }
      }
      // Which rows are new is asked only where one is not.
      if ((await tx.execute(`${insertSql} ON CONFLICT DO NOTHING`, values)) === rows.length) {
        newBatches++
        return rows.map(() => 'done')
      }
      newBatches = 0
      const known = await tx.query<KnownRow>(selectSql, [group, rows.map(({ id }) => id)])
      const byId = new Map(known.map((row) => [row.message_id, row]))
      return rows.map(({ id, entry }) => (byId.get(id)?.fresh === true ? 'done' : compare(entry, byId.get(id))))
    },
  }
}

const insertSql = `
  INSERT INTO inbox (group_name, message_id, content_hash, topic, partition, "offset")
  SELECT $1, * FROM unnest($2::uuid[], $3::bytea[], $4::text[], $5::integer[], $6::bigint[])`

/** A row that this transaction has inserted carries its id. */
const selectSql = `
  SELECT message_id, content_hash, topic, partition, "offset", xmin = pg_current_xact_id()::xid AS fresh
  FROM inbox WHERE group_name = $1 AND message_id = ANY($2::uuid[])`

const valuesOf = (group: string, rows: readonly InboxRow[]): readonly unknown[] => {
  // In one order for everybody, so that two settlers with the same ids wait for each other and never deadlock.
  const sorted = [...rows].sort((left, right) => (left.id < right.id ? -1 : 1))
  return [
    group,
    uuidArray(sorted.map(({ id }) => id)),
    byteaArray(sorted.map(({ entry }) => entry.contentHash)),
    textArray(sorted.map(({ entry }) => entry.topic)),
    integerArray(sorted.map(({ entry }) => entry.partition)),
    bigintArray(sorted.map(({ entry }) => entry.offset)),
  ]
}

const uniqueViolation = '23505'

const isRepetition = (error: unknown): boolean =>
  error instanceof InterchangeError && error.facts['sqlState'] === uniqueViolation

interface KnownRow {
  readonly message_id: string
  readonly content_hash: Buffer
  readonly topic: string
  readonly partition: number
  readonly offset: string
  readonly fresh: boolean
}

const compare = (entry: SettleEntry<unknown>, known: KnownRow | undefined): SettleResult => {
  if (known === undefined) {
    // The row that stopped the insert is gone: somebody drops old inbox rows. Nothing was decided.
    throw new InterchangeError('ICX_STORE_CONTENTION', `The inbox row of ${entry.messageId} vanished.`, {
      class: 'transient',
    })
  }
  if (known.content_hash.equals(entry.contentHash)) return 'duplicate'
  return new InterchangeError('ICX_INBOX_CONFLICT', `Message ${entry.messageId} was settled with other content.`, {
    class: 'poison',
    facts: {
      messageId: entry.messageId,
      firstTopic: known.topic,
      firstPartition: known.partition,
      firstOffset: Number(known.offset),
    },
  })
}

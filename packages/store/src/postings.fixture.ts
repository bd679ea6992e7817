import { createHash, randomBytes } from 'node:crypto'
import { newEventId, type SettleEntry } from '@interchange/messaging'
import { testDatabase } from './database.fixture.ts'
import type { Database, Transaction } from './database.ts'
import { migrate } from './migrate.ts'

/** The effect of these tests: a row that keeps its text, in the order of writing. */
export interface Posting {
  readonly text: string
}

/** A migrated schema whose table refuses one text: `forbidden`. */
export const openPostings = async () => {
  const database: Database = testDatabase({ poolMax: 4 })
  await migrate(database)
  await database.query(
    `CREATE TABLE posting (place bigserial PRIMARY KEY, text text NOT NULL CHECK (text <> 'forbidden'))`,
  )
  return {
    database,
    /** Those of these texts that are there, as they were written. */
    async postings(texts: readonly string[]): Promise<readonly string[]> {
      const rows = await database.query<Posting>('SELECT text FROM posting WHERE text = ANY($1) ORDER BY place', [
        texts,
      ])
      return rows.map(({ text }) => text)
    },
    async inboxCount(group: string): Promise<number> {
      const [row] = await database.query<{ count: number }>(
        'SELECT count(*)::integer AS count FROM inbox WHERE group_name = $1',
        [group],
      )
      return row?.count ?? -1
    },
  }
}

export const write = async (tx: Transaction, effects: readonly Posting[]): Promise<void> => {
  await tx.query('INSERT INTO posting (text) SELECT * FROM unnest($1::text[])', [effects.map(({ text }) => text)])
}

export const hashOf = (text: string): Buffer => createHash('sha256').update(text).digest().subarray(0, 16)

export const entry = (text: string, messageId = newEventId(Date.now()), offset = 0): SettleEntry<Posting> => ({
  messageId,
  contentHash: hashOf(text),
  topic: 'sales.order-placed.v1',
  partition: 0,
  offset,
  effects: [{ text }],
  cause: { correlationId: messageId, timeMs: 0, trace: [] },
})

export const uniqueGroup = (): string => `group-${randomBytes(6).toString('hex')}`
export const uniqueText = (): string => `text-${randomBytes(8).toString('hex')}`

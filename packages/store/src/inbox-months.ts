import { eventIdTimeMs, InterchangeError } from '@interchange/messaging'
import type { Database, Transaction } from './database.ts'
import { lockSchema } from './schema-lock.ts'

/** Attaches the partition of the month of `timeMs`, and of `ahead` months after it, where they are missing. */
export const addInboxMonths = async (tx: Transaction, timeMs: number, ahead: number): Promise<void> => {
  const date = new Date(timeMs)
  for (let month = 0; month <= ahead; month++) {
    await addInboxMonth(tx, Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + month))
  }
}

/**
 * Sees to the months of ids before the ids are written: a month can only be attached while none of its rows lies in the default
 * partition. Remembers what it has seen, so that a batch costs one set look-up per id.
 */
export const createInboxMonths = (database: Database): { prepare(ids: readonly string[]): Promise<void> } => {
  const seen = new Set<number>()
  return {
    async prepare(ids) {
      for (const id of ids) {
        const monthMs = monthOf(id)
        if (monthMs === undefined || seen.has(monthMs)) continue
        await addOnDemand(database, monthMs)
        seen.add(monthMs)
      }
    },
  }
}

const addOnDemand = async (database: Database, monthMs: number): Promise<void> => {
  try {
    await database.transaction(async (tx) => {
      await lockSchema(tx, database.schema)
      await addInboxMonth(tx, monthMs)
    })
  } catch (error) {
    // Rows of this month lie in the default partition already, or this role may not create tables: then they all stay
    // there. Partitions are for dropping old rows cheaply; once-only does not depend on them.
    if (!(error instanceof InterchangeError && staysInDefault.has(String(error.facts['sqlState'])))) throw error
  }
}

const staysInDefault = new Set(['23514', '42501'])

/** Reads the catalogue itself: `to_regclass` may remember, from before the schema was locked, that there was no such table. */
export const tableExists = async (tx: Transaction, table: string): Promise<boolean> =>
  (await tx.query('SELECT FROM pg_class WHERE relname = $1 AND relnamespace = current_schema()::regnamespace', [table]))
    .length > 0

const addInboxMonth = async (tx: Transaction, monthMs: number): Promise<void> => {
  const from = new Date(monthMs)
  const table = `inbox_${from.getUTCFullYear()}_${String(from.getUTCMonth() + 1).padStart(2, '0')}`
  if (await tableExists(tx, table)) return
  const untilMs = Date.UTC(from.getUTCFullYear(), from.getUTCMonth() + 1)
  // ATTACH lets other sessions go on with the months they write; CREATE TABLE ... PARTITION OF would stop them.
  await tx.query(`CREATE TABLE ${table} (LIKE inbox INCLUDING ALL)`)
  await tx.query(
    `ALTER TABLE inbox ATTACH PARTITION ${table} FOR VALUES FROM ('${firstId(monthMs)}') TO ('${firstId(untilMs)}')`,
  )
}

const firstId = (timeMs: number): string => {
  const hex = timeMs.toString(16).padStart(12, '0')
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`
}

const earliestMs = Date.UTC(2000, 0)
const aheadMs = 32 * 24 * 3_600_000

/** Only versions 7 and 8 hold a time, and only plausible times get a table: ids come from outside. */
const monthOf = (id: string): number | undefined => {
  const version = id.charAt(14)
  const timeMs = version === '7' || version === '8' ? eventIdTimeMs(id) : undefined
  if (timeMs === undefined || timeMs < earliestMs || timeMs > Date.now() + aheadMs) return undefined
  const date = new Date(timeMs)
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth())
}

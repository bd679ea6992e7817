import { InterchangeError, type Logger, silentLogger } from '@interchange/messaging'
import type { Database } from './database.ts'
import { tableExists } from './inbox-months.ts'
import { lockSchema } from './schema-lock.ts'

/** What one round of pruning did. */
export interface PrunedInbox {
  /** Months whose table is gone. */
  readonly dropped: readonly string[]
  /** Months past the window that stay for now: too many of their rows are still wanted, or somebody was using them. */
  readonly kept: readonly string[]
  /** Rows deleted one by one from where ids without a month lie. */
  readonly deleted: number
}

/** Most rows of a month that move to the default partition when it is dropped; a month with more of them stays. */
const survivorsMax = 1_000
/** Most rows deleted in one statement, and statements in one round. */
const deleteMax = 5_000
const deletesMax = 20
/** Below Postgres' own deadlock timeout, so that in a tangle with a settler it is always the pruner that gives way. */
const lockTimeoutMs = 300

/**
 * Forgets what was settled more than `windowMs` ago and has no unresolved letter (`holdInboxRow`). A month is one table, dropped when
 * its last row has outlived the window, however late that row was settled; the few rows still wanted move to the default
 * partition. Settlers wait at most for the detaching itself. Safe in several processes at once; -1 forgets nothing.
 */
export const pruneInbox = async (
  database: Database,
  { windowMs, nowMs = Date.now() }: { readonly windowMs: number; readonly nowMs?: number },
): Promise<PrunedInbox> => {
  if (windowMs === -1) return { dropped: [], kept: [], deleted: 0 }
  const cutoff = new Date(nowMs - windowMs)
  const dropped: string[] = []
  const kept: string[] = []
  for (const month of await monthsBefore(database, cutoff)) {
    ;((await dropMonth(database, month, cutoff)) ? dropped : kept).push(month)
  }
  const deleted = await deleteDefaults(database, cutoff)
  await database.query('DELETE FROM inbox_hold WHERE resolved_at < $1', [cutoff])
  return { dropped, kept, deleted }
}

/** Prunes in the background until closed. */
export interface InboxPruner {
  /** Waits for a round under way. Idempotent. */
  close(): Promise<void>
}

/** Runs `pruneInbox` now and every `everyMs` (default one hour). A round that fails is logged, and the next one comes. */
export const createInboxPruner = ({
  database,
  windowMs,
  everyMs = 3_600_000,
  logger = silentLogger,
}: {
  readonly database: Database
  readonly windowMs: number
  readonly everyMs?: number
  readonly logger?: Logger
}): InboxPruner => {
  let closed = false
  let timer: NodeJS.Timeout | undefined
  const round = async (): Promise<void> => {
    try {
      const pruned = await pruneInbox(database, { windowMs })
      if (pruned.dropped.length + pruned.kept.length + pruned.deleted > 0)
        logger.info({ ...pruned }, 'pruned the inbox')
    } catch (error) {
      logger.warn({ schema: database.schema, error }, 'the inbox could not be pruned')
    }
    if (!closed) timer = setTimeout(start, everyMs).unref()
  }
  let running: Promise<void>
  const start = (): void => {
    running = round()
  }
  running = round()
  return {
    close() {
      closed = true
      clearTimeout(timer)
      return running
    },
  }
}

/** Months that ended before `cutoff`, oldest first. */
const monthsBefore = async (database: Database, cutoff: Date): Promise<readonly string[]> => {
  const rows = await database.query<{ name: string }>(
    `SELECT relname AS name FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
     WHERE inhparent = 'inbox'::regclass ORDER BY relname`,
  )
  return rows.map(({ name }) => name).filter((name) => endOf(name) <= cutoff.getTime())
}

const endOf = (table: string): number => {
  const [, year, month] = /^inbox_(\d{4})_(\d{2})$/.exec(table) ?? []
  return year === undefined ? Number.POSITIVE_INFINITY : Date.UTC(Number(year), Number(month))
}

const wantedSql = `settled_at >= $1 OR EXISTS (
  SELECT FROM inbox_hold WHERE inbox_hold.group_name = row.group_name AND inbox_hold.message_id = row.message_id
    AND (resolved_at IS NULL OR resolved_at >= $1))`

const dropMonth = async (database: Database, month: string, cutoff: Date): Promise<boolean> => {
  try {
    return await database.transaction(async (tx) => {
      await tx.query(`SET LOCAL lock_timeout = ${lockTimeoutMs}`)
      await lockSchema(tx, database.schema)
      if (!(await tableExists(tx, month))) return true
      // Nobody settles into this old month while its last rows are looked for; every other month goes on.
      await tx.query(`LOCK TABLE ${month} IN SHARE MODE`)
      await tx.query("SET LOCAL statement_timeout = '5min'")
      // The row constructor's order is the parent's own: a month's table was made LIKE it.
      const survivors = await tx.query<{ row: string }>(
        `SELECT row::text FROM ${month} AS row WHERE ${wantedSql} LIMIT ${survivorsMax + 1}`,
        [cutoff],
      )
      if (survivors.length > survivorsMax) return false
      await tx.query(`ALTER TABLE inbox DETACH PARTITION ${month}`)
      await tx.query('INSERT INTO inbox SELECT (unnest($1::text[])::inbox).*', [survivors.map(({ row }) => row)])
      await tx.query(`DROP TABLE ${month}`)
      return true
    })
  } catch (error) {
    // Somebody uses the month, or prunes as well: the next round looks again.
    if (error instanceof InterchangeError && error.code === 'ICX_STORE_CONTENTION') return false
    throw error
  }
}

const deleteDefaults = async (database: Database, cutoff: Date): Promise<number> => {
  let deleted = 0
  for (let round = 0; round < deletesMax; round++) {
    const gone = await database.query(
      `DELETE FROM inbox_default WHERE ctid = ANY(ARRAY(
         SELECT ctid FROM inbox_default AS row WHERE NOT (${wantedSql}) LIMIT ${deleteMax})) RETURNING 1 AS gone`,
      [cutoff],
    )
    deleted += gone.length
    if (gone.length < deleteMax) break
  }
  return deleted
}

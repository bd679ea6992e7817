import { HeaderBlock, type OutboundRecord } from '@interchange/messaging'
import type { Database } from '../database.ts'
import type { RelayCursor } from './relay-lease.ts'

/** One row of the outbox as the relay sends it. */
export interface OutboxRow {
  readonly position: string
  readonly id: string
  readonly record: OutboundRecord
}

export interface OutboxPage {
  readonly rows: readonly OutboxRow[]
  /** Where the relay stands once these are sent. */
  readonly next: RelayCursor
  /** The page is full: more is there at once. */
  readonly full: boolean
  /** Rows are there whose turn comes when a transaction that began earlier ends. */
  readonly behind: boolean
}

export interface PageLimits {
  readonly rowsMax: number
  /** The first row comes whatever its size. */
  readonly bytesMax: number
}

/**
 * The next rows behind `cursor`. A row is read once every transaction that began before its own has ended, so that none that
 * commits late is passed over; what becomes readable together is read in the order of the positions, which is the order in
 * which transactions that wait for each other wrote. A cut by transaction id alone would turn that order round.
 */
export const readPage = async (database: Database, cursor: RelayCursor, limits: PageLimits): Promise<OutboxPage> => {
  if (BigInt(cursor.sentPosition) < BigInt(cursor.windowEnd)) {
    const page = await readWindow(database, cursor, limits)
    if (page.rows.length > 0) return page
  }
  const sentXid = BigInt(cursor.windowXid) > BigInt(cursor.sentXid) ? cursor.windowXid : cursor.sentXid
  const [window] = await database.query<WindowRow>(windowSql, [sentXid])
  if (window === undefined || window.first === null || window.last === null) {
    const until = window?.until ?? sentXid
    const next = { sentXid: until, windowXid: until, windowEnd: '0', sentPosition: '0' }
    return { rows: [], next, full: false, behind: window?.behind ?? false }
  }
  const sentPosition = String(BigInt(window.first) - 1n)
  const opened = { sentXid, windowXid: window.until, windowEnd: window.last, sentPosition }
  const page = await readWindow(database, opened, limits)
  return { ...page, behind: window.behind }
}

interface WindowRow {
  readonly until: string
  readonly first: string | null
  readonly last: string | null
  readonly behind: boolean
}

// The count keeps the planner from looking for the minimum along the positions, through all rows sent before.
const windowSql = `
  SELECT pg_snapshot_xmin(pg_current_snapshot()) AS until, min(position) AS first, max(position) AS last, count(*),
    EXISTS (SELECT FROM outbox WHERE xid >= pg_snapshot_xmin(pg_current_snapshot())) AS behind
  FROM outbox WHERE xid >= $1 AND xid < pg_snapshot_xmin(pg_current_snapshot())`

const readWindow = async (database: Database, cursor: RelayCursor, limits: PageLimits): Promise<OutboxPage> => {
  const { sentXid, windowXid, windowEnd, sentPosition } = cursor
  const rows = await database.query<PageRow>(pageSql, [
    sentPosition,
    windowEnd,
    sentXid,
    windowXid,
    limits.rowsMax,
    limits.bytesMax,
  ])
  const last = rows.at(-1)
  const done = last === undefined || last.position === windowEnd
  return {
    rows: rows.map(toRow),
    next: done
      ? { sentXid: windowXid, windowXid, windowEnd: '0', sentPosition: '0' }
      : { ...cursor, sentPosition: last.position },
    full: !done,
    behind: false,
  }
}

interface PageRow {
  readonly position: string
  readonly id: string
  readonly topic: string
  readonly partition: number
  readonly key: string
  readonly payload: Buffer | null
  readonly headers: Buffer
}

const pageSql = `
  SELECT position, id, aggregatetype AS topic, partition, aggregateid AS key, payload, headers
  FROM (
    SELECT *, sum(octet_length(payload) + octet_length(headers)) OVER (ORDER BY position ROWS BETWEEN UNBOUNDED
      PRECEDING AND 1 PRECEDING) AS bytes_before
    FROM (
      SELECT * FROM outbox WHERE position > $1 AND position <= $2 AND xid >= $3 AND xid < $4 ORDER BY position LIMIT $5
    ) AS page
  ) AS sized
  WHERE coalesce(bytes_before, 0) < $6
  ORDER BY position`

const toRow = ({ position, id, topic, partition, key, payload, headers }: PageRow): OutboxRow => ({
  position,
  id,
  record: { topic, partition, key: Buffer.from(key, 'utf8'), value: payload, headers: new HeaderBlock(headers) },
})

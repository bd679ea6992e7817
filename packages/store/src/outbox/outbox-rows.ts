import type { Database, Queryable } from '../database.ts'
import type { RefusedRow } from './send-page.ts'

/** Copies refused rows, with why, out of the way of the others. */
export const quarantine = async (tx: Queryable, refused: readonly RefusedRow[]): Promise<void> => {
  if (refused.length === 0) return
  await tx.query(
    `INSERT INTO outbox_quarantine (position, id, aggregatetype, aggregateid, type, payload, partition, headers, created_at,
       attempts, code, reason)
     SELECT position, id, aggregatetype, aggregateid, type, payload, partition, headers, created_at, attempts, code, reason
     FROM outbox JOIN unnest($1::bigint[], $2::integer[], $3::text[], $4::text[]) AS refused (position, attempts, code, reason)
       USING (position)`,
    [
      refused.map(({ row }) => row.position),
      refused.map(({ attempts }) => attempts),
      refused.map(({ error }) => error.code),
      refused.map(({ error }) => error.message.slice(0, 1_024)),
    ],
  )
}

/** Most rows deleted at once; the rest waits for the next time. */
const pruneMax = 20_000

/** Deletes rows that are sent. The cursor in the database says which, so that it does not matter who prunes. */
export const pruneOutbox = async (database: Database): Promise<void> => {
  await database.query(
    `DELETE FROM outbox WHERE position = ANY(ARRAY(
       SELECT position FROM outbox WHERE xid < (SELECT sent_xid FROM outbox_relay) ORDER BY xid, position LIMIT ${pruneMax}))`,
  )
}

/** What an outbox holds. */
export interface OutboxState {
  /** Age of the oldest event that is not sent, in milliseconds; 0 when all are. */
  readonly oldestAgeMs: number
  /** Rows that Kafka refused for good. */
  readonly quarantined: number
}

/** Whoever relays: the rows and the cursor say it. */
export const readOutboxState = async (database: Queryable): Promise<OutboxState> => {
  const [state] = await database.query<OutboxState>(
    `SELECT coalesce(1000 * extract(epoch FROM clock_timestamp() - oldest.created_at), 0)::float8 AS "oldestAgeMs",
       (SELECT count(*)::integer FROM outbox_quarantine) AS quarantined
     FROM outbox_relay LEFT JOIN LATERAL (
       SELECT created_at FROM outbox WHERE xid >= sent_xid AND NOT (xid < window_xid AND position <= sent_position)
       ORDER BY xid, position LIMIT 1) AS oldest ON true`,
  )
  return state ?? { oldestAgeMs: 0, quarantined: 0 }
}

import { InterchangeError } from '@interchange/messaging'
import type { Database, Queryable } from '../database.ts'

/** How far the outbox is sent; see the migration. Transaction ids and positions as decimal text. */
export interface RelayCursor {
  readonly sentXid: string
  readonly windowXid: string
  readonly windowEnd: string
  readonly sentPosition: string
}

/** The right to relay, for as long as it is kept. */
export interface RelayLease {
  /** Where the holder before stopped. */
  readonly cursor: RelayCursor
  /** Throws `ICX_OUTBOX_LEASE_LOST` when the lease has run out by this process's own monotonic clock. */
  assertHeld(): void
  /** Renews the lease when half of it is over. Rejects with `ICX_OUTBOX_LEASE_LOST` when another has it. */
  keep(): Promise<void>
  /** Renews, and moves the cursor, in `tx`; refused as `keep` is, so that the transaction is undone. */
  advance(tx: Queryable, cursor: RelayCursor, waiting: boolean): Promise<void>
  /** Lets another in at once. */
  release(): Promise<void>
}

/**
 * Takes the lease when nobody holds it; undefined when somebody does. A holder that was paused finds its fence passed: whatever it
 * writes to the database afterwards is refused, and it sends nothing once its own clock says that the lease is over.
 */
export const takeLease = async (
  database: Database,
  { owner, leaseMs }: { readonly owner: string; readonly leaseMs: number },
): Promise<RelayLease | undefined> => {
  let heldUntilMs = performance.now() + leaseMs
  const taken = await database.transaction(async (tx) => {
    await boundIdle(tx, leaseMs)
    const [row] = await tx.query<LeaseRow>(takeSql, [owner, leaseMs])
    if (row === undefined) return undefined
    if (row.cluster !== row.here) await startAfresh(tx, row)
    return row
  })
  if (taken === undefined) return undefined
  const { fence } = taken
  let renewing: Promise<void> | undefined

  const update = async (tx: Queryable, sql: string, values: readonly unknown[]): Promise<void> => {
    const untilMs = performance.now() + leaseMs
    const rows = await tx.query(`UPDATE outbox_relay SET ${leaseSql}${sql} WHERE fence = $2 RETURNING 1 AS held`, [
      leaseMs,
      fence,
      ...values,
    ])
    if (rows.length === 0) throw lost(owner)
    heldUntilMs = untilMs
  }

  return {
    cursor: taken,
    assertHeld() {
      if (performance.now() >= heldUntilMs) throw lost(owner)
    },
    async keep() {
      if (heldUntilMs - performance.now() > leaseMs / 2) return
      renewing ??= update(database, '', []).finally(() => {
        renewing = undefined
      })
      await renewing
    },
    async advance(tx, { sentXid, windowXid, windowEnd, sentPosition }, waiting) {
      const sql = ', sent_xid = $3, window_xid = $4, window_end = $5, sent_position = $6, waiting = $7'
      await update(tx, sql, [sentXid, windowXid, windowEnd, sentPosition, waiting])
    },
    async release() {
      await database.query("UPDATE outbox_relay SET lease_until = '-infinity', waiting = false WHERE fence = $1", [
        fence,
      ])
    },
  }
}

/** A process that stands still in a transaction keeps others from the lease: no longer than a lease, then Postgres ends its session. */
export const boundIdle = async (tx: Queryable, leaseMs: number): Promise<void> => {
  await tx.query("SELECT set_config('idle_in_transaction_session_timeout', $1, true)", [String(Math.ceil(leaseMs))])
}

interface LeaseRow extends RelayCursor {
  readonly fence: string
  readonly cluster: string
  readonly here: string
}

const cursorSql = `
  sent_xid AS "sentXid", window_xid AS "windowXid", window_end AS "windowEnd", sent_position AS "sentPosition"`

const leaseSql = 'lease_until = clock_timestamp() + make_interval(secs => $1::float8 / 1000)'

const lost = (owner: string): InterchangeError =>
  new InterchangeError('ICX_OUTBOX_LEASE_LOST', `${owner} does not relay the outbox any more`, {
    class: 'transient',
    facts: { owner },
  })

/** Restored into another cluster, rows have ids of transactions that never ran here: all of them are new again. */
const startAfresh = async (tx: Queryable, row: { -readonly [Key in keyof LeaseRow]: LeaseRow[Key] }): Promise<void> => {
  await tx.query('LOCK TABLE outbox IN SHARE ROW EXCLUSIVE MODE')
  await tx.query('UPDATE outbox SET xid = DEFAULT')
  const [fresh] = await tx.query<RelayCursor>(
    `UPDATE outbox_relay SET cluster = $1, sent_xid = '0', window_xid = '0', window_end = 0, sent_position = 0
     RETURNING ${cursorSql}`,
    [row.here],
  )
  Object.assign(row, fresh)
}

const takeSql = `
  UPDATE outbox_relay SET owner = $1, fence = fence + 1, waiting = false,
    lease_until = clock_timestamp() + make_interval(secs => $2::float8 / 1000)
  WHERE lease_until < clock_timestamp()
  RETURNING fence, cluster, (SELECT system_identifier FROM pg_control_system()) AS here, ${cursorSql}`

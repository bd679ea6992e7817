import { createDatabase, type Database } from '@interchange/store'

/** What the services' databases say, read by an auditor who only reads. */
export interface EffectFacts {
  /** Ids that each group has settled, from its inbox. */
  readonly doneIds: ReadonlyMap<string, ReadonlySet<string>>
  /** Ids that wait in each group's waiting table. */
  readonly waitingIds: ReadonlyMap<string, ReadonlySet<string>>
  /** Effects that were applied more than once, by what shows it. Empty is what must be. */
  readonly duplicates: readonly { readonly what: string; readonly count: number }[]
  /** Event ids that a sender was told Kafka has, from the producer's claims. */
  readonly acknowledgedIds: ReadonlySet<string>
  /** Retail invoices that Kafka has, by their number, from the producer's claims. */
  readonly publishedInvoices: ReadonlySet<string>
  /** Sum over all postings, by currency, in minor units: 0 each, or the ledger does not balance. */
  readonly ledgerSums: ReadonlyMap<string, number>
  /** Receivable amount by document id and kind, in minor units. */
  readonly receivables: readonly { readonly documentId: string; readonly kind: string; readonly amountMinor: number }[]
}

/** The groups that keep an inbox, each in the Postgres schema of its own name. */
export const storeGroups: readonly string[] = ['warehouse', 'ledger', 'notifications']

/** Reads the books of the three groups and the producer's claims. */
export const readBooks = async (databaseUrl: string): Promise<EffectFacts> => {
  const database = createDatabase({ url: databaseUrl, schema: 'public', poolMax: 2, applicationName: 'accounting' })
  try {
    // Before the inboxes: what is settled in between then counts as done, and not as lost.
    const waiting = await Promise.all(
      storeGroups.map(async (group) => [group, await waitingOf(database, group)] as const),
    )
    const inboxes = await Promise.all(
      storeGroups.map(async (group) => [group, await inboxOf(database, group)] as const),
    )
    const sums = await database.query<{ currency: string; total: string }>(
      'SELECT currency, sum(amount_minor)::text AS total FROM ledger.posting GROUP BY currency',
    )
    const receivables = await database.query<{ document_id: string; kind: string; amount: string }>(
      "SELECT document_id, kind, amount_minor::text AS amount FROM ledger.posting WHERE account = 'receivable'",
    )
    const claims = await database.query<{ id: string; source: string; natural_key: string }>(
      'SELECT event_id::text AS id, source, natural_key FROM producer.claims WHERE published_ms IS NOT NULL',
    )
    return {
      acknowledgedIds: new Set(claims.map(({ id }) => id)),
      publishedInvoices: new Set(claims.flatMap((claim) => (claim.source === 'retail' ? [claim.natural_key] : []))),
      doneIds: new Map(inboxes),
      waitingIds: new Map(waiting),
      duplicates: (await Promise.all(duplicateQueries.map((query) => duplicatesOf(database, query)))).filter(
        ({ count }) => count > 0,
      ),
      ledgerSums: new Map(sums.map(({ currency, total }) => [currency, Number(total)])),
      receivables: receivables.map((row) => ({
        documentId: row.document_id,
        kind: row.kind,
        amountMinor: Number(row.amount),
      })),
    }
  } finally {
    await database.close()
  }
}

const waitingOf = async (database: Database, group: string): Promise<ReadonlySet<string>> => {
  const rows = await database.query<{ id: string }>(
    `SELECT message_id::text AS id FROM "${group}".waiting WHERE group_name = $1`,
    [group],
  )
  return new Set(rows.map(({ id }) => id))
}

const inboxOf = async (database: Database, group: string): Promise<ReadonlySet<string>> => {
  const rows = await database.query<{ id: string }>(
    `SELECT message_id::text AS id FROM "${group}".inbox WHERE group_name = $1`,
    [group],
  )
  return new Set(rows.map(({ id }) => id))
}

interface DuplicateQuery {
  readonly what: string
  readonly sql: string
}

/**
 * An effect that was applied twice shows as a second document of one message, or as a running total that is not the sum
 * of what went into it: totals are what a unique key cannot protect.
 */
const duplicateQueries: readonly DuplicateQuery[] = [
  {
    what: 'journal documents of one message',
    sql: 'SELECT count(*) - count(DISTINCT message_id) AS count FROM ledger.journal',
  },
  {
    what: 'reservations of one message',
    sql: 'SELECT count(*) - count(DISTINCT message_id) AS count FROM warehouse.reservation',
  },
  {
    what: 'units reserved beyond reservations and movements',
    sql: `SELECT abs((SELECT coalesce(sum(reserved), 0) FROM warehouse.stock)
            - (SELECT coalesce(sum(units), 0) FROM warehouse.reservation)
            - (SELECT coalesce(sum(reserved_units), 0) FROM warehouse.movement)) AS count`,
  },
  {
    what: 'units on hand beyond movements',
    sql: `SELECT abs((SELECT coalesce(sum(on_hand), 0) FROM warehouse.stock)
            - (SELECT coalesce(sum(on_hand_units), 0) FROM warehouse.movement)) AS count`,
  },
]

const duplicatesOf = async (
  database: Database,
  { what, sql }: DuplicateQuery,
): Promise<{ what: string; count: number }> => {
  const [row] = await database.query<{ count: string }>(sql)
  return { what, count: Number(row?.count ?? 0) }
}

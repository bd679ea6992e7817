import {
  type DeliveryOutcome,
  type EffectStore,
  type FailureClass,
  InterchangeError,
  isOutgoing,
  type Outgoing,
  type SettleEntry,
  type SettleResult,
} from '@interchange/messaging'
import type { Database, Transaction } from './database.ts'
import { inboxId } from './inbox-id.ts'
import { createInboxMonths } from './inbox-months.ts'
import type { Outbox } from './outbox/outbox.ts'
import { outgoingOf } from './outbox/outgoing-of.ts'

export interface EffectStoreOptions<Effect> {
  readonly database: Database
  /** Writes the effects of one batch, in their order, within the transaction of its inbox rows. May run again for a part of it. */
  readonly apply: (tx: Transaction, effects: readonly Effect[]) => Promise<void>
  /** Where events that handlers answer beside their effects (`outgoing`) are written, in the same transaction. */
  readonly outbox?: Outbox | undefined
  /** Writes, in the same transaction, what became of entries that failed before or were replayed: see `outcomesInto`. */
  readonly tellOutcomes?: ((tx: Transaction, outcomes: readonly DeliveryOutcome[]) => Promise<void>) | undefined
}

/** The kernel's `EffectStore` on Postgres. The schema must have been migrated. */
export const createEffectStore = <Effect>({
  database,
  apply,
  outbox,
  tellOutcomes,
}: EffectStoreOptions<Effect>): EffectStore<Effect | Outgoing> => {
  const months = createInboxMonths(database)

  /** `entries` have distinct ids, in delivery order. */
  const settleDistinct = async (group: string, entries: readonly Row<Effect | Outgoing>[]): Promise<void> => {
    try {
      const decided = await database.transaction(async (tx) => {
        const results = await insertInbox(tx, group, entries)
        const done = entries.filter((_, place) => results[place] === 'done').map(({ entry }) => entry)
        const effects = done.flatMap((entry) => entry.effects.filter(isEffect))
        if (effects.length > 0) await apply(tx, effects)
        const events = done.flatMap((entry) => outgoingOf(group, entry))
        if (events.length > 0) await requireOutbox(outbox, group).write(tx, events)
        const outcomes = tellOutcomes === undefined ? [] : outcomesOf(entries, results)
        if (outcomes.length > 0) await tellOutcomes?.(tx, outcomes)
        return results
      })
      entries.forEach((row, place) => {
        row.result = decided[place]
      })
    } catch (error) {
      if (!isOneMessages(error)) throw error
      const [first] = entries
      if (entries.length === 1 && first !== undefined) {
        first.result = asInterchangeError(error)
        return
      }
      const middle = entries.length >> 1
      await settleDistinct(group, entries.slice(0, middle))
      await settleDistinct(group, entries.slice(middle))
    }
  }

  const settle = async (group: string, rows: readonly Row<Effect | Outgoing>[]): Promise<void> => {
    if (rows.length === 0) return
    const seen = new Set<string>()
    const firsts: Row<Effect | Outgoing>[] = []
    const repeats: Row<Effect | Outgoing>[] = []
    for (const row of rows) {
      if (seen.has(row.id)) repeats.push(row)
      else firsts.push(row)
      seen.add(row.id)
    }
    await months.prepare([...seen])
    await settleDistinct(group, firsts)
    // A second copy inside one batch meets the row of the first, as it would one batch later.
    await settle(group, repeats)
  }

  return {
    tellsOutcomes: tellOutcomes !== undefined,
    async settle(group, entries) {
      const rows = entries.map(
        (entry): Row<Effect | Outgoing> => ({
          id: inboxId(entry.messageId),
          entry,
          result: undefined,
        }),
      )
      await settle(group, rows)
      return rows.map(({ id, result }) => {
        if (result === undefined) throw new Error(`message ${id} was left undecided`)
        return result
      })
    },
  }
}

const isEffect = <Effect>(item: Effect | Outgoing): item is Effect => !isOutgoing(item)

const requireOutbox = (outbox: Outbox | undefined, group: string): Outbox => {
  if (outbox !== undefined) return outbox
  throw new InterchangeError('ICX_ROUTE_INVALID', `A handler of ${group} publishes, and its store has no outbox.`, {
    class: 'fatal',
    facts: { group },
  })
}

interface Row<Effect> {
  readonly id: string
  readonly entry: SettleEntry<Effect>
  result: SettleResult | undefined
}

const insertSql = `
  INSERT INTO inbox (group_name, message_id, content_hash, topic, partition, "offset")
  SELECT $1, * FROM unnest($2::uuid[], $3::bytea[], $4::text[], $5::integer[], $6::bigint[])
  ON CONFLICT DO NOTHING
  RETURNING message_id`

const selectSql = `
  SELECT message_id, content_hash, topic, partition, "offset"
  FROM inbox WHERE group_name = $1 AND message_id = ANY($2::uuid[])`

const insertInbox = async <Effect>(
  tx: Transaction,
  group: string,
  rows: readonly Row<Effect>[],
): Promise<readonly SettleResult[]> => {
  // In one order for everybody, so that two settlers with the same ids wait for each other and never deadlock.
  const sorted = [...rows].sort((left, right) => (left.id < right.id ? -1 : 1))
  const inserted = await tx.query<{ message_id: string }>(insertSql, [
    group,
    sorted.map(({ id }) => id),
    sorted.map(({ entry }) => entry.contentHash),
    sorted.map(({ entry }) => entry.topic),
    sorted.map(({ entry }) => entry.partition),
    sorted.map(({ entry }) => entry.offset),
  ])
  const fresh = new Set(inserted.map(({ message_id }) => message_id))
  if (fresh.size === rows.length) return rows.map(() => 'done')
  const known = await tx.query<KnownRow>(selectSql, [group, rows.map(({ id }) => id).filter((id) => !fresh.has(id))])
  const byId = new Map(known.map((row) => [row.message_id, row]))
  return rows.map(({ id, entry }) => (fresh.has(id) ? 'done' : compare(entry, byId.get(id))))
}

interface KnownRow {
  readonly message_id: string
  readonly content_hash: Buffer
  readonly topic: string
  readonly partition: number
  readonly offset: string
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

const outcomesOf = (rows: readonly Row<unknown>[], results: readonly SettleResult[]): readonly DeliveryOutcome[] =>
  rows.flatMap(({ entry: { delivery } }, place) => {
    const result = results[place]
    if (delivery === undefined || (result !== 'done' && result !== 'duplicate')) return []
    return [{ ...delivery, outcome: result === 'done' ? 'resolved' : 'duplicate' }]
  })

const everybodys: ReadonlySet<FailureClass> = new Set(['transient', 'rate-limited', 'outage', 'fatal'])

/** Whether the failure may be one message's own, so that its neighbours deserve a try without it. */
const isOneMessages = (error: unknown): boolean =>
  !(error instanceof InterchangeError && everybodys.has(error.failureClass))

const asInterchangeError = (error: unknown): InterchangeError =>
  error instanceof InterchangeError
    ? error
    : new InterchangeError('ICX_HANDLER_FAILED', error instanceof Error ? error.message : String(error), {
        class: error instanceof TypeError || error instanceof RangeError ? 'poison' : 'transient',
        cause: error,
      })

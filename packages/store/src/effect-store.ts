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
import { createInboxRows, type InboxRow, RepeatedIds } from './inbox-rows.ts'
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
  const inbox = createInboxRows()

  /** `entries` have distinct ids, in delivery order. */
  const settleDistinct = async (group: string, entries: readonly Row<Effect | Outgoing>[]): Promise<void> => {
    try {
      const decided = await database.transaction(async (tx) => {
        const results = await inbox.insert(tx, group, entries)
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
      if (error instanceof RepeatedIds) return await settleDistinct(group, entries)
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

interface Row<Effect> extends InboxRow {
  readonly entry: SettleEntry<Effect>
  result: SettleResult | undefined
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

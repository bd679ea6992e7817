import type { DeliveryOutcome } from '@interchange/messaging'
import type { Queryable } from '../database.ts'
import { holdInboxRow } from '../hold-inbox-row.ts'
import type { Outbox, OutboxEvent } from './outbox.ts'

/**
 * For `tellOutcomes` of an effect store: each outcome becomes an event in the outbox and frees, or keeps, its inbox row, so that outcome
 * and effects commit together. `toEvent` must give the same id for the same outcome.
 */
export const outcomesInto =
  (outbox: Outbox, toEvent: (outcome: DeliveryOutcome) => OutboxEvent) =>
  async (tx: Queryable, outcomes: readonly DeliveryOutcome[]): Promise<void> => {
    for (const outcome of outcomes) await holdInboxRow(tx, outcome)
    await outbox.write(tx, outcomes.map(toEvent))
  }

import type { Transaction } from '@interchange/store'
import { furthestWelcomes, type Welcome } from './notifications-effect.ts'

/**
 * Writes the effects of a batch in one statement: a customer's row only climbs (suppressed, queued, erased), so that
 * a welcome which arrives after the erasure finds the row erased and brings nothing back.
 */
export const applyNotifications = async (tx: Transaction, effects: readonly Welcome[]): Promise<void> => {
  const welcomes = furthestWelcomes(effects)
  if (welcomes.length === 0) return
  await tx.query(
    `INSERT INTO welcome AS known (customer_id, message_id, state, reason, greeting, email, decided_at)
     SELECT customer_id, message_id, state::welcome_state, reason, greeting, email, to_timestamp(decided_at_ms / 1000.0)
     FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[])
       AS added (customer_id, message_id, state, reason, greeting, email, decided_at_ms)
     ORDER BY customer_id
     ON CONFLICT (customer_id) DO UPDATE
       SET message_id = excluded.message_id, state = excluded.state, reason = excluded.reason,
           greeting = excluded.greeting, email = excluded.email, decided_at = excluded.decided_at
       WHERE known.state < excluded.state`,
    [
      welcomes.map(({ customerId }) => customerId),
      welcomes.map(({ messageId }) => messageId),
      welcomes.map(({ state }) => state),
      welcomes.map(({ reason }) => reason),
      welcomes.map(({ greeting }) => greeting),
      welcomes.map(({ email }) => email),
      welcomes.map(({ decidedAtMs }) => decidedAtMs),
    ],
  )
}

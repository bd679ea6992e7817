import type { DeliveryOutcome } from '@interchange/messaging'
import type { Queryable } from './database.ts'
import { inboxId } from './inbox-id.ts'

/** What a hold needs to know of an outcome. */
export type HeldOutcome = Pick<DeliveryOutcome, 'group' | 'messageId' | 'outcome'>

/**
 * Keeps the inbox row of a message with a dead letter until the letter is resolved and the window has passed once more
 * (`pruneInbox`). Await it where outcomes are reported, before the offset passes; the same outcome may be told again.
 */
export const holdInboxRow = async (tx: Queryable, { group, messageId, outcome }: HeldOutcome): Promise<void> => {
  await tx.query(outcome === 'dead-lettered' || outcome === 'failed-again' ? holdSql : releaseSql, [
    group,
    inboxId(messageId),
  ])
}

const holdSql = `
  INSERT INTO inbox_hold (group_name, message_id) VALUES ($1, $2)
  ON CONFLICT (group_name, message_id) DO UPDATE SET resolved_at = NULL`

const releaseSql = `
  UPDATE inbox_hold SET resolved_at = now() WHERE group_name = $1 AND message_id = $2 AND resolved_at IS NULL`

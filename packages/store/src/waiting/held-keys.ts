import type { HeldKey, HeldKeys } from '@interchange/messaging'
import type { Database } from '../database.ts'
import { inboxId } from '../inbox-id.ts'
import { assertClaims, removeWaiting } from './waiting-room.ts'

/**
 * The kernel's `HeldKeys` in the table `waiting_hold`. A key that was let go is remembered for a week, so that it is not held
 * after all. Deleting a row by hand lets its key go as well.
 */
export const createHeldKeys = (database: Database): HeldKeys => ({
  hold: (claim, { offset, key, messageId }) =>
    database.transaction(async (tx) => {
      await assertClaims(tx, [claim])
      await removeWaiting(tx, [{ claim, offset }])
      await tx.query(holdSql, [claim.group, claim.topic, claim.partition, offset, inboxId(messageId), key])
    }),

  held: async (group, partitions) => {
    const topics = partitions.map(({ topic }) => topic)
    const numbers = partitions.map(({ partition }) => partition)
    return (await database.query<HeldRow>(heldSql, [group, topics, numbers])).map(heldOf)
  },

  release: async (group, { topic, partition, offset, messageId, key }) => {
    await database.query(releaseSql, [group, topic, partition, offset, inboxId(messageId), key])
  },
})

interface HeldRow {
  readonly topic: string
  readonly partition: number
  readonly offset: string
  readonly message_id: string
  readonly key: Buffer | null
}

const heldOf = ({ topic, partition, offset, message_id, key }: HeldRow): HeldKey => ({
  topic,
  partition,
  offset: Number(offset),
  messageId: message_id,
  key,
})

const holdSql = `
  INSERT INTO waiting_hold (group_name, topic, partition, "offset", message_id, key)
  VALUES ($1, $2, $3, $4, $5, $6)
  ON CONFLICT (group_name, topic, partition, "offset") DO NOTHING`

const heldSql = `
  SELECT topic, partition, "offset", message_id, key FROM waiting_hold
  WHERE group_name = $1 AND released_at IS NULL AND (topic, partition) IN (SELECT * FROM unnest($2::text[], $3::integer[]))
  ORDER BY topic, partition, "offset"`

const releaseSql = `
  WITH forgotten AS (
    DELETE FROM waiting_hold
    WHERE group_name = $1 AND topic = $2 AND partition = $3 AND "offset" <> $4 AND released_at < now() - interval '7 days'
  )
  INSERT INTO waiting_hold (group_name, topic, partition, "offset", message_id, key, released_at)
  VALUES ($1, $2, $3, $4, $5, $6, now())
  ON CONFLICT (group_name, topic, partition, "offset") DO UPDATE SET released_at = EXCLUDED.released_at`

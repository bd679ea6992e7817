import {
  type ClaimedPartition,
  type Clock,
  InterchangeError,
  systemClock,
  type WaitingClaim,
  type WaitingFailure,
  type WaitingRecord,
  type WaitingRoom,
} from '@interchange/messaging'
import type { Database, Transaction } from '../database.ts'
import { inboxId } from '../inbox-id.ts'

/**
 * The kernel's `WaitingRoom` in the tables `waiting` and `waiting_claim`. The schema must have been migrated. In the table a message is
 * due by the database's clock: of two members that pass it on, neither has to be right about the time. `clock` is the one its group has.
 */
export const createWaitingRoom = (database: Database, clock: Clock = systemClock): WaitingRoom => ({
  claim: (group, partitions) =>
    database.transaction(async (tx) => {
      const topics = partitions.map(({ topic }) => topic)
      const numbers = partitions.map(({ partition }) => partition)
      const tokens = await tx.query<ClaimRow>(claimSql, [group, topics, numbers])
      // A statement of its own: it sees what the writers whose locks we have waited for have committed.
      const rows = await tx.query<WaitingRow>(selectSql, [group, topics, numbers])
      const nowMs = clock.now()
      const byPlace = Map.groupBy(rows, placeOf)
      return tokens.map((row): ClaimedPartition => {
        const { topic, partition } = row
        const claim = { group, topic, partition, token: Number(row.token) }
        return { claim, records: (byPlace.get(placeOf(row)) ?? []).map((waiting) => recordOf(waiting, nowMs)) }
      })
    }),

  put: (claim, records) =>
    database.transaction(async (tx) => {
      await assertClaims(tx, [claim])
      const nowMs = clock.now()
      await tx.query(putSql, [
        claim.group,
        claim.topic,
        claim.partition,
        records.map(({ offset }) => offset),
        records.map(({ messageId }) => inboxId(messageId)),
        records.map(({ timestampMs }) => timestampMs),
        records.map(({ key }) => key),
        records.map(({ value }) => value),
        records.map(({ headers }) => headers),
        records.map(({ dueMs }) => dueMs - nowMs),
        records.map(({ attempts }) => attempts),
        records.map(({ failure }) => (failure === undefined ? null : JSON.stringify(failure))),
      ])
    }),

  remove: (claim, offset) =>
    database.transaction(async (tx) => {
      await assertClaims(tx, [claim])
      await removeWaiting(tx, [{ claim, offset }])
    }),
})

/** Holds off new claims on these partitions until the transaction ends. Rejects with `ICX_WAITING_FENCED` when one came first. */
export const assertClaims = async (tx: Transaction, claims: readonly WaitingClaim[]): Promise<void> => {
  const distinct = [...new Map(claims.map((claim) => [placeOf(claim), claim])).values()]
  const [first] = distinct
  if (first === undefined) return
  const { group } = first
  const rows = await tx.query<ClaimRow>(lockSql, [
    group,
    distinct.map(({ topic }) => topic),
    distinct.map(({ partition }) => partition),
  ])
  const tokens = new Map(rows.map((row) => [placeOf(row), Number(row.token)]))
  const stale = claims.find((claim) => tokens.get(placeOf(claim)) !== claim.token)
  if (stale !== undefined) throw fenced(stale)
}

/** Takes messages out; those that are not there are no error. */
export const removeWaiting = async (
  tx: Transaction,
  leaving: readonly { readonly claim: WaitingClaim; readonly offset: number }[],
): Promise<void> => {
  await tx.query(removeSql, [
    leaving[0]?.claim.group,
    leaving.map(({ claim }) => claim.topic),
    leaving.map(({ claim }) => claim.partition),
    leaving.map(({ offset }) => offset),
  ])
}

interface ClaimRow {
  readonly topic: string
  readonly partition: number
  readonly token: string
}

interface WaitingRow {
  readonly topic: string
  readonly partition: number
  readonly offset: string
  readonly message_id: string
  readonly timestamp_ms: string
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: Buffer
  readonly due_in_ms: string
  readonly attempts: number
  readonly failure: WaitingFailure | null
}

// Everybody locks in one order, so that claims and settlements wait for each other and never deadlock.
const claimSql = `
  INSERT INTO waiting_claim (group_name, topic, partition, token)
  SELECT $1, topic, partition, 1 FROM unnest($2::text[], $3::integer[]) AS asked (topic, partition)
  ORDER BY topic, partition
  ON CONFLICT (group_name, topic, partition) DO UPDATE SET token = waiting_claim.token + 1
  RETURNING topic, partition, token`

const lockSql = `
  SELECT topic, partition, token FROM waiting_claim
  WHERE group_name = $1 AND (topic, partition) IN (SELECT * FROM unnest($2::text[], $3::integer[]))
  ORDER BY topic, partition FOR SHARE`

// Rounded down, as a member's clock is: nothing is due a millisecond early.
const databaseNowMs = 'floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint'

const selectSql = `
  SELECT topic, partition, "offset", message_id, timestamp_ms, key, value, headers, due_ms - ${databaseNowMs} AS due_in_ms,
         attempts, failure
  FROM waiting
  WHERE group_name = $1 AND (topic, partition) IN (SELECT * FROM unnest($2::text[], $3::integer[]))
  ORDER BY topic, partition, "offset"`

const putSql = `
  INSERT INTO waiting (group_name, topic, partition, "offset", message_id, timestamp_ms, key, value, headers,
                       due_ms, attempts, failure)
  SELECT $1, $2, $3, "offset", message_id, timestamp_ms, key, value, headers, ${databaseNowMs} + due_in_ms, attempts, failure::json
  FROM unnest($4::bigint[], $5::uuid[], $6::bigint[], $7::bytea[], $8::bytea[], $9::bytea[],
              $10::bigint[], $11::integer[], $12::text[])
    AS put ("offset", message_id, timestamp_ms, key, value, headers, due_in_ms, attempts, failure)
  ON CONFLICT (group_name, topic, partition, "offset")
  DO UPDATE SET due_ms = EXCLUDED.due_ms, attempts = EXCLUDED.attempts, failure = EXCLUDED.failure`

const removeSql = `
  DELETE FROM waiting
  WHERE group_name = $1
    AND (topic, partition, "offset") IN (SELECT * FROM unnest($2::text[], $3::integer[], $4::bigint[]))`

const placeOf = ({ topic, partition }: { readonly topic: string; readonly partition: number }): string =>
  `${topic}/${partition}`

const recordOf = (row: WaitingRow, nowMs: number): WaitingRecord => ({
  offset: Number(row.offset),
  timestampMs: Number(row.timestamp_ms),
  key: row.key,
  value: row.value,
  headers: row.headers,
  messageId: row.message_id,
  dueMs: nowMs + Number(row.due_in_ms),
  attempts: row.attempts,
  failure: row.failure === null ? undefined : { ...row.failure, notYetSinceMs: row.failure.notYetSinceMs },
})

const fenced = ({ group, topic, partition, token }: WaitingClaim): InterchangeError =>
  new InterchangeError('ICX_WAITING_FENCED', `${topic}/${partition} of ${group} was claimed after ${token}.`, {
    // One message's own trouble, which its neighbours in the batch do not share; and nothing to bury it for.
    class: 'not-yet',
    facts: { topic, partition, token },
  })

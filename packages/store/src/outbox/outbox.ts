import { type Codec, eventHeaders, type HeaderEntry, partitionOf, type Topic } from '@interchange/messaging'
import type { Queryable } from '../database.ts'

/** An event that commits with what it tells. */
export interface OutboxEvent<Value = unknown> {
  readonly topic: Topic<Value>
  readonly value: Value
  /** A UUID, derived from the message being handled where there is one: writing it again must give the same id. */
  readonly messageId: string
  /** CloudEvents time, milliseconds since the epoch: the input's, never "now" where there is an input. */
  readonly timeMs: number
  /** Default: the event's own id. */
  readonly correlationId?: string
  readonly causationId?: string
  /** `traceparent` and its company. */
  readonly trace?: readonly HeaderEntry[]
}

/** Says "`value` on `topic`" with the two types held together. */
export const outboxEvent = <Value>(event: OutboxEvent<Value>): OutboxEvent => event as unknown as OutboxEvent

/** Where events wait, within the transaction of their cause, for the relay. */
export interface Outbox {
  /**
   * Writes `events` in their order; they are sent when `tx` commits, and each key's in the order in which transactions that wait
   * for each other wrote them. Bytes, headers and partition are decided here, once. Throws class `poison` when a value does not
   * fit its schema. The codec must have been prepared for the topics.
   */
  write(tx: Queryable, events: readonly OutboxEvent[]): Promise<void>
}

/** `ce_source` is `/<service name>`, as a publisher's is. */
export const createOutbox = ({
  codec,
  service,
}: {
  readonly codec: Codec
  readonly service: { readonly name: string }
}): Outbox => {
  const source = `/${service.name}`

  const rowOf = ({ topic, value, messageId, timeMs, correlationId, causationId, trace }: OutboxEvent) => {
    const key = topic.keyOf(value)
    const facts = { messageId, key, timeMs, correlationId: correlationId ?? messageId, causationId }
    return {
      id: messageId,
      topic: topic.name,
      key,
      type: topic.eventType,
      payload: codec.encode(topic, value),
      partition: partitionOf(Buffer.from(key, 'utf8'), topic.partitions),
      headers: eventHeaders(topic, source, facts, trace ?? []).bytes,
    }
  }

  return {
    async write(tx, events) {
      if (events.length === 0) return
      const rows = events.map(rowOf)
      await tx.query(writeSql, [
        rows.map(({ id }) => id),
        rows.map(({ topic }) => topic),
        rows.map(({ key }) => key),
        rows.map(({ type }) => type),
        rows.map(({ payload }) => payload),
        rows.map(({ partition }) => partition),
        rows.map(({ headers }) => headers),
      ])
    },
  }
}

/** Tells the relay only when it sleeps: NOTIFY makes all transactions of the cluster that use it commit one by one. */
const writeSql = `
  WITH written AS (
    INSERT INTO outbox (id, aggregatetype, aggregateid, type, payload, partition, headers)
    SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::bytea[], $6::integer[], $7::bytea[]))
  SELECT pg_notify(current_schema(), 'outbox') FROM outbox_relay WHERE waiting`

/**
 * Sends quarantined rows again, oldest first, all of them or those of one topic, and answers how many: for when the topic, the right or
 * the limit they lacked is there. Later events of their keys may have been sent in the meantime.
 */
export const requeueOutbox = async (tx: Queryable, topic?: string): Promise<number> => {
  const [row] = await tx.query<{ count: number }>(requeueSql, [topic ?? null])
  return row?.count ?? 0
}

const requeueSql = `
  WITH taken AS (DELETE FROM outbox_quarantine WHERE $1::text IS NULL OR aggregatetype = $1 RETURNING *),
  written AS (
    INSERT INTO outbox (id, aggregatetype, aggregateid, type, payload, partition, headers, created_at)
    SELECT id, aggregatetype, aggregateid, type, payload, partition, headers, created_at FROM taken ORDER BY position
    RETURNING 1)
  SELECT count(*)::integer AS count, (SELECT pg_notify(current_schema(), 'outbox')) FROM written`

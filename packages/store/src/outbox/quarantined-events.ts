import type { Queryable } from '../database.ts'

/** An event that Kafka refused for good, and why. */
export interface QuarantinedEvent {
  /** Its place in the outbox, where it was first written. */
  readonly position: number
  readonly messageId: string
  readonly topic: string
  readonly partition: number
  readonly key: string
  readonly valueBytes: number | null
  readonly attempts: number
  readonly code: string
  readonly reason: string
  /** Milliseconds since the epoch. */
  readonly writtenAtMs: number
  readonly quarantinedAtMs: number
}

export interface QuarantineQuery {
  readonly topic?: string | undefined
  readonly limit: number
}

/** Quarantined events, oldest first: all of them or those of one topic. */
export const readQuarantinedEvents = (
  database: Queryable,
  { topic, limit }: QuarantineQuery,
): Promise<readonly QuarantinedEvent[]> => database.query<QuarantinedEvent>(readSql, [topic ?? null, limit])

const readSql = `
  SELECT position::float8 AS position, id::text AS "messageId", aggregatetype AS topic, partition, aggregateid AS key,
    octet_length(payload) AS "valueBytes", attempts, code, reason,
    (1000 * extract(epoch FROM created_at))::float8 AS "writtenAtMs",
    (1000 * extract(epoch FROM quarantined_at))::float8 AS "quarantinedAtMs"
  FROM outbox_quarantine WHERE $1::text IS NULL OR aggregatetype = $1
  ORDER BY outbox_quarantine.position LIMIT $2`

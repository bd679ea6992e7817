import type { DeliveryOutcome } from '@interchange/contracts'
import type { Database } from '@interchange/store'

/** A canonical event that was seen on its topic. */
export interface CanonicalSighting {
  readonly eventId: string
  readonly correlationId: string
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly atMs: number
}

/** How far one accepted event got. */
export interface EventProgress {
  readonly eventId: string
  readonly correlationId: string
  readonly source: string
  readonly naturalKey: string
  readonly acceptedMs: number
  readonly published:
    | { readonly topic: string; readonly partition: number; readonly offset: number; readonly atMs: number }
    | undefined
  readonly canonical: readonly CanonicalSighting[]
  readonly outcomes: readonly OutcomeOfGroup[]
}

/** A consumer group's last word about the event, or about a canonical event made of it. */
export interface OutcomeOfGroup {
  readonly messageId: string
  readonly group: string
  readonly topic: string
  readonly outcome: string
  readonly code: string | null
  readonly failureClass: string | null
  readonly replayId: string | null
  readonly attempts: number
  readonly atMs: number
}

/** What the producer knows of its events behind Kafka. Writing twice changes nothing. */
export interface ProgressStore {
  record(sightings: readonly CanonicalSighting[], outcomes: readonly DeliveryOutcome[]): Promise<void>
  find(eventId: string): Promise<EventProgress | undefined>
}

/** Progress in the tables `canonical_events` and `delivery_outcomes`. */
export const createProgressStore = (database: Database): ProgressStore => ({
  async record(sightings, outcomes) {
    if (sightings.length > 0) await database.query(insertSightings, columnsOf(sightings))
    for (const said of outcomes) {
      const { messageId, group, topic, outcome, code, replayId, attempts, at } = said
      const values = [messageId, group, topic, outcome, code, said.class, replayId, attempts, at]
      await database.query(upsertOutcome, values)
    }
  },
  async find(eventId) {
    const [claim] = await database.query<ClaimRow>(selectClaim, [eventId])
    if (claim === undefined) return undefined
    const canonical = (await database.query<SightingRow>(selectSightings, [claim.correlation_id, eventId])).map(
      sightingOf,
    )
    const ids = [eventId, ...canonical.map((sighting) => sighting.eventId)]
    const outcomes = await database.query<OutcomeRow>(selectOutcomes, [ids])
    return {
      eventId,
      correlationId: claim.correlation_id,
      source: claim.source,
      naturalKey: claim.natural_key,
      acceptedMs: Number(claim.first_seen_ms),
      published: publishedOf(claim),
      canonical,
      outcomes: outcomes.map((row) => ({ ...row, attempts: Number(row.attempts), atMs: Number(row.atMs) })),
    }
  },
})

interface ClaimRow {
  readonly correlation_id: string
  readonly source: string
  readonly natural_key: string
  readonly topic: string
  readonly first_seen_ms: string
  readonly published_ms: string | null
  readonly partition: number | null
  readonly offset: string | null
}

interface SightingRow {
  readonly event_id: string
  readonly correlation_id: string
  readonly topic: string
  readonly partition: number
  readonly offset: string
  readonly at_ms: string
}

type OutcomeRow = Omit<OutcomeOfGroup, 'atMs'> & { readonly atMs: string }

const publishedOf = ({ topic, published_ms: atMs, partition, offset }: ClaimRow): EventProgress['published'] =>
  atMs === null || partition === null || offset === null
    ? undefined
    : { topic, partition, offset: Number(offset), atMs: Number(atMs) }

const sightingOf = (row: SightingRow): CanonicalSighting => ({
  eventId: row.event_id,
  correlationId: row.correlation_id,
  topic: row.topic,
  partition: row.partition,
  offset: Number(row.offset),
  atMs: Number(row.at_ms),
})

const columnsOf = (sightings: readonly CanonicalSighting[]): readonly unknown[] => [
  sightings.map(({ eventId }) => eventId),
  sightings.map(({ correlationId }) => correlationId),
  sightings.map(({ topic }) => topic),
  sightings.map(({ partition }) => partition),
  sightings.map(({ offset }) => offset),
  sightings.map(({ atMs }) => atMs),
]

const insertSightings = `
  INSERT INTO canonical_events (event_id, correlation_id, topic, partition, "offset", at_ms)
  SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::integer[], $5::bigint[], $6::bigint[])
  ON CONFLICT (event_id) DO NOTHING`

const upsertOutcome = `
  INSERT INTO delivery_outcomes
    (message_id, group_name, topic, outcome, code, failure_class, replay_id, attempts, at_ms)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
  ON CONFLICT (message_id, group_name) DO UPDATE SET topic = excluded.topic, outcome = excluded.outcome,
    code = excluded.code, failure_class = excluded.failure_class, replay_id = excluded.replay_id,
    attempts = excluded.attempts, at_ms = excluded.at_ms
  WHERE delivery_outcomes.at_ms <= excluded.at_ms`

const selectClaim = `
  SELECT correlation_id, source, natural_key, topic, first_seen_ms, published_ms, partition, "offset"
  FROM claims WHERE event_id = $1`

// Several events may share a correlation id; what was made of this one carries this one's time bits (48 of them).
const selectSightings = `
  SELECT event_id, correlation_id, topic, partition, "offset", at_ms FROM canonical_events
  WHERE correlation_id = $1 AND left(event_id, 13) = left($2, 13) ORDER BY at_ms, event_id`

const selectOutcomes = `
  SELECT message_id AS "messageId", group_name AS "group", topic, outcome, code, failure_class AS "failureClass",
    replay_id AS "replayId", attempts, at_ms AS "atMs"
  FROM delivery_outcomes WHERE message_id = ANY($1::text[]) ORDER BY at_ms, group_name`

import { naturalEventId } from '@interchange/messaging'
import type { Database, Queryable } from '@interchange/store'

/** What somebody wants to publish under a natural key. */
export interface ClaimRequest {
  readonly naturalKey: string
  readonly contentHash: Buffer
  /** Undefined: the event's own id. */
  readonly correlationId: string | undefined
}

/** What a natural key stands for, from the first time it was seen. */
export interface Claim {
  readonly naturalKey: string
  readonly eventId: string
  readonly correlationId: string
  readonly contentHash: Buffer
  readonly jobId: string | null
  readonly firstSeenMs: number
  /** False when somebody had claimed the key before. */
  readonly fresh: boolean
  /** Kafka has acknowledged the event. */
  readonly published: boolean
}

/** Where Kafka put a claimed event. */
export interface Confirmation {
  readonly eventId: string
  readonly partition: number
  readonly offset: number
}

/** What all requests of one call have in common. */
export interface ClaimFacts {
  readonly source: string
  readonly topic: string
  readonly jobId: string | null
  readonly nowMs: number
}

/** One event id per (source, natural key), for ever (design page 3, "Identity"). */
export interface ClaimStore {
  /** Claims the keys, which are distinct; answers one claim per request, in their order. */
  claim(facts: ClaimFacts, requests: readonly ClaimRequest[]): Promise<readonly Claim[]>
  confirm(at: Queryable, confirmations: readonly Confirmation[], nowMs: number): Promise<void>
  /** Forgets claims whose events can never be published, so that a corrected one is not a conflict. */
  release(at: Queryable, eventIds: readonly string[]): Promise<void>
}

interface ClaimRow {
  readonly natural_key: string
  readonly event_id: string
  readonly correlation_id: string
  readonly content_hash: Buffer
  readonly job_id: string | null
  readonly first_seen_ms: string
  readonly published: boolean
}

/** Claims in the table `claims`. */
export const createClaimStore = (database: Database): ClaimStore => ({
  async claim({ source, topic, jobId, nowMs }, requests) {
    const wanted = requests.map(({ naturalKey, contentHash, correlationId }): Claim => {
      const eventId = naturalEventId(source, naturalKey, nowMs)
      const fresh = { fresh: true, published: false, jobId, firstSeenMs: nowMs }
      return { naturalKey, eventId, correlationId: correlationId ?? eventId, contentHash, ...fresh }
    })
    const inserted = await database.query<{ natural_key: string }>(insertClaims, [
      source,
      topic,
      jobId,
      nowMs,
      wanted.map((claim) => claim.naturalKey),
      wanted.map((claim) => claim.eventId),
      wanted.map((claim) => claim.correlationId),
      wanted.map((claim) => claim.contentHash),
    ])
    if (inserted.length === wanted.length) return wanted
    const fresh = new Set(inserted.map((row) => row.natural_key))
    const known = wanted.map((claim) => claim.naturalKey).filter((key) => !fresh.has(key))
    const rows = await database.query<ClaimRow>(selectClaims, [source, known])
    const earlier = new Map(rows.map((row) => [row.natural_key, claimOf(row)]))
    return wanted.map((claim) => earlier.get(claim.naturalKey) ?? claim)
  },
  async confirm(at, confirmations, nowMs) {
    if (confirmations.length === 0) return
    await at.query(confirmClaims, [
      nowMs,
      confirmations.map(({ eventId }) => eventId),
      confirmations.map(({ partition }) => partition),
      confirmations.map(({ offset }) => offset),
    ])
  },
  async release(at, eventIds) {
    if (eventIds.length === 0) return
    await at.query('DELETE FROM claims WHERE event_id = ANY($1::uuid[]) AND published_ms IS NULL', [eventIds])
  },
})

const claimOf = (row: ClaimRow): Claim => ({
  naturalKey: row.natural_key,
  eventId: row.event_id,
  correlationId: row.correlation_id,
  contentHash: row.content_hash,
  jobId: row.job_id,
  firstSeenMs: Number(row.first_seen_ms),
  fresh: false,
  published: row.published,
})

// In the order of the keys, so that two writers of the same keys wait for each other instead of locking up.
const insertClaims = `
  INSERT INTO claims (source, topic, job_id, first_seen_ms, natural_key, event_id, correlation_id, content_hash)
  SELECT $1, $2, $3, $4, * FROM unnest($5::text[], $6::uuid[], $7::text[], $8::bytea[]) AS wanted (natural_key)
  ORDER BY wanted.natural_key
  ON CONFLICT (source, natural_key) DO NOTHING
  RETURNING natural_key`

const selectClaims = `
  SELECT natural_key, event_id, correlation_id, content_hash, job_id, first_seen_ms, published_ms IS NOT NULL AS published
  FROM claims WHERE source = $1 AND natural_key = ANY($2::text[])`

const confirmClaims = `
  UPDATE claims SET published_ms = $1, partition = done.partition, "offset" = done."offset"
  FROM unnest($2::uuid[], $3::integer[], $4::bigint[]) AS done (event_id, partition, "offset")
  WHERE claims.event_id = done.event_id`

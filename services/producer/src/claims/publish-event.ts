import { createHash } from 'node:crypto'
import { InterchangeError, type Logger, type Outgoing, type Publisher } from '@interchange/messaging'
import type { Database } from '@interchange/store'
import { ProblemError } from '../http/problem.ts'
import type { Claim, ClaimStore } from './claim-store.ts'

/** One event that somebody sent by HTTP and waits for. */
export interface SingleEvent {
  readonly source: string
  readonly naturalKey: string
  readonly topicName: string
  /** What was received, byte for byte: the same key with other bytes is a conflict. */
  readonly body: Uint8Array
  readonly correlationId: string | undefined
  /** The event, given the time at which its key was first seen. */
  readonly at: (firstSeenMs: number) => Outgoing
}

/** The answer once Kafka has the event. */
export interface AcceptedEvent {
  readonly eventId: string
  readonly correlationId: string
  readonly status: 'published'
  /** True when the key had been seen before with this content. */
  readonly duplicate: boolean
}

export interface EventPublisherOptions {
  readonly claims: ClaimStore
  readonly database: Database
  readonly publisher: Publisher
  readonly logger: Logger
  readonly now: () => number
  /** Longest time until a 503, in milliseconds. */
  readonly deadlineMs: number
}

/** Publishes one event under its natural key and resolves once Kafka has it. Rejects with a 409 or 503 problem. */
export type PublishEvent = (event: SingleEvent) => Promise<AcceptedEvent>

/** The same key twice at once in this process is one publish. */
export const createPublishEvent = (options: EventPublisherOptions): PublishEvent => {
  const underWay = new Map<string, Promise<AcceptedEvent>>()
  return async (event) => {
    const key = `${event.source}\n${event.naturalKey}`
    while (underWay.has(key)) await underWay.get(key)?.catch(ignored)
    const work = publishOnce(options, event).finally(() => underWay.delete(key))
    underWay.set(key, work)
    return work
  }
}

// Whoever started it hears of the failure; a waiting request tries by itself.
const ignored = (): void => undefined

const publishOnce = async (options: EventPublisherOptions, event: SingleEvent): Promise<AcceptedEvent> => {
  const startedMs = options.now()
  const claim = await claimOf(options, event, startedMs)
  const accepted = { eventId: claim.eventId, correlationId: claim.correlationId, status: 'published' } as const
  if (claim.published) return { ...accepted, duplicate: true }
  const { topic, value } = event.at(claim.firstSeenMs)
  try {
    const { partition, offset } = await options.publisher.publish(topic, value, {
      messageId: claim.eventId,
      correlationId: claim.correlationId,
      timeMs: claim.firstSeenMs,
      deadlineMs: Math.max(1, startedMs + options.deadlineMs - options.now()),
    })
    await confirm(options, claim.eventId, partition, offset)
  } catch (error) {
    throw await refusal(options, claim.eventId, error)
  }
  return { ...accepted, duplicate: !claim.fresh }
}

const claimOf = async (options: EventPublisherOptions, event: SingleEvent, nowMs: number): Promise<Claim> => {
  const contentHash = createHash('sha256').update(event.body).digest()
  const facts = { source: event.source, topic: event.topicName, jobId: null, nowMs }
  const request = { naturalKey: event.naturalKey, contentHash, correlationId: event.correlationId }
  const [claim] = await options.claims.claim(facts, [request]).catch((cause) => {
    throw unavailable('The database does not answer; nothing was accepted.', cause)
  })
  if (claim === undefined) throw new Error('a claim per request')
  if (!claim.contentHash.equals(contentHash)) {
    const seen = new Date(claim.firstSeenMs).toISOString()
    const detail = `The event id was seen before with other content, at ${seen}, as event ${claim.eventId}.`
    throw new ProblemError(409, 'ICX_INBOX_CONFLICT', detail)
  }
  return claim
}

const confirm = async (
  options: EventPublisherOptions,
  eventId: string,
  partition: number,
  offset: number,
): Promise<void> => {
  try {
    await options.claims.confirm(options.database, [{ eventId, partition, offset }], options.now())
  } catch (error) {
    // Kafka has the event, and that is what the client asked. A retry of it is published again under the same id.
    options.logger.warn({ error, eventId }, 'a published event could not be noted as published')
  }
}

const refusal = async (options: EventPublisherOptions, eventId: string, error: unknown): Promise<unknown> => {
  if (!(error instanceof InterchangeError)) return error
  if (error.failureClass === 'poison' || error.failureClass === 'contract') {
    await options.claims.release(options.database, [eventId])
    return new ProblemError(422, error.code, error.message, { cause: error })
  }
  return unavailable(`Kafka did not confirm the event within ${options.deadlineMs} ms; send it again.`, error)
}

const retryAfterSeconds = 5

const unavailable = (detail: string, cause: unknown): ProblemError => {
  const code = cause instanceof InterchangeError ? cause.code : 'ICX_KAFKA_UNAVAILABLE'
  return new ProblemError(503, code, detail, { cause, retryAfterSeconds })
}

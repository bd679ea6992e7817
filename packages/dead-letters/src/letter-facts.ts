import {
  ceHeaders,
  type FailureClass,
  failureClasses,
  HeaderBlock,
  InterchangeError,
  deadLetterHeaders as names,
  type OrderAfterLetter,
  ordersAfterLetter,
  placeEventId,
  type TransportRecord,
} from '@interchange/messaging'
import { headerTail } from './header-tail.ts'

/** The original of a letter, byte for byte as it was consumed. */
export interface OriginalRecord {
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: HeaderBlock
}

/** What a letter says about itself. Anybody may write to a topic, so every field is bounded and may be missing. */
export interface LetterFacts {
  /** False when the facts are missing or the original's headers are broken; such a letter is shown, never replayed. */
  readonly complete: boolean
  readonly messageId: string
  readonly correlationId: string | undefined
  readonly reason: FailureClass | 'unknown'
  readonly code: string | undefined
  readonly errorType: string | undefined
  readonly errorMessage: string | undefined
  readonly errorStack: string | undefined
  /** What letters of one cause have in common; `unknown` where the letter does not say. */
  readonly fingerprint: string
  readonly partition: number | undefined
  readonly offset: number | undefined
  readonly timestampMs: number | undefined
  readonly attempts: number | undefined
  readonly firstFailedAtMs: number | undefined
  readonly lastFailedAtMs: number | undefined
  readonly schemaId: number | undefined
  readonly service: string | undefined
  readonly serviceVersion: string | undefined
  readonly traceparent: string | undefined
  readonly replays: number
  /** What becomes of later messages; undefined where the letter does not say. */
  readonly order: OrderAfterLetter | undefined
  /** The replay that failed and wrote this letter. */
  readonly replayId: string | undefined
}

/** No letter of ours has more facts than this, so they stand in the last so many headers. */
const factHeadersMax = 48

/**
 * Splits a letter into the original and the facts about its failure. Facts are those behind the original's headers, so
 * that an original which brings `dlq-` headers of its own forges nothing. Never throws.
 */
export const readLetter = (record: TransportRecord): { original: OriginalRecord; facts: LetterFacts } => {
  const added = addedHeaders(record.headers)
  const headers = added === undefined ? record.headers : originalHeaders(record.headers, added)
  const original: OriginalRecord = { key: record.key, value: record.value, headers }
  return { original, facts: factsOf(record, readableOrEmpty(headers), added) }
}

interface Added {
  readonly originalCount: number
  readonly facts: HeaderBlock
}

const addedHeaders = (block: HeaderBlock): Added | undefined => {
  try {
    const last = headerTail(block, block.count - factHeadersMax)
    const originalCount = whole(last.text(names.originalHeaderCount))
    if (originalCount === undefined || originalCount > block.count) return undefined
    const facts = headerTail(block, originalCount)
    facts.entries()
    return { originalCount, facts }
  } catch (error) {
    if (error instanceof InterchangeError) return undefined
    throw error
  }
}

const originalHeaders = (block: HeaderBlock, { originalCount, facts }: Added): HeaderBlock => {
  const broken = facts.get(names.originalHeaders)
  return broken ? new HeaderBlock(Buffer.from(broken)) : block.take(originalCount)
}

const readableOrEmpty = (block: HeaderBlock): HeaderBlock => {
  try {
    block.entries()
    return block
  } catch (error) {
    if (error instanceof InterchangeError) return HeaderBlock.empty
    throw error
  }
}

const factsOf = (record: TransportRecord, original: HeaderBlock, added: Added | undefined): LetterFacts => {
  const facts = added?.facts ?? HeaderBlock.empty
  const partition = whole(facts.text(names.partition))
  const offset = whole(facts.text(names.offset))
  const messageId =
    bounded(facts.text(names.messageId), 255) ??
    bounded(original.text(ceHeaders.id), 255) ??
    placeEventId(record.topic, record.partition, record.offset, record.timestampMs)
  const reason = failureClasses.find((known) => known === facts.text(names.reason))
  return {
    complete: partition !== undefined && facts.get(names.originalHeaders) === undefined,
    messageId,
    correlationId: bounded(original.text(ceHeaders.correlationId), 255),
    reason: reason ?? 'unknown',
    code: bounded(facts.text(names.code), 128),
    errorType: bounded(facts.text(names.errorType), 128),
    errorMessage: bounded(facts.text(names.errorMessage), 4_096),
    errorStack: bounded(facts.text(names.errorStack), 16_384),
    fingerprint: bounded(facts.text(names.fingerprint), 64) ?? 'unknown',
    partition,
    offset,
    timestampMs: instant(facts.text(names.timestamp)),
    attempts: whole(facts.text(names.attempts)),
    firstFailedAtMs: instant(facts.text(names.firstFailedAt)),
    lastFailedAtMs: instant(facts.text(names.lastFailedAt)),
    schemaId: whole(facts.text(names.schemaId)),
    service: bounded(facts.text(names.service), 128),
    serviceVersion: bounded(facts.text(names.serviceVersion), 128),
    traceparent: bounded(original.text('traceparent'), 128),
    replays: whole(facts.text(names.replays)) ?? 0,
    order: ordersAfterLetter.find((known) => known === facts.text(names.order)),
    replayId: bounded(facts.text(names.replayId), 64),
  }
}

const bounded = (text: string | undefined, lengthMax: number): string | undefined =>
  text === undefined || text === '' ? undefined : text.slice(0, lengthMax)

const whole = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined

/** Milliseconds since the epoch from digits or ISO 8601. */
const instant = (text: string | undefined): number | undefined => {
  if (text === undefined) return undefined
  const ms = /^\d{1,15}$/.test(text) ? Number(text) : Date.parse(text.slice(0, 40))
  return Number.isFinite(ms) ? ms : undefined
}

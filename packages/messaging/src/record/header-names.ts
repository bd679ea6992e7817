/**
 * Every header name we read or write, in one place. CloudEvents 1.0.2 Kafka binding (binary mode), W3C Trace Context and
 * Baggage, and the facts on a dead letter (design page 3). `docs/reference/headers.md` lists the same set.
 */
export const ceHeaders = {
  id: 'ce_id',
  source: 'ce_source',
  type: 'ce_type',
  time: 'ce_time',
  specVersion: 'ce_specversion',
  subject: 'ce_subject',
  correlationId: 'ce_correlationid',
  causationId: 'ce_causationid',
  contentType: 'content-type',
} as const

export const traceHeaders = {
  traceparent: 'traceparent',
  tracestate: 'tracestate',
  baggage: 'baggage',
} as const

/** Facts about a failure. Added behind the original headers, never instead of one. */
export const deadLetterHeaders = {
  /** How many headers the original had: everything before them is the original block. */
  originalHeaderCount: 'dlq-original-header-count',
  /** The original block as bytes, only when it was too broken to append to. */
  originalHeaders: 'dlq-original-headers',
  reason: 'dlq-reason',
  code: 'dlq-code',
  errorType: 'dlq-error-type',
  errorMessage: 'dlq-error-message',
  errorStack: 'dlq-error-stack',
  fingerprint: 'dlq-fingerprint',
  group: 'dlq-group',
  topic: 'dlq-topic',
  partition: 'dlq-partition',
  offset: 'dlq-offset',
  timestamp: 'dlq-timestamp',
  attempts: 'dlq-attempts',
  firstFailedAt: 'dlq-first-failed-at',
  lastFailedAt: 'dlq-last-failed-at',
  schemaId: 'dlq-schema-id',
  service: 'dlq-service',
  serviceVersion: 'dlq-service-version',
  /** On a retry topic alone: not to be tried before. */
  dueAt: 'dlq-due-at',
  /** What became of the key's later messages: `hold`, `checked`, `key`, `partition` or `none` (`OrderAfterLetter`). */
  order: 'dlq-order',
  /** How often this letter has been replayed already. */
  replays: 'dlq-replays',
  /** The replay this record belongs to; also on the record in the replay lane. */
  replayId: 'dlq-replay-id',
  /** On the replay lane alone: a person has archived the letter, its key may go on. The value says when. */
  archivedAt: 'dlq-archived-at',
  /** Id of the message as the group knew it, for records that carried no `ce_id` of their own. */
  messageId: 'dlq-message-id',
} as const

/** Control headers that only we may set; inbound copies from outside are stripped at ingest (design page 3). */
export const controlHeaderPrefix = 'dlq-'

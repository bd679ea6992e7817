import { InterchangeError } from '../failure/failure.ts'
import type { OutboundRecord, SendOutcome } from '../transport.ts'

/** One record on its way to Kafka, and who wants to know what became of it. */
export interface QueuedSend {
  readonly record: OutboundRecord
  readonly deadlineAtMs: number
  acknowledged(offset: number): void
  /** Refused for good, or the deadline passed. */
  refused(error: InterchangeError): void
  /** Sent again, with the same bytes, because nobody knows or Kafka cannot take it now. */
  readonly retried: ((error: InterchangeError) => void) | undefined
}

/** What a record weighs against the bounds. */
export const bytesOf = (record: OutboundRecord): number =>
  (record.key?.length ?? 0) + (record.value?.length ?? 0) + record.headers.size + 64

/** Kafka refused the record itself (its size, its bytes), not the request. */
export const isRecordRefusal = (outcome: SendOutcome | undefined): boolean =>
  outcome?.status === 'failed' && (outcome.error.failureClass === 'contract' || outcome.error.failureClass === 'poison')

/** `unknown` always; `failed` when waiting may help. */
export const mayTryAgain = (outcome: Exclude<SendOutcome, { status: 'ok' }>): boolean =>
  outcome.status === 'unknown' ||
  outcome.error.failureClass === 'outage' ||
  outcome.error.failureClass === 'transient' ||
  outcome.error.failureClass === 'rate-limited'

export const unknown = (cause: unknown): SendOutcome => ({
  status: 'unknown',
  error: new InterchangeError('ICX_KAFKA_UNKNOWN_OUTCOME', 'The driver did not say what became of a record.', {
    class: 'outage',
    cause,
  }),
})

export const unknownForAll = (count: number, cause: unknown): SendOutcome[] =>
  Array.from({ length: count }, () => unknown(cause))

export const deadlinePassed = (): InterchangeError =>
  new InterchangeError('ICX_PUBLISH_DEADLINE', 'Kafka did not acknowledge the record before its deadline.', {
    class: 'outage',
  })

export const full = (waiting: number): InterchangeError =>
  new InterchangeError('ICX_PUBLISH_FULL', `${waiting} publishes already wait for room.`, {
    class: 'outage',
    facts: { waiting },
  })

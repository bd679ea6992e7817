import type { Clock } from '../clock.ts'
import type { Codec } from '../codec.ts'
import { classify } from '../failure/classify.ts'
import { InterchangeError } from '../failure/failure.ts'
import type { Metrics } from '../metrics.ts'
import type { Published, Publisher, PublishOptions } from '../publisher.ts'
import { newEventId } from '../record/event-id.ts'
import type { AnyTopic, Topic } from '../topic.ts'
import type { Span, Tracing } from '../tracing.ts'
import type { Transport } from '../transport.ts'
import { createEventEncoder } from './create-event-encoder.ts'
import type { QueuedSend } from './queued-send.ts'
import { createSendQueue } from './send-queue.ts'

/** Bounds of a publisher; every one has a default. */
export interface PublisherLimits {
  /** Longest wait for company while a request is under way; without one an event leaves in the same turn of the event loop. */
  readonly lingerMs: number
  readonly batchRecordsMax: number
  readonly batchBytesMax: number
  /** Queued or under way; further callers wait for room until their deadline. */
  readonly inFlightRecordsMax: number
  readonly inFlightBytesMax: number
  /** Callers that may wait for room; one more is refused at once with `ICX_PUBLISH_FULL`. */
  readonly waitersMax: number
  readonly retryBackoffMs: number
  readonly retryBackoffMsMax: number
  /** Deadline of a publish that names none. */
  readonly deadlineMs: number
}

export const defaultPublisherLimits: PublisherLimits = {
  lingerMs: 2,
  batchRecordsMax: 500,
  batchBytesMax: 256 * 1024,
  inFlightRecordsMax: 20_000,
  inFlightBytesMax: 32 * 1024 * 1024,
  waitersMax: 20_000,
  retryBackoffMs: 100,
  retryBackoffMsMax: 2_000,
  deadlineMs: 10_000,
}

export interface PublisherOptions {
  readonly transport: Transport
  readonly codec: Codec
  /** `ce_source` is `/<name>`. */
  readonly service: { readonly name: string; readonly version: string }
  readonly clock: Clock
  readonly random: () => number
  readonly metrics: Metrics
  readonly tracing: Tracing
  readonly newId?: (timeMs: number) => string
  readonly limits?: Partial<PublisherLimits>
}

/** An event on its way. Thousands wait at once, so they share their methods instead of closing over what those need. */
interface Publication extends QueuedSend {
  readonly messageId: string
  readonly correlationId: string
  readonly span: Span | undefined
  readonly resolve: (published: Published) => void
  readonly reject: (error: InterchangeError) => void
}

/** A publisher over one producer of `transport`. The codec must have been prepared for the topics it is given. */
export const createPublisher = async (options: PublisherOptions): Promise<Publisher> => {
  const { clock, metrics, random } = options
  const limits = { ...defaultPublisherLimits, ...options.limits }
  const newId = options.newId ?? newEventId
  const encode = createEventEncoder(options)
  const producer = await options.transport.createProducer()
  const queue = createSendQueue({
    producer,
    clock,
    random,
    ...limits,
    onSent: (topic, count, durationMs) => metrics.sent(topic, count, durationMs),
  })
  let closing: Promise<void> | undefined

  const acknowledged = function (this: Publication, offset: number): void {
    const { messageId, correlationId, span, resolve } = this
    const { topic, partition } = this.record
    resolve({ messageId, correlationId, topic, partition, offset })
    span?.end({ ok: true })
  }

  const refused = function (this: Publication, error: InterchangeError): void {
    this.reject(error)
    metrics.sendFailed(this.record.topic, error.code)
    this.span?.end({ ok: false, code: error.code, error })
  }

  const enqueue = (
    topic: AnyTopic,
    value: unknown,
    settings: PublishOptions,
    resolve: (published: Published) => void,
    reject: (error: InterchangeError) => void,
  ): void => {
    const nowMs = clock.now()
    const timeMs = settings.timeMs ?? nowMs
    const messageId = settings.messageId ?? newId(timeMs)
    const correlationId = settings.correlationId ?? messageId
    const { record, span } = encode(topic, value, {
      messageId,
      correlationId,
      causationId: settings.causationId,
      timeMs,
      within: settings.within,
    })
    const deadlineAtMs = nowMs + (settings.deadlineMs ?? limits.deadlineMs)
    const publication: Publication = {
      record,
      deadlineAtMs,
      messageId,
      correlationId,
      span,
      resolve,
      reject,
      acknowledged,
      refused,
      retried: settings.onRetried,
    }
    queue.add(publication)
  }

  /** What Kafka has not taken by then is refused, so that closing ends during an outage too. */
  const finish = async (): Promise<void> => {
    const cancel = clock.after(limits.deadlineMs, () => queue.abandon(closed()))
    await queue.flush()
    cancel()
    await producer.close()
  }

  return {
    publish<Value>(topic: Topic<Value>, value: Value, settings: PublishOptions = {}): Promise<Published> {
      return new Promise((resolve, reject) => {
        if (closing !== undefined) {
          reject(closed())
          return
        }
        try {
          enqueue(topic, value, settings, resolve, reject)
        } catch (error) {
          // A value whose key or encoding throws rejects as a classified error, never as a bare TypeError.
          reject(classify(error).error)
        }
      })
    },
    flush: () => queue.flush(),
    close() {
      closing ??= finish()
      return closing
    },
  }
}

const closed = (): InterchangeError =>
  new InterchangeError('ICX_PUBLISH_CLOSED', 'The publisher is closed.', { class: 'outage' })

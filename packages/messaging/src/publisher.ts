import type { InterchangeError } from './failure/failure.ts'
import type { HeaderBlock } from './record/header-block.ts'
import type { Topic } from './topic.ts'
import type { Span } from './tracing.ts'

/** What a caller may say about one event; everything has a safe default. */
export interface PublishOptions {
  /** Default: a new UUIDv7. Give a derived or natural id where the event may be published twice. */
  readonly messageId?: string
  /** Fixed for the whole conversation. Default: the message's own id. */
  readonly correlationId?: string
  /** Id of the message that caused this one. */
  readonly causationId?: string
  /** CloudEvents time, milliseconds since the epoch. Default: now. */
  readonly timeMs?: number
  /**
   * After this many milliseconds the promise rejects; the record may still arrive. Default 10,000. `Infinity` keeps
   * trying, in order, for ever.
   */
  readonly deadlineMs?: number
  /**
   * The message being handled: the event's span hangs below `parent`; without one the trace context of `inbound` is
   * passed on as it is. Default: the active context.
   */
  readonly within?: { readonly parent: Span | undefined; readonly inbound: HeaderBlock }
  /** Called each time Kafka did not take the record and it is sent again. Must not throw. */
  readonly onRetried?: (error: InterchangeError) => void
}

/** Where Kafka put the event. */
export interface Published {
  readonly messageId: string
  readonly correlationId: string
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

/**
 * Publishes events. A resolved promise means that the in-sync replicas have the record. It rejects with
 * `ICX_PUBLISH_DEADLINE` or `ICX_KAFKA_UNAVAILABLE` (class `outage`: nothing is known to be stored, or its fate is
 * unknown; publish again with the same id), or with class `poison` when the value does not fit its schema.
 */
export interface Publisher {
  publish<Value>(topic: Topic<Value>, value: Value, options?: PublishOptions): Promise<Published>
  /** Waits until everything accepted so far is acknowledged or refused. */
  flush(): Promise<void>
  /** Flushes, then refuses further events. */
  close(): Promise<void>
}

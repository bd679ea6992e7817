import type { EffectStore } from './effect-store.ts'
import type { RetryPolicy } from './failure/retry-policy.ts'
import type { Topic } from './topic.ts'

/** What a handler knows about the message beside its value. */
export interface HandlerContext {
  readonly messageId: string
  readonly correlationId: string
  /** CloudEvents time of the message, milliseconds since the epoch. Use this and never "now": redelivery must give the same bytes. */
  readonly timeMs: number
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly key: string | null
  /** 1 on the first try. */
  readonly attempt: number
  /** Set when an engineer sent this message back from the dead letters. */
  readonly replayId: string | undefined
  /** Aborts at the handler's deadline and at shutdown. */
  readonly signal: AbortSignal
}

/** A message that a handler publishes: its id is derived from the message being handled, so a redelivery repeats it. */
export interface Outgoing<Value = unknown> {
  readonly topic: Topic<Value>
  readonly value: Value
}

class OutgoingEvent implements Outgoing {
  readonly topic: Topic<unknown>
  readonly value: unknown

  constructor(topic: Topic<unknown>, value: unknown) {
    this.topic = topic
    this.value = value
  }
}

/** Says "publish `value` on `topic`" with the two types held together. */
export const outgoing = <Value>(topic: Topic<Value>, value: Value): Outgoing =>
  new OutgoingEvent(topic as unknown as Topic<unknown>, value)

/** Tells what `outgoing` made from the effects beside it. */
export const isOutgoing = (item: unknown): item is Outgoing => item instanceof OutgoingEvent

/** What a handler may answer: nothing, one, or several; now or later. */
export type Answer<Item> = Item | readonly Item[] | undefined | Promise<Item | readonly Item[] | undefined>

interface RouteSettings<Value> {
  readonly from: Topic<Value>
  readonly group: string
  /** `key`: one key in order, many keys at once (a null key is ordered like its partition). Default `key`. */
  readonly ordering?: 'key' | 'partition' | 'none'
  /** Most handlers running at once in this process. Default 512. */
  readonly concurrencyMax?: number
  /** Handler deadline in milliseconds. Default 30,000. */
  readonly timeoutMs?: number
  readonly retry?: Partial<RetryPolicy>
  /** What a null value means here: an event to skip, or a broken one. Default `reject`. */
  readonly tombstones?: 'reject' | 'skip'
  /**
   * Asked about a replayed message before its handler is: a replay comes late by definition where keys go on after a letter.
   * Answers, in words, what has superseded it (a newer version or time that is stored), or undefined when nothing has. What is
   * superseded has no effect, and its letter is answered as such. Failing is failing to handle the message.
   */
  readonly supersededBy?: (value: Value, context: HandlerContext) => string | undefined | Promise<string | undefined>
}

/**
 * Consume, publish. Settles when everything it published is acknowledged; the next message of a key may be handled before
 * that, since what is published keeps its order.
 */
export interface PublishRoute<Value> extends RouteSettings<Value> {
  /**
   * `transactional`: outputs, dead letters and offsets are committed in one Kafka transaction, every 100 ms or 2,000 messages, so
   * that readers of committed records see each output once. Refused on a driver that does not keep it. Default `at-least-once`.
   */
  readonly delivery?: 'at-least-once' | 'transactional'
  /** Later messages of a key go on after a dead letter: there is nowhere for them to wait. */
  readonly afterDeadLetter?: 'continue'
  readonly handle: (value: Value, context: HandlerContext) => Answer<Outgoing>
}

/**
 * Consume, change the database. `handle` decides effects; `store` commits them with the inbox row, batch by batch, those of a
 * partition in order, and with them what `outgoing` made, where it has an outbox.
 * `handle` may run before earlier messages of its key are committed: it must not read what they write.
 */
export interface EffectRoute<Value, Effect> extends RouteSettings<Value> {
  readonly handle: (value: Value, context: HandlerContext) => Answer<Effect | Outgoing>
  readonly store: EffectStore<Effect>
  /**
   * Whether later messages of a key go on after a dead letter (`continue`, the default) or wait, durably, until the letter is
   * replayed with success or archived. `hold` wants `ordering: 'key'` and a store whose waiting room can hold keys.
   */
  readonly afterDeadLetter?: 'continue' | 'hold'
  /** Most messages in one transaction. Default 500. */
  readonly batchMax?: number
  /** Most transactions at once, each of partitions that the others have not. Default 3: one is made while another is written and one commits. */
  readonly batchesMax?: number
}

// biome-ignore lint/suspicious/noExplicitAny: a group holds routes of many value and effect types side by side.
export type Route = PublishRoute<any> | EffectRoute<any, any>

/** Names a route's types once, where it is written; returns it as it is. */
export const publishRoute = <Value>(route: PublishRoute<Value>): PublishRoute<Value> => route
export const effectRoute = <Value, Effect>(route: EffectRoute<Value, Effect>): EffectRoute<Value, Effect> => route

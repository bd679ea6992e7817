import { type HeaderEntry, newEventId } from '@interchange/messaging'

/** What a test delivers to a handler: an event, or bytes and nulls as Kafka may hold them. */
export type Delivery<Value> =
  | { readonly kind: 'event'; readonly value: Value; readonly messageId: string; readonly settings: MessageSettings }
  | {
      readonly kind: 'record'
      readonly bytes: Buffer | null
      readonly key: string | null
      readonly headers: readonly HeaderEntry[]
    }

export interface MessageSettings {
  /** Default: a new one, the same each time this delivery is delivered. */
  readonly messageId?: string
  readonly correlationId?: string
  readonly causationId?: string
  /** The event's time, milliseconds since the epoch. Default: the first instant of 2026. */
  readonly timeMs?: number
}

/** The time of every message that names none: a test that depends on "now" is no test. */
export const testTimeMs: number = Date.UTC(2026, 0, 1)

/** An event as a publisher would have sent it. */
export const message = <Value>(value: Value, settings: MessageSettings = {}): Delivery<Value> => ({
  kind: 'event',
  value,
  messageId: settings.messageId ?? newEventId(settings.timeMs ?? testTimeMs),
  settings,
})

/** A record with these bytes, whatever they are. */
export const malformed = (bytes: Uint8Array, headers: readonly HeaderEntry[] = []): Delivery<never> => ({
  kind: 'record',
  bytes: Buffer.from(bytes),
  key: null,
  headers,
})

/** A record with a null value. */
export const tombstone = (key: string, headers: readonly HeaderEntry[] = []): Delivery<never> => ({
  kind: 'record',
  bytes: null,
  key,
  headers,
})

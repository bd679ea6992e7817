import type { Codec } from '../codec.ts'
import type { HeaderBlock } from '../record/header-block.ts'
import type { HeaderEntry } from '../record/header-entry.ts'
import { partitionOf } from '../record/partition-of.ts'
import type { AnyTopic } from '../topic.ts'
import type { Span, Tracing } from '../tracing.ts'
import type { OutboundRecord } from '../transport.ts'
import { eventHeaders, traceEntries } from './event-headers.ts'

/** What makes one event another than the next one of the same topic and value. */
export interface EventIdentity {
  readonly messageId: string
  readonly correlationId: string
  readonly causationId: string | undefined
  readonly timeMs: number
  /** The message being handled; see `PublishOptions.within`. */
  readonly within: { readonly parent: Span | undefined; readonly inbound: HeaderBlock } | undefined
}

/** An event as the record that will be sent, and the span that ends with its fate. */
export interface EncodedEvent {
  readonly record: OutboundRecord
  readonly span: Span | undefined
}

/** Throws what the topic's key or the codec throws for the value. */
export type EncodeEvent = (topic: AnyTopic, value: unknown, identity: EventIdentity) => EncodedEvent

export const createEventEncoder = ({
  codec,
  tracing,
  service,
}: {
  readonly codec: Codec
  readonly tracing: Tracing
  readonly service: { readonly name: string }
}): EncodeEvent => {
  const source = `/${service.name}`

  const traceOf = (span: Span | undefined, { within }: EventIdentity): readonly HeaderEntry[] => {
    if (span !== undefined) return span.headers()
    return within === undefined ? [] : traceEntries(within.inbound)
  }

  return (topic, value, identity) => {
    const { messageId, correlationId, causationId, timeMs, within } = identity
    const key = topic.keyOf(value)
    const keyBytes = Buffer.from(key, 'utf8')
    const partition = partitionOf(keyBytes, topic.partitions)
    const bytes = codec.encode(topic, value)
    const span =
      within !== undefined && within.parent === undefined
        ? undefined
        : tracing.startSend({ topic: topic.name, partition, messageId, correlationId }, within?.parent)
    const facts = { messageId, key, timeMs, correlationId, causationId }
    const headers = eventHeaders(topic, source, facts, traceOf(span, identity))
    return { record: { topic: topic.name, partition, key: keyBytes, value: bytes, headers }, span }
  }
}

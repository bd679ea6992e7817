import { derivedEventId, isOutgoing, type SettleEntry } from '@interchange/messaging'
import type { OutboxEvent } from './outbox.ts'

/** The events among the effects of one message, with the ids that a publishing route would give them: a redelivery repeats them. */
export const outgoingOf = (
  group: string,
  { effects, cause, messageId }: SettleEntry<unknown>,
): readonly OutboxEvent[] =>
  effects.filter(isOutgoing).map(({ topic, value }, ordinal) => ({
    topic,
    value,
    messageId: derivedEventId(messageId, group, ordinal),
    causationId: messageId,
    correlationId: cause.correlationId,
    timeMs: cause.timeMs,
    trace: cause.trace,
  }))

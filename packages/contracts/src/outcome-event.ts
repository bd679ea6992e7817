import { type DeliveryOutcome, naturalEventId, type Publisher, type PublishOptions } from '@interchange/messaging'
import type { DeliveryOutcome as DeliveryOutcomeEvent } from './generated/interchange/delivery-outcome.ts'
import { deliveryOutcome } from './internal-topics.ts'
import { timestampMillis } from './logical-types.ts'

/** What became of a message, as an event for whoever keeps the dead letters. The same outcome told twice has the same id. */
export const outcomeEvent = (outcome: DeliveryOutcome) => {
  const { group, topic, messageId, replayId, attempts, atMs } = outcome
  const key = JSON.stringify([group, topic, messageId, replayId, attempts, outcome.outcome])
  const value: DeliveryOutcomeEvent = {
    messageId,
    group,
    topic,
    outcome: words[outcome.outcome],
    replayId: replayId ?? null,
    attempts,
    at: timestampMillis(atMs),
    code: outcome.code ?? null,
    class: outcome.failureClass ?? null,
  }
  const options = {
    messageId: naturalEventId('delivery-outcome', key, atMs),
    causationId: messageId,
    timeMs: atMs,
  } satisfies PublishOptions
  return { topic: deliveryOutcome, value, ...options }
}

/** Publishes outcomes that do not commit with effects: of letters, and of groups without an outbox. */
export const reportOutcomeBy =
  (publisher: Publisher) =>
  async (outcome: DeliveryOutcome): Promise<void> => {
    const { topic, value, ...options } = outcomeEvent(outcome)
    await publisher.publish(topic, value, options)
  }

/** Avro symbols have no hyphens. */
const words = {
  resolved: 'resolved',
  'failed-again': 'failed_again',
  duplicate: 'duplicate',
  superseded: 'superseded',
  'dead-lettered': 'dead_lettered',
} as const

import { deliveryOutcome, timestampMillis } from '@interchange/contracts'
import { type DeliveryOutcome, naturalEventId, type Publisher } from '@interchange/messaging'
import { type Database, holdInboxRow, type OutboxEvent, outboxEvent } from '@interchange/store'

/** What became of a message, as an event for whoever keeps the dead letters. The same outcome told twice has the same id. */
export const outcomeEvent = (outcome: DeliveryOutcome): OutboxEvent => {
  const { group, topic, messageId, replayId, attempts, atMs } = outcome
  const key = JSON.stringify([group, topic, messageId, replayId, attempts, outcome.outcome])
  return outboxEvent({
    topic: deliveryOutcome,
    value: {
      messageId,
      group,
      topic,
      outcome: words[outcome.outcome],
      replayId: replayId ?? null,
      attempts,
      at: timestampMillis(atMs),
      code: outcome.code ?? null,
      class: outcome.failureClass ?? null,
    },
    messageId: naturalEventId('delivery-outcome', key, atMs),
    causationId: messageId,
    timeMs: atMs,
  })
}

/** Publishes outcomes that do not commit with effects: of letters, and of groups without an outbox. */
export const reportOutcomeBy =
  (publisher: Publisher) =>
  async (outcome: DeliveryOutcome): Promise<void> => {
    const { topic, value, ...options } = outcomeEvent(outcome)
    await publisher.publish(topic, value, options)
  }

/** Reports, once the inbox is told to keep, or no longer to keep, what it knows of a message with a letter. */
export const holdingInboxRow =
  (database: Database, report: (outcome: DeliveryOutcome) => Promise<void>) =>
  async (outcome: DeliveryOutcome): Promise<void> => {
    await holdInboxRow(database, outcome)
    await report(outcome)
  }

/** Avro symbols have no hyphens. */
const words = {
  resolved: 'resolved',
  'failed-again': 'failed_again',
  duplicate: 'duplicate',
  superseded: 'superseded',
  'dead-lettered': 'dead_lettered',
} as const

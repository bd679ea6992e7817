import { deliveryOutcome, timestampMillis } from '@interchange/contracts'
import { type DeliveryOutcome, naturalEventId, type Publisher } from '@interchange/messaging'

/** Tells whoever keeps the dead letters what became of a message. The same outcome told twice has the same id. */
export const reportOutcomeBy =
  (publisher: Publisher) =>
  async (outcome: DeliveryOutcome): Promise<void> => {
    const { group, topic, messageId, replayId, attempts, atMs } = outcome
    const key = JSON.stringify([group, topic, messageId, replayId, attempts, outcome.outcome])
    await publisher.publish(
      deliveryOutcome,
      {
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
      { messageId: naturalEventId('delivery-outcome', key, atMs), causationId: messageId, timeMs: atMs },
    )
  }

/** Avro symbols have no hyphens. */
const words = {
  resolved: 'resolved',
  'failed-again': 'failed_again',
  duplicate: 'duplicate',
  superseded: 'superseded',
  'dead-lettered': 'dead_lettered',
} as const

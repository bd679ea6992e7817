import { setTimeout as sleep } from 'node:timers/promises'
import { InterchangeError, type TransportAdmin } from '@interchange/messaging'

const visibleWithinMs = 10_000

/**
 * Waits until the brokers name all `topics`: a topic just created is not known at once to every one of them. Rejects
 * `ICX_KAFKA_UNAVAILABLE` after 10 s.
 */
export const waitForTopics = async (
  topics: readonly string[],
  partitionCounts: TransportAdmin['partitionCounts'],
): Promise<void> => {
  const untilMs = Date.now() + visibleWithinMs
  while ((await partitionCounts(topics)).size < topics.length) {
    if (Date.now() > untilMs) {
      throw new InterchangeError('ICX_KAFKA_UNAVAILABLE', 'the topics just created are not visible yet', {
        class: 'outage',
        facts: { topics: topics.length, waitedMs: visibleWithinMs },
      })
    }
    await sleep(50)
  }
}

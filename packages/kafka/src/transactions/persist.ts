import { setTimeout as sleep } from 'node:timers/promises'
import type { KafkaConfig } from '../kafka-config.ts'
import { isRefusal, kafkaError, rootOf } from '../kafka-error.ts'

const unknownTopicPatienceMs = 2_000
/** The markers of the transaction before are being written: a matter of milliseconds. */
const concurrentPauseMs = 10

/** A request ran out of tries. */
export interface Failed {
  /** Some attempt got no answer, so the broker may have done what it was asked. */
  readonly unanswered: boolean
  readonly error: ReturnType<typeof kafkaError>
}

/**
 * Repeats a request of a transaction while its failure may pass (the coordinator moves or loads, the transaction before is
 * still being ended, a connection is lost), until the delivery timeout. kafkajs repeats some of these by names that it does
 * not use itself, and the rest not at all (trap K7).
 */
export const persist = async <Answer>(
  config: KafkaConfig,
  doing: string,
  run: () => Promise<Answer>,
): Promise<{ readonly answer: Answer } | Failed> => {
  const startedMs = Date.now()
  const deadlineMs = startedMs + (config.deliveryTimeoutMs ?? 10_000)
  let unanswered = false
  for (let attempt = 1; ; attempt++) {
    try {
      return { answer: await run() }
    } catch (error) {
      const { type } = rootOf(error)
      unanswered ||= type === undefined
      const nowMs = Date.now()
      // A topic just created may be unknown to a broker for a moment.
      const unknownYet = type === 'UNKNOWN_TOPIC_OR_PARTITION' && nowMs < startedMs + unknownTopicPatienceMs
      if ((isRefusal(error) && !unknownYet) || nowMs >= deadlineMs)
        return { unanswered, error: kafkaError(error, doing) }
      const pauseMs = type === 'CONCURRENT_TRANSACTIONS' ? concurrentPauseMs : Math.min(1_000, 25 * 2 ** attempt)
      await sleep(Math.min(pauseMs, deadlineMs - nowMs))
    }
  }
}

import { type Clock, InterchangeError, type OutboundRecord, type TransportAdmin } from '@interchange/messaging'
import { sleepOn } from './doze.ts'

/** What is known of the topics: which are there, and which Kafka refused a moment ago. */
export interface RefusedTopics {
  readonly attemptsMax: number
  /** Attempts that the next rows of the topic get: a topic refused a moment ago gets one, so that others do not wait for it. */
  attemptsOf(topic: string): number
  backoffMs(attempt: number): number
  refuse(topic: string): void
  /** Why the record's topic or partition cannot be sent to, after a few looks: a topic just made may take a moment to show. */
  missing(record: OutboundRecord, signal: AbortSignal): Promise<InterchangeError | undefined>
}

const attemptsMax = 4
const refusedForMs = 30_000

export const createRefusedTopics = (admin: TransportAdmin, clock: Clock): RefusedTopics => {
  const partitionsOf = new Map<string, number>()
  const refusedUntilMs = new Map<string, number>()

  const backoffMs = (attempt: number): number => 25 * 2 ** attempt
  const attemptsOf = (topic: string): number => ((refusedUntilMs.get(topic) ?? 0) > performance.now() ? 1 : attemptsMax)

  const look = async (topic: string, partition: number, signal: AbortSignal): Promise<number> => {
    for (let attempt = 1; ; attempt++) {
      const count = (await admin.partitionCounts([topic])).get(topic) ?? 0
      if (count > 0) partitionsOf.set(topic, count)
      if (count > partition || attempt >= attemptsOf(topic)) return count
      await sleepOn(clock, backoffMs(attempt), signal)
    }
  }

  const refuse = (topic: string): void => {
    partitionsOf.delete(topic)
    refusedUntilMs.set(topic, performance.now() + refusedForMs)
  }

  return {
    attemptsMax,
    attemptsOf,
    backoffMs,
    refuse,
    async missing({ topic, partition }, signal) {
      if ((partitionsOf.get(topic) ?? 0) > partition) return undefined
      const count = await look(topic, partition, signal)
      if (count > partition) return undefined
      refuse(topic)
      const facts = { topic, partition }
      return count === 0
        ? new InterchangeError('ICX_CATALOGUE_MISSING', `${topic} is not in the cluster`, { class: 'fatal', facts })
        : new InterchangeError('ICX_CATALOGUE_MISMATCH', `${topic} has ${count} partitions, none is ${partition}`, {
            class: 'fatal',
            facts,
          })
    },
  }
}

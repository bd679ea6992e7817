import type { Logger } from '@interchange/messaging'
import type { logCreator } from 'kafkajs'

const quietMs = 10_000
const keysMax = 200

/**
 * kafkajs' log lines as ours: at most one of a kind in ten seconds, with how many were left out (trap K38), and only the
 * fields that say where, never what. kafkajs calls every retried hiccup an error; ours is a warning, since the driver
 * reports what really failed. Silent once the owner has `ended` the client.
 */
export const kafkajsLogCreator = (
  logger: Logger,
  ended: () => boolean = () => false,
  now: () => number = Date.now,
): logCreator => {
  const seen = new Map<string, { untilMs: number; left: number }>()
  return () =>
    ({ namespace, log }) => {
      if (ended()) return
      const kind = `${namespace} ${log.message.replaceAll(/\d+/g, '#').slice(0, 120)}`
      const entry = seen.get(kind)
      if (entry !== undefined && now() < entry.untilMs) {
        entry.left++
        return
      }
      if (seen.size >= keysMax) seen.clear()
      seen.set(kind, { untilMs: now() + quietMs, left: 0 })
      const { broker, groupId, topic, partition, retryCount, error } = log as Record<string, unknown>
      logger.warn(
        {
          client: 'kafkajs',
          part: namespace,
          ...defined({ broker, groupId, topic, partition, retryCount }),
          ...(typeof error === 'string' && { cause: error.slice(0, 200) }),
          ...(entry !== undefined && entry.left > 0 && { repeated: entry.left }),
        },
        log.message.slice(0, 300),
      )
    }
}

const defined = (fields: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => ['string', 'number'].includes(typeof value)))

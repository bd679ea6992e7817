import { setTimeout as delay } from 'node:timers/promises'
import { InterchangeError, type Logger } from '@interchange/messaging'
import type { Producer } from '../create-producer.ts'

const retryMs = 5_000

/**
 * Keeps the progress reader running in the background. Requests do not need it, so a reader that cannot start or that ended is
 * started again and never ends the process. Answers how to stop it.
 */
export const readAlong = (
  producer: Pick<Producer, 'readAlong'>,
  logger: Logger,
): ((deadlineMs: number) => Promise<void>) => {
  const stopping = new AbortController()
  let stopReader: ((deadlineMs: number) => Promise<void>) | undefined

  const keep = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const ended = Promise.withResolvers<InterchangeError | undefined>()
      stopping.signal.addEventListener('abort', () => ended.resolve(undefined))
      try {
        stopReader = await producer.readAlong(ended.resolve)
        const error = await ended.promise
        if (error === undefined) return
        logger.error({ error }, 'the progress reader ended and starts again')
        await stopReader(retryMs)
      } catch (error) {
        // Most often the transformer has not created its topics yet.
        const reason = error instanceof Error ? error.message : String(error)
        logger.warn({ reason, retryMs }, 'the progress of events is not read yet')
      }
      stopReader = undefined
      await delay(retryMs, undefined, { signal: stopping.signal, ref: false }).catch(() => undefined)
    }
  }

  const running = keep()
  return async (deadlineMs) => {
    stopping.abort()
    await running
    await stopReader?.(deadlineMs)
  }
}

import { setTimeout as pause } from 'node:timers/promises'
import { InterchangeError, type Logger } from '@interchange/messaging'

/** How long a starting process waits for what it needs. */
export const startDeadlineMs = 60_000

/**
 * Does `work` again while it says that a dependency is down, at most until the deadline; says what it waits for. Rejects with
 * the last error, and at once with any that waiting does not cure.
 */
export const untilUp = async <Result>(
  what: string,
  work: () => Promise<Result>,
  { logger, deadlineMs = startDeadlineMs }: { logger: Logger; deadlineMs?: number },
): Promise<Result> => {
  const untilMs = performance.now() + deadlineMs
  for (let attempt = 0; ; attempt++) {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof InterchangeError && error.failureClass === 'outage')) throw error
      const leftMs = untilMs - performance.now()
      if (leftMs <= 0) throw error
      logger.warn({ what, code: error.code, reason: error.message, leftMs: Math.round(leftMs) }, 'waiting at start')
      await pause(Math.min(leftMs, 250 * 2 ** Math.min(attempt, 3)))
    }
  }
}

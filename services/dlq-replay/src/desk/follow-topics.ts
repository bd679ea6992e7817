import { followLetterBook, type LetterReading, type ReadPositions, readLetterBook } from '@interchange/dead-letters'
import { type Clock, InterchangeError, type Logger } from '@interchange/messaging'

export interface TopicFollower {
  /** Resolves when the book holds everything that was in the topics at the start. */
  readonly caughtUp: Promise<void>
  stop(): Promise<void>
}

export interface FollowOptions {
  readonly reading: Omit<LetterReading, 'signal'>
  readonly clock: Clock
  readonly logger: Logger
  /** How often topics that are new are looked for. Default 15,000. */
  readonly lookAgainMs?: number
}

const retryMs = 1_000

/**
 * Keeps a book at the ends of its topics. Reading again what was read before does no harm, so that every round simply starts
 * from the last known ends: after an outage, and to find topics that did not exist.
 */
export const followTopics = (options: FollowOptions): TopicFollower => {
  const { reading, clock, logger, lookAgainMs = 15_000 } = options
  const stopping = new AbortController()
  const caughtUp = Promise.withResolvers<void>()

  const round = async (from: ReadPositions | undefined): Promise<ReadPositions> => {
    const ends = await readLetterBook({ ...reading, signal: stopping.signal }, from)
    if (!stopping.signal.aborted) caughtUp.resolve()
    const signal = AbortSignal.any([stopping.signal, AbortSignal.timeout(lookAgainMs)])
    await followLetterBook({ ...reading, signal }, ends)
    return ends
  }

  const run = async (): Promise<void> => {
    let positions: ReadPositions | undefined
    while (!stopping.signal.aborted) {
      try {
        positions = await round(positions)
        if (positions.size === 0) await pause(clock, lookAgainMs, stopping.signal)
      } catch (error) {
        if (!(error instanceof InterchangeError) || error.failureClass === 'fatal') throw error
        logger.warn({ code: error.code, reason: error.message }, 'the dead letters cannot be followed; trying again')
        await pause(clock, retryMs, stopping.signal)
      }
    }
  }

  // Rejects for a defect of ours alone, and nobody handles that: the process guard ends the process.
  const running = run()

  return {
    caughtUp: Promise.race([caughtUp.promise, running]),
    async stop() {
      stopping.abort()
      await running
    },
  }
}

const pause = (clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const end = (): void => {
      cancel()
      signal.removeEventListener('abort', end)
      resolve()
    }
    const cancel = clock.after(delayMs, end)
    signal.addEventListener('abort', end)
  })

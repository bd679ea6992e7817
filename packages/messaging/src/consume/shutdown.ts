import { classify } from '../failure/classify.ts'
import { InterchangeError } from '../failure/failure.ts'
import type { SendQueue } from '../publish/send-queue.ts'
import type { TransportProducer } from '../transport.ts'
import type { Attempts } from './attempts.ts'
import type { Commits } from './commits.ts'
import { dropUnstarted } from './drop-unstarted.ts'
import { type GroupState, untilCalm } from './group-state.ts'
import type { Gate } from './outages/gate.ts'
import type { OpenTransactions } from './transactions/open-transactions.ts'

export interface ShutdownOptions {
  readonly state: GroupState
  readonly gate: Gate
  readonly attempts: Attempts
  readonly commits: Commits
  readonly letterQueue: SendQueue
  readonly letterProducer: TransportProducer
  readonly transactions: OpenTransactions | undefined
}

/**
 * Ends the group within `deadlineMs`: nothing new starts, what is under way has half the time to end, then its signal is
 * aborted and it has a little more; commit, leave. What did not end keeps its offset and comes again.
 */
export const shutDown = async (
  { state, gate, attempts, commits, letterQueue, letterProducer, transactions }: ShutdownOptions,
  deadlineMs: number,
) => {
  const { clock, logger, group } = state.options
  const endsAtMs = clock.now() + deadlineMs
  if (state.phase !== 'failed') state.phase = 'stopping'
  for (const partition of state.partitions.values()) dropUnstarted(state, partition)
  gate.cancel()
  const isCalm = (): boolean => state.busy === 0
  let calm = await untilCalm(state, isCalm, deadlineMs * 0.5)
  if (!calm) {
    attempts.abandonAll(stopping())
    calm = await untilCalm(state, isCalm, deadlineMs * 0.1)
  }
  if (!calm) logger.warn({ group, inFlight: state.busy }, 'stopped with messages in flight: they come again')
  const leftMs = (): number => Math.max(0, endsAtMs - clock.now())
  await within(state, leftMs() * 0.5, commits.commitNow([...state.partitions.values()]))
  const { consumer } = state
  if (consumer !== undefined) await within(state, leftMs(), consumer.close(leftMs()))
  letterQueue.abandon(stopping())
  await within(state, leftMs(), Promise.all([letterProducer.close(), transactions?.close()]))
  if (state.phase === 'stopping') state.phase = 'stopped'
}

const stopping = (): InterchangeError =>
  new InterchangeError('ICX_GROUP_ENDED', 'The process stops.', { class: 'transient' })

/** Waits for `work` at most so long; says when it failed or did not end. */
const within = async ({ options: { clock, logger, group } }: GroupState, limitMs: number, work: Promise<unknown>) => {
  let cancel = (): void => undefined
  const late = new Promise<'late'>((resolve) => {
    cancel = clock.after(limitMs, () => resolve('late'))
  })
  try {
    if ((await Promise.race([work, late])) === 'late')
      logger.warn({ group, limitMs }, 'a step of stopping ran out of time')
  } catch (error) {
    const { code, message } = classify(error)
    logger.warn({ group, code, reason: message }, 'a step of stopping failed')
  } finally {
    cancel()
  }
}

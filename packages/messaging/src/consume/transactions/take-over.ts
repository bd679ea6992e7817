import { classify } from '../../failure/classify.ts'
import type { InterchangeError } from '../../failure/failure.ts'
import type { TransactionalProducer } from '../../transport.ts'
import { type GroupState, isEnding, recovered, troubled } from '../group-state.ts'
import type { OwnedPartition } from '../message.ts'
import type { OpenTransactions } from './open-transactions.ts'

/** An owner, and where the group stands behind everything that earlier owners committed. */
export interface TakenOver {
  readonly producer: TransactionalProducer
  /** Undefined where the group has committed nothing. */
  readonly committed: number | undefined
}

export type TakeOver = (
  partition: OwnedPartition,
  after: InterchangeError | undefined,
) => Promise<TakenOver | undefined>

const pauseMs = 100
const pauseMsMax = 5_000

/**
 * The take-over of a partition (reliability rule 3.2): fence the former owner, which finishes or aborts what it left open,
 * and only then read the committed offset. Tries until it has it; undefined when the assignment or the group ends first.
 */
export const createTakeOver = (
  state: GroupState,
  { transactions, admin }: OpenTransactions,
  end: (error: InterchangeError) => void,
): TakeOver => {
  const { clock, random, group } = state.options

  const isOver = (partition: OwnedPartition): boolean => partition.ended || isEnding(state)

  const pause = (delayMs: number): Promise<void> => new Promise((resolve) => clock.after(delayMs, resolve))

  const takeOnce = async ({ topic, partition }: OwnedPartition): Promise<TakenOver> => {
    const producer = await transactions.takeOver(transactionalId(group, topic, partition))
    const offsets = await admin.committedOffsets(group, [topic])
    return { producer, committed: offsets.find((each) => each.partition === partition)?.offset }
  }

  return async (partition, after) => {
    // Another owner may be the right one, and this member the last to hear of it: the next heartbeat says so.
    if (after?.code === 'ICX_KAFKA_FENCED') await pause(state.limits.sessionTimeoutMs / 3)
    for (let attempt = 1; !isOver(partition); attempt++) {
      try {
        const taken = await takeOnce(partition)
        if (isOver(partition)) return undefined
        recovered(state, 'transaction')
        return taken
      } catch (error) {
        const failure = classify(error)
        if (failure.failureClass === 'fatal') {
          end(failure.error)
          return undefined
        }
        state.progressAtMs = clock.now()
        troubled(state, 'transaction', `no transaction can be begun: ${failure.code}: ${failure.message}`)
        await pause(Math.ceil((0.5 + random() / 2) * Math.min(pauseMsMax, pauseMs * 2 ** Math.min(attempt, 10))))
      }
    }
    return undefined
  }
}

/** One owner at a time of one partition for one group, whatever process it is in. */
export const transactionalId = (group: string, topic: string, partition: number): string =>
  `${group}.${topic}.${partition}`

import { classify, type Failure } from '../../failure/classify.ts'
import { InterchangeError } from '../../failure/failure.ts'
import { backoffMs, defaultRetryPolicy } from '../../failure/retry-policy.ts'
import { dropUnstarted } from '../drop-unstarted.ts'
import { type GroupState, isEnding, recovered, troubled } from '../group-state.ts'
import type { OwnedPartition } from '../message.ts'

/** What the waiting room is asked to do, until it has done it or it is another member's turn. */
export interface RoomWork {
  /** Tries until it is through; undefined when the partitions are no longer ours, or the claim is void. */
  untilDone<Result>(partitions: readonly OwnedPartition[], work: () => Promise<Result>): Promise<Result | undefined>
  /** Another member has claimed the partition: stop working on it. */
  fenced(partition: OwnedPartition): void
}

export const createRoomWork = (state: GroupState, end: (error: InterchangeError) => void): RoomWork => {
  const { clock, logger, group } = state.options

  /** Tries until it is through; undefined when the partitions are no longer ours, or the claim is void. */
  const untilDone = async <Result>(
    partitions: readonly OwnedPartition[],
    work: () => Promise<Result>,
  ): Promise<Result | undefined> => {
    for (let attempt = 1; ; attempt++) {
      if (partitions.every(({ ended }) => ended)) return undefined
      try {
        const result = await work()
        recovered(state, 'waiting')
        return result
      } catch (error) {
        const failure = classify(error)
        if (failure.code === 'ICX_WAITING_FENCED') {
          for (const partition of partitions) fenced(partition)
          return undefined
        }
        if (isEnding(state)) return undefined
        await backOff(failure, attempt)
      }
    }
  }

  const backOff = (failure: Failure, attempt: number): Promise<void> => {
    state.progressAtMs = clock.now()
    troubled(state, 'waiting', `what must wait cannot be written: ${failure.code}: ${failure.message}`)
    const delayMs = Math.max(10, backoffMs(defaultRetryPolicy, attempt, state.options.random))
    return new Promise((resolve) => clock.after(delayMs, resolve))
  }

  const fenced = (partition: OwnedPartition): void => {
    if (partition.draining) return
    dropUnstarted(state, partition)
    logger.warn({ group, topic: partition.topic, partition: partition.partition }, 'fenced')
    // The rebalance that took it away is on its way to us. When it is not, two members believe in one partition.
    clock.after(2 * state.limits.sessionTimeoutMs, () => {
      if (!partition.ended && !isEnding(state)) end(lostUnnoticed(partition))
    })
  }

  return { untilDone, fenced }
}

const lostUnnoticed = ({ topic, partition }: OwnedPartition): InterchangeError =>
  new InterchangeError('ICX_WAITING_FENCED', `${topic}/${partition} was claimed by another member and is still ours.`, {
    class: 'fatal',
    facts: { topic, partition },
  })

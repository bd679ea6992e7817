import type { ConsumerGroupOptions } from '../consumer-group.ts'
import type { InterchangeError } from '../failure/failure.ts'
import type { TransportConsumer } from '../transport.ts'
import type { GroupLimits } from './group-limits.ts'
import type { OwnedPartition } from './message.ts'

/** What the parts of one running consumer group know together. */
export interface GroupState {
  readonly options: ConsumerGroupOptions
  readonly limits: GroupLimits
  readonly partitions: Map<string, OwnedPartition>
  /** Assignments that ended with messages still in flight, until the partition comes back. */
  readonly former: Map<string, OwnedPartition>
  readonly paused: Set<OwnedPartition>
  /** What is wrong but will be waited out, by subject. Not empty means `degraded`. */
  readonly troubles: Map<string, string>
  phase: 'starting' | 'running' | 'stopping' | 'stopped' | 'failed'
  endedBy: InterchangeError | undefined
  consumer: TransportConsumer | undefined
  /** Started and neither settled nor waiting for another attempt. */
  busy: number
  /** Waiting for another attempt. */
  waiting: number
  /** Bytes of all open windows. */
  heldBytes: number
  /** When something was last settled or probed, as the watch saw it. */
  progressAtMs: number
  /** Something was settled since the watch last looked: the clock is read there, not per message. */
  progressed: boolean
  /** Asked after every message that came to rest; see `untilCalm`. */
  readonly onRest: Set<() => void>
}

/** No more attempts begin and nothing waits longer: the process stops, or the group has failed. */
export const isEnding = (state: GroupState): boolean =>
  state.phase === 'stopping' || state.phase === 'stopped' || state.phase === 'failed'

/** Says once that something is wrong; says once that it is over. */
export const troubled = (state: GroupState, subject: string, detail: string): void => {
  const known = state.troubles.get(subject)
  state.troubles.set(subject, detail)
  if (known === undefined) state.options.logger.error({ group: state.options.group, subject, detail }, 'degraded')
}

export const recovered = (state: GroupState, subject: string): void => {
  if (!state.troubles.delete(subject)) return
  state.options.logger.info({ group: state.options.group, subject }, 'recovered')
}

/** Resolves when `isCalm` holds, or with false when `deadlineMs` have passed first. */
export const untilCalm = (state: GroupState, isCalm: () => boolean, deadlineMs: number): Promise<boolean> => {
  if (isCalm()) return Promise.resolve(true)
  return new Promise((resolve) => {
    const finish = (calm: boolean): void => {
      state.onRest.delete(look)
      cancel()
      resolve(calm)
    }
    const look = (): void => {
      if (isCalm()) finish(true)
    }
    const cancel = state.options.clock.after(deadlineMs, () => finish(isCalm()))
    state.onRest.add(look)
  })
}

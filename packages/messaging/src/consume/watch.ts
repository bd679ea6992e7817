import type { GroupHealth } from '../consumer-group.ts'
import { InterchangeError } from '../failure/failure.ts'
import type { Attempts } from './attempts.ts'
import { type GroupState, isEnding } from './group-state.ts'

/** Times out handlers, and ends a group that neither settles nor probes anything. One timer for the whole group. */
export const startWatch = (
  state: GroupState,
  attempts: Attempts,
  everyMs: number,
  end: (error: InterchangeError) => void,
): void => {
  const { clock } = state.options
  let waitingTold = 0
  const look = (): void => {
    if (state.phase === 'stopped' || state.phase === 'failed') return
    attempts.sweep()
    waitingTold = tellWaiting(state, waitingTold)
    const ageMs = progressAgeMs(state)
    if (!isEnding(state) && ageMs > state.limits.noProgressMsMax) end(stalled(state, ageMs))
    else clock.after(everyMs, look)
  }
  clock.after(everyMs, look)
}

export const healthOf = (state: GroupState): GroupHealth => {
  const troubles = [...state.troubles].map(([subject, detail]) => `${subject}: ${detail}`)
  const degraded = state.phase === 'running' && troubles.length > 0
  return {
    state: stateOf(state, degraded),
    detail: state.endedBy?.message ?? troubles.join('; '),
    inFlight: inFlight(state),
    assigned: state.partitions.size,
    progressAgeMs: progressAgeMs(state),
  }
}

const stateOf = ({ phase }: GroupState, degraded: boolean): GroupHealth['state'] => {
  if (degraded) return 'degraded'
  return phase === 'stopping' ? 'stopped' : phase
}

const inFlight = (state: GroupState): number => {
  let records = 0
  for (const { tracker } of state.partitions.values()) records += tracker.records
  return records
}

/** Messages that wait for their own time (a backoff, a Retry-After, a probe's turn) are not stuck. */
const progressAgeMs = (state: GroupState): number => {
  const stuck = state.busy > 0 || (state.waiting === 0 && inFlight(state) > 0)
  if (!stuck || state.progressed) state.progressAtMs = Math.max(state.progressAtMs, state.options.clock.now())
  state.progressed = false
  return Math.max(0, state.options.clock.now() - state.progressAtMs)
}

const tellWaiting = ({ waiting, partitions, options }: GroupState, told: number): number => {
  if (waiting === 0 && told === 0) return 0
  const counts = new Map<string, number>()
  for (const { topic, tracker, room } of partitions.values()) {
    const here = tracker.unsettled().filter(({ stage }) => stage === 'waiting').length + (room?.held.size ?? 0)
    counts.set(topic, (counts.get(topic) ?? 0) + here)
  }
  for (const [topic, count] of counts) options.metrics.waiting(topic, options.group, count)
  return waiting
}

const stalled = (state: GroupState, ageMs: number): InterchangeError =>
  new InterchangeError('ICX_GROUP_STALLED', `Nothing was settled or probed for ${ageMs} ms.`, {
    class: 'fatal',
    facts: { ageMs, busy: state.busy },
  })

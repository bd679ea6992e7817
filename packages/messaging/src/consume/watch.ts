import type { GroupHealth } from '../consumer-group.ts'
import { InterchangeError } from '../failure/failure.ts'
import type { Attempts } from './attempts.ts'
import { type GroupState, isEnding, recovered } from './group-state.ts'
import { createHeadOfLineWatch } from './head-of-line.ts'
import { createOpenTransactionWatch } from './open-transaction.ts'
import type { Gate } from './outages/gate.ts'
import { heldKeysSubject } from './waiting/held-keys.ts'

export interface WatchOptions {
  readonly state: GroupState
  readonly attempts: Attempts
  readonly gate: Gate
  readonly everyMs: number
  readonly end: (error: InterchangeError) => void
}

/**
 * Times out handlers, notices what holds a partition up and when an outage is over, and ends a group that neither settles nor
 * probes anything. One timer for the whole group.
 */
export const startWatch = ({ state, attempts, gate, everyMs, end }: WatchOptions): void => {
  const { clock } = state.options
  const headOfLine = createHeadOfLineWatch(state)
  const openTransaction = createOpenTransactionWatch(state)
  let waitingTold = 0
  const look = (): void => {
    if (state.phase === 'stopped' || state.phase === 'failed') return
    attempts.sweep()
    waitingTold = tellWaiting(state, waitingTold)
    headOfLine.look()
    openTransaction.look()
    if (state.troubles.size > 0 && isAtRest(state, gate)) comeToRest(state, gate)
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

/** Nothing in flight or on its way to us, everything committed, and nobody waits for a probe's turn. */
const isAtRest = (state: GroupState, gate: Gate): boolean => {
  if (state.busy > 0 || gate.hasParked()) return false
  for (const { tracker, room, retryLevel, committed, highWatermark } of state.partitions.values()) {
    // What a retry topic delays waits for its own time.
    if (retryLevel > 0) continue
    if (tracker.records > 0 || (tracker.end ?? 0) < highWatermark) return false
    if (tracker.committable !== undefined && tracker.committable > committed) return false
    if (room !== undefined && (room.claim === undefined || room.writing)) return false
  }
  return true
}

/** What was wrong holds nothing up any more, and nothing is left that could show it again: the next message will. */
const comeToRest = (state: GroupState, gate: Gate): void => {
  gate.rest()
  for (const subject of [...state.troubles.keys()]) if (subject !== heldKeysSubject) recovered(state, subject)
}

/** Messages that wait for their own time (a backoff, a Retry-After, a probe's turn), or for a person, are not stuck. */
const progressAgeMs = (state: GroupState): number => {
  const stuck = state.busy > 0 || (state.waiting === 0 && hasUnheld(state))
  if (!stuck || state.progressed) state.progressAtMs = Math.max(state.progressAtMs, state.options.clock.now())
  state.progressed = false
  return Math.max(0, state.options.clock.now() - state.progressAtMs)
}

/** Whether anything is in flight where no letter holds its key: behind one the partition may be full for as long as nobody replays it. */
const hasUnheld = ({ partitions }: GroupState): boolean => {
  for (const { tracker, room } of partitions.values())
    if (tracker.records > 0 && (room === undefined || room.letters.size === 0)) return true
  return false
}

const tellWaiting = ({ waiting, partitions, options }: GroupState, told: number): number => {
  if (waiting === 0 && told === 0) return 0
  const counts = new Map<string, number>()
  for (const { topic, tracker, room } of partitions.values()) {
    const here =
      tracker.unsettled().filter(({ stage }) => stage === 'waiting').length +
      (room === undefined ? 0 : room.held.size - room.letters.size)
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

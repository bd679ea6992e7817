import { classify, type Failure } from '../failure/classify.ts'
import type { InterchangeError } from '../failure/failure.ts'
import { fingerprintOf } from '../failure/fingerprint.ts'
import {
  afterFailure,
  afterFailureWithRoom,
  afterFailureWithTopics,
  backoffMs,
  type RetryPolicy,
  waitingMs,
} from '../failure/retry-policy.ts'
import { HeaderBlock } from '../record/header-block.ts'
import type { Span } from '../tracing.ts'
import type { Letters } from './dead-letters/letters.ts'
import { type GroupState, isEnding } from './group-state.ts'
import type { FailureHistory, Message } from './message.ts'
import type { FloodWatch } from './outages/flood.ts'
import type { Gate } from './outages/gate.ts'
import type { OutageWatch } from './outages/outage-watch.ts'

/** What a failed attempt leads to: another one, a letter, or the end of the group. */
export interface Failures {
  failed(message: Message, thrown: unknown): void
}

export interface FailuresOptions {
  readonly state: GroupState
  readonly gate: Gate
  readonly flood: FloodWatch
  readonly outages: OutageWatch
  readonly letters: Letters
  /** Waits so many milliseconds, durably where it can. */
  readonly park: (message: Message, delayMs: number) => void
  /** Waits in a retry topic. */
  readonly postpone: (message: Message, history: FailureHistory) => void
  /** The wait is over. */
  readonly retry: (message: Message) => void
  /** The attempt is not under way any more; the message still is. */
  readonly rest: (message: Message) => void
  /** The letter is written. */
  readonly buried: (message: Message) => void
  readonly end: (error: InterchangeError) => void
}

export const createFailures = (options: FailuresOptions): Failures => {
  const { state, gate, flood, outages, letters } = options
  const { clock, metrics, tracing, random, group } = state.options

  const failed = (message: Message, thrown: unknown): void => {
    const failure = outages.judge(classify(thrown), `${message.topic}/${message.partition}/${message.offset}`)
    state.progressAtMs = clock.now()
    metrics.failed(message.topic, group, failure.failureClass, failure.code)
    trace(message, failure)
    // Ended assignments and stopping groups try nothing again: the offset stays, and whoever comes next has the message.
    if (message.owner.draining || isEnding(state)) {
      options.rest(message)
      message.stage = 'over'
      return
    }
    const history = historyWith(message, failure)
    const waitedMs = state.progressAtMs - (history.notYetSinceMs ?? state.progressAtMs)
    const { retry: policy } = message.owner.route
    switch (nextStep(message, policy, history, waitedMs)) {
      case 'retry':
        wait(message, history)
        return
      case 'wait':
        if (message.owner.room === undefined) waitInTopic(message, history)
        else waitInRoom(message, { ...history, waits: history.waits + 1 })
        return
      case 'dead-letter':
        bury(message, history)
        return
      case 'stop':
        options.rest(message)
        message.stage = 'over'
        options.end(failure.error)
    }
  }

  const nextStep = (message: Message, policy: RetryPolicy, history: FailureHistory, waitedMs: number) => {
    const { attemptsSpent, last } = history
    const { room, replayLane, retryLevel, route } = message.owner
    const soFar = { attempts: message.attempt, attemptsSpent, waitedMs, retryAfterMs: last.retryAfterMs }
    const levels = route.retryDelaysMs.length
    if (levels > 0 && !replayLane) return afterFailureWithTopics(policy, last.failureClass, soFar, retryLevel, levels)
    if (room === undefined) return afterFailure(policy, last.failureClass, attemptsSpent, waitedMs)
    return afterFailureWithRoom(policy, last.failureClass, soFar)
  }

  const historyWith = (message: Message, failure: Failure): FailureHistory => {
    const { history } = message
    const nowMs = clock.now()
    const spends = failure.failureClass !== 'outage' && failure.failureClass !== 'not-yet'
    return {
      last: failure,
      firstFailedAtMs: history?.firstFailedAtMs ?? nowMs,
      lastFailedAtMs: nowMs,
      attemptsSpent: (history?.attemptsSpent ?? 0) + (spends ? 1 : 0),
      notYetSinceMs: failure.failureClass === 'not-yet' ? (history?.notYetSinceMs ?? nowMs) : undefined,
      waits: history?.waits ?? 0,
      heldForFlood: history?.heldForFlood ?? false,
    }
  }

  /** Another `Message` at the same place: what the handler of this attempt still does finds nobody listening. */
  const nextAttempt = (message: Message, history: FailureHistory): Message => {
    const { lanes, tracker } = message.owner
    lanes.hold(message)
    const next = message.again(history)
    lanes.handOver(message, next)
    tracker.replace(next.sequence, next)
    next.stage = 'waiting'
    // Whoever drops what has not begun finds it there.
    if (next.room === 'in') next.owner.room?.held.set(next.offset, next)
    state.waiting++
    options.rest(message)
    return next
  }

  const wait = (message: Message, history: FailureHistory): void => {
    const next = nextAttempt(message, history)
    if (history.last.failureClass === 'outage') {
      gate.close('outage', `${history.last.code}: ${history.last.message}`)
      gate.park(next)
      return
    }
    const { retry: policy } = message.owner.route
    const delayMs = askedMs(history.last) ?? backoffMs(policy, Math.max(1, message.attempt), random)
    next.cancelWait = clock.after(delayMs, () => options.retry(next))
  }

  const waitInRoom = (message: Message, history: FailureHistory): void => {
    const { retry: policy } = message.owner.route
    const delayMs = Math.max(askedMs(history.last) ?? 0, waitingMs(policy, history.waits, random))
    options.park(nextAttempt(message, history), delayMs)
  }

  const waitInTopic = (message: Message, history: FailureHistory): void => {
    message.stage = 'settling'
    options.postpone(message, history)
  }

  const bury = (message: Message, history: FailureHistory): void => {
    const fingerprint = fingerprintOf(history.last)
    const floods = flood.wouldFlood(fingerprint)
    if (floods) gate.close('flood', `too many letters with fingerprint ${fingerprint}: ${history.last.message}`)
    if (floods && !history.heldForFlood) {
      gate.park(nextAttempt(message, { ...history, heldForFlood: true }))
      return
    }
    message.owner.lanes.hold(message)
    message.history = history
    message.stage = 'settling'
    flood.letter(fingerprint)
    letters.write(message, fingerprint, () => options.buried(message))
  }

  /** A failing message always exports its span, whatever the sampling. */
  const trace = (message: Message, { code, error }: Failure): void => {
    const span = message.span ?? failingSpan(message)
    message.span = undefined
    span?.end({ ok: false, code, error })
  }

  const failingSpan = (message: Message): Span | undefined => {
    try {
      return tracing.startProcess(message, message.record.headers, true)
    } catch {
      // Its headers cannot be read: the place in the log is all there is to say.
      const { topic, partition, offset, attempt, safeMessageId: messageId } = message
      const facts = {
        topic,
        partition,
        offset,
        group,
        attempt,
        messageId,
        correlationId: undefined,
        replayId: undefined,
      }
      return tracing.startProcess(facts, HeaderBlock.empty, true)
    }
  }

  return { failed }
}

/** What the other side asked for, within reason: longer than an hour is an hour. */
const askedMs = ({ retryAfterMs }: Failure): number | undefined =>
  retryAfterMs === undefined ? undefined : Math.min(Math.max(retryAfterMs, 0), 3_600_000)

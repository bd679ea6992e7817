import {
  type LetterBook,
  type Refusal,
  type ReplayProgress,
  type ReplayStatus,
  replayIdOf,
} from '@interchange/dead-letters'
import { InterchangeError } from '@interchange/messaging'

/** A run of this process. */
export interface Run {
  readonly replayId: string
  readonly actor: string
  readonly reason: string
  readonly startedAtMs: number
  readonly planned: number
  readonly refused: readonly Refusal[]
  progress: ReplayProgress
  ended: boolean
  error: unknown
}

/** How a replay stands, from the run and from what the topics say about it. */
export const statusOfRun = (run: Run, book: LetterBook): ReplayStatus => {
  const { replayId, actor, reason, startedAtMs, planned, refused, progress, ended, error } = run
  const counts = { planned, ...answersOf(replayId, book, progress.sent), gone: progress.gone }
  return {
    replayId,
    state: !ended ? 'running' : error !== undefined ? 'stopped' : counts.pending > 0 ? 'waiting' : 'done',
    actor,
    reason,
    startedAt: new Date(startedAtMs).toISOString(),
    counts,
    refused,
    error: error === undefined ? null : problemOf(error),
  }
}

/** A replay that this process did not run, from its audit records; undefined when there are none. */
export const statusFromTopics = (replayId: string, book: LetterBook): ReplayStatus | undefined => {
  const audits = book.audits().filter(({ action, auditId }) => action === 'replay' && replayIdOf(auditId) === replayId)
  const [first] = audits
  if (first === undefined) return undefined
  const planned = audits.reduce((total, { count }) => total + count, 0)
  const counts = { planned, ...answersOf(replayId, book, 0), gone: 0 }
  return {
    replayId,
    state: counts.sent < planned ? 'stopped' : counts.pending > 0 ? 'waiting' : 'done',
    actor: first.actor,
    reason: first.reason,
    startedAt: new Date(first.at).toISOString(),
    counts,
    refused: [],
    error: null,
  }
}

const answersOf = (replayId: string, book: LetterBook, sentAtLeast: number) => {
  const outcomes = book.outcomesOf(replayId)
  const count = (...results: readonly string[]): number =>
    outcomes.filter(({ outcome }) => results.includes(outcome)).length
  const sent = Math.max(sentAtLeast, book.sentBy(replayId).length)
  return {
    sent,
    resolved: count('resolved', 'superseded'),
    failedAgain: count('failed_again', 'dead_lettered'),
    duplicate: count('duplicate'),
    pending: Math.max(0, sent - outcomes.length),
  }
}

const problemOf = (error: unknown): { readonly code: string; readonly message: string } =>
  error instanceof InterchangeError
    ? { code: error.code, message: error.message }
    : { code: 'ICX_HTTP_INTERNAL', message: 'The run failed for a reason that is ours; the log has it.' }

import { budgetedClasses } from '@interchange/messaging'
import type { Letter } from './letter.ts'
import type { LetterState } from './letter-states.ts'

/** Which letters are meant; every field narrows. */
export interface LetterFilter {
  readonly group?: string | undefined
  readonly topic?: string | undefined
  /** A fingerprint, a beginning of one, an error code, a failure class, or `exhausted`: any class that had a budget to spend. */
  readonly cause?: string | undefined
  readonly state?: LetterState | undefined
  /** Failed at or after this time, milliseconds since the epoch. */
  readonly sinceMs?: number | undefined
  readonly key?: string | undefined
  readonly correlationId?: string | undefined
  /** Text within the error's message, the key or one of the ids; case does not matter. */
  readonly match?: string | undefined
}

/** Whether a letter is meant; its state is asked for last, as it costs most. */
export const letterMatches = (filter: LetterFilter, letter: Letter, stateOf: () => LetterState): boolean =>
  (filter.group === undefined || letter.source.group === filter.group) &&
  (filter.topic === undefined || letter.source.topic.name === filter.topic) &&
  (filter.cause === undefined || isCause(letter, filter.cause)) &&
  (filter.sinceMs === undefined || letter.failedAtMs >= filter.sinceMs) &&
  (filter.key === undefined || letter.key === filter.key) &&
  (filter.correlationId === undefined || letter.facts.correlationId === filter.correlationId) &&
  (filter.match === undefined || mentions(letter, filter.match.toLowerCase())) &&
  (filter.state === undefined || stateOf() === filter.state)

const isCause = ({ facts }: Letter, cause: string): boolean =>
  facts.code === cause ||
  facts.reason === cause ||
  (cause === 'exhausted' && budgetedClasses.has(facts.reason)) ||
  (cause !== '' && facts.fingerprint.startsWith(cause))

const mentions = ({ id, shortId, key, facts }: Letter, text: string): boolean =>
  [facts.errorMessage, key, facts.messageId, facts.correlationId, facts.code, id, shortId].some(
    (field) => field?.toLowerCase().includes(text) === true,
  )

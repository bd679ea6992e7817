import type { DeliveryOutcome, ReplayAudit } from '@interchange/contracts'
import type { Letter } from './letter.ts'

/**
 * `new`: nobody has replayed it. `replaying`: sent, not answered yet. `resolved`: the group has done it. `duplicate`: the
 * group had done it before. `failed-again`: it came back and waits for a person as a new letter does. `archived`: a person wants
 * nothing done about it.
 */
export const letterStateNames = ['new', 'replaying', 'resolved', 'failed-again', 'duplicate', 'archived'] as const
export type LetterState = (typeof letterStateNames)[number]

/** A record that was seen in a replay lane. */
export interface SentReplay {
  readonly replayId: string
  readonly group: string
  readonly topic: string
  readonly messageId: string
  readonly sentAtMs: number
}

/** One replay of one letter, as far as the topics tell. */
export interface ReplayOfLetter {
  readonly replayId: string
  readonly actor: string
  readonly reason: string
  readonly plannedAtMs: number
  readonly sentAtMs: number | undefined
  readonly outcome: DeliveryOutcome | undefined
}

export interface LetterStatus {
  readonly state: LetterState
  /** Id of a later letter of the same message, which stands for this one; undefined when this is the latest. */
  readonly supersededBy: string | undefined
  readonly replays: readonly ReplayOfLetter[]
}

/** What the topics say about one message of one group, in any order. */
export interface MessageHistory {
  readonly letters: readonly Letter[]
  readonly outcomes: readonly DeliveryOutcome[]
  readonly sent: readonly SentReplay[]
  /** Audit records that name one of the letters. */
  readonly audits: readonly ReplayAudit[]
}

/** The replay an audit record belongs to: a replay of many letters has several records, `<replay id>.<n>`. */
export const replayIdOf = (auditId: string): string => auditId.split('.', 1)[0] ?? auditId

export const messageKey = (group: string, topic: string, messageId: string): string =>
  `${group}\n${topic}\n${messageId}`

/** The status of every letter, from what is in the topics alone: losing every database loses nothing. */
export const letterStates = (
  letters: readonly Letter[],
  outcomes: readonly DeliveryOutcome[],
  audits: readonly ReplayAudit[],
  sent: readonly SentReplay[],
): ReadonlyMap<string, LetterStatus> => {
  const keyOf = ({ source, facts }: Letter): string => messageKey(source.group, source.topic.name, facts.messageId)
  const lettersOf = Map.groupBy(letters, keyOf)
  const outcomesOf = Map.groupBy(outcomes, (outcome) => messageKey(outcome.group, outcome.topic, outcome.messageId))
  const sentOf = Map.groupBy(sent, (replay) => messageKey(replay.group, replay.topic, replay.messageId))
  const auditsOf = new Map<string, ReplayAudit[]>()
  for (const audit of audits) for (const id of audit.letterIds) auditsOf.set(id, [...(auditsOf.get(id) ?? []), audit])
  return new Map(
    letters.map((letter) => {
      const key = keyOf(letter)
      const history: MessageHistory = {
        letters: lettersOf.get(key) ?? [],
        outcomes: outcomesOf.get(key) ?? [],
        sent: sentOf.get(key) ?? [],
        audits: auditsOf.get(letter.id) ?? [],
      }
      return [letter.id, letterStatus(letter, history)]
    }),
  )
}

/** One letter's status within the history of its message. */
export const letterStatus = (letter: Letter, history: MessageHistory): LetterStatus => {
  const later = history.letters.filter((other) => isLater(other, letter)).sort((a, b) => (isLater(a, b) ? -1 : 1))[0]
  const replays = replaysOf(letter, history)
  return { state: stateOf(letter, history, later), supersededBy: later?.id, replays }
}

const stateOf = (letter: Letter, history: MessageHistory, later: Letter | undefined): LetterState => {
  const answers = history.outcomes.filter(({ replayId, at }) => replayId !== null && at >= letter.failedAtMs)
  if (answers.some(({ outcome }) => outcome === 'resolved' || outcome === 'superseded')) return 'resolved'
  if (answers.some(({ outcome }) => outcome === 'duplicate')) return 'duplicate'
  if (later !== undefined) return 'failed-again'
  if (history.audits.some(({ action }) => action === 'archive')) return 'archived'
  // A replay that wrote a letter has its answer in that letter, whether or not its outcome event has arrived.
  const answered = new Set([
    ...history.outcomes.map(({ replayId }) => replayId),
    ...history.letters.map(({ facts }) => facts.replayId),
  ])
  if (history.sent.some(({ replayId }) => !answered.has(replayId))) return 'replaying'
  return answers.length > 0 || letter.facts.replays > 0 ? 'failed-again' : 'new'
}

const replaysOf = (letter: Letter, history: MessageHistory): readonly ReplayOfLetter[] => {
  const byReplay = new Map<string, ReplayOfLetter>()
  for (const audit of history.audits) {
    if (audit.action !== 'replay' || !audit.letterIds.includes(letter.id)) continue
    const replayId = replayIdOf(audit.auditId)
    byReplay.set(replayId, {
      replayId,
      actor: audit.actor,
      reason: audit.reason,
      plannedAtMs: audit.at,
      sentAtMs: history.sent.find((sent) => sent.replayId === replayId)?.sentAtMs,
      outcome: history.outcomes.find((outcome) => outcome.replayId === replayId),
    })
  }
  return [...byReplay.values()].sort((a, b) => a.plannedAtMs - b.plannedAtMs)
}

/** A message's letters lie in one partition, so that offsets order them; clocks only where somebody moved one. */
const isLater = (a: Letter, b: Letter): boolean =>
  a.partition === b.partition ? a.offset > b.offset : a.failedAtMs > b.failedAtMs

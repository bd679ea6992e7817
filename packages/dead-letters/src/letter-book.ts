import type { DeliveryOutcome, ReplayAudit } from '@interchange/contracts'
import type { Letter } from './letter.ts'
import { type LetterFilter, letterMatches } from './letter-filter.ts'
import { type LetterStatus, letterStatus, type MessageHistory, messageKey, type SentReplay } from './letter-states.ts'

export interface ListedLetter {
  readonly letter: Letter
  readonly status: LetterStatus
}

/** Letters of one group with one fingerprint. */
export interface Cause {
  readonly group: string
  readonly fingerprint: string
  readonly reason: Letter['facts']['reason']
  readonly code: string | undefined
  /** The message of the newest of them. */
  readonly errorMessage: string | undefined
  readonly topics: readonly string[]
  /** Messages that still wait for somebody: states `new` and `failed-again`. */
  readonly open: number
  readonly replaying: number
  readonly resolved: number
  readonly firstFailedAtMs: number
  readonly lastFailedAtMs: number
}

/** What the topics say about dead letters, in memory, in any order, any record any number of times. */
export interface LetterBook {
  addLetter(letter: Letter): void
  addOutcome(outcome: DeliveryOutcome): void
  addAudit(audit: ReplayAudit): void
  addSent(sent: SentReplay): void
  /** By id or short id. */
  find(id: string): ListedLetter | undefined
  /** Newest first; a message that failed several times is listed once, by its latest letter. */
  list(filter?: LetterFilter): readonly ListedLetter[]
  /** Most open letters first. */
  causes(filter?: LetterFilter): readonly Cause[]
  /** Newest first. */
  audits(): readonly ReplayAudit[]
  sentBy(replayId: string): readonly SentReplay[]
  outcomesOf(replayId: string): readonly DeliveryOutcome[]
  /** What is held; and letters dropped because there were more than `lettersMax`. */
  size(): {
    readonly letters: number
    readonly dropped: number
    /** Messages of which anything is known, be it an outcome whose letter is not. */
    readonly messages: number
    readonly audits: number
  }
}

export interface LetterBookOptions {
  /**
   * Most letters held; the oldest go first, with what is known of them. About 1 KB each. Also the most messages, letters and audits
   * of which only other topics speak. Default 100,000.
   */
  readonly lettersMax?: number
}

interface Entry extends MessageHistory {
  readonly letters: Letter[]
  readonly outcomes: DeliveryOutcome[]
  readonly sent: SentReplay[]
  readonly audits: ReplayAudit[]
}

export const createLetterBook = ({ lettersMax = 100_000 }: LetterBookOptions = {}): LetterBook => {
  const letters = new Map<string, Letter>()
  const shortIds = new Map<string, string>()
  const messages = new Map<string, Entry>()
  const audits = new Map<string, ReplayAudit>()
  const auditsOfLetter = new Map<string, ReplayAudit[]>()
  const sentByReplay = new Map<string, Map<string, SentReplay>>()
  const outcomesByReplay = new Map<string, Map<string, DeliveryOutcome>>()
  /** Known by outcomes or lanes, by audits: their letters are not read yet, or are gone. */
  const strangers = new Set<string>()
  const audited = new Set<string>()
  let dropped = 0

  const keyOf = ({ source, facts }: Letter): string => messageKey(source.group, source.topic.name, facts.messageId)
  const entryOf = (key: string): Entry => {
    const known = messages.get(key)
    if (known !== undefined) return known
    const entry: Entry = { letters: [], outcomes: [], sent: [], audits: [] }
    messages.set(key, entry)
    strangers.add(key)
    if (strangers.size > lettersMax) forgetMessage(first(strangers))
    return entry
  }
  const forgetMessage = (key: string): void => {
    const entry = messages.get(key)
    if (entry === undefined) return
    messages.delete(key)
    strangers.delete(key)
    for (const { replayId } of entry.sent) removeFrom(sentByReplay, replayId, key)
    for (const { replayId } of entry.outcomes) if (replayId !== null) removeFrom(outcomesByReplay, replayId, key)
  }
  const statusOf = (letter: Letter): LetterStatus => {
    const entry = messages.get(keyOf(letter))
    const history = { ...(entry ?? noHistory), audits: auditsOfLetter.get(letter.id) ?? [] }
    return letterStatus(letter, history)
  }
  const dropOldest = (): void => {
    const [oldest] = letters.values()
    if (oldest === undefined) return
    letters.delete(oldest.id)
    shortIds.delete(oldest.shortId)
    const key = keyOf(oldest)
    const entry = messages.get(key)
    const place = entry?.letters.findIndex(({ id }) => id === oldest.id) ?? -1
    if (entry !== undefined && place >= 0) entry.letters.splice(place, 1)
    if (entry?.letters.length === 0) forgetMessage(key)
    auditsOfLetter.delete(oldest.id)
    dropped++
  }

  const list = (filter: LetterFilter = {}): readonly ListedLetter[] => {
    const listed: ListedLetter[] = []
    for (const letter of letters.values()) {
      if (!letterMatches({ ...filter, state: undefined }, letter, () => 'new')) continue
      const status = statusOf(letter)
      if (status.supersededBy !== undefined) continue
      if (filter.state === undefined || status.state === filter.state) listed.push({ letter, status })
    }
    return listed.sort((a, b) => newestFirst(a.letter, b.letter))
  }

  return {
    addLetter(letter) {
      if (letters.has(letter.id)) return
      letters.set(letter.id, letter)
      shortIds.set(letter.shortId, letter.id)
      const key = keyOf(letter)
      entryOf(key).letters.push(letter)
      strangers.delete(key)
      audited.delete(letter.id)
      if (letters.size > lettersMax) dropOldest()
    },
    addOutcome(outcome) {
      // An outcome without a replay says nothing about a letter: the letter itself is the outcome.
      if (outcome.replayId === null) return
      const key = messageKey(outcome.group, outcome.topic, outcome.messageId)
      if (!addOnce(outcomesByReplay, outcome.replayId, key, outcome)) return
      entryOf(key).outcomes.push(outcome)
    },
    addAudit(audit) {
      if (audits.has(audit.auditId)) return
      audits.set(audit.auditId, audit)
      if (audits.size > lettersMax) audits.delete(first(audits.keys()))
      for (const id of audit.letterIds) {
        if (!letters.has(id)) audited.add(id)
        if (audited.size > lettersMax) {
          const oldest = first(audited)
          audited.delete(oldest)
          auditsOfLetter.delete(oldest)
        }
        const known = auditsOfLetter.get(id)
        if (known === undefined) auditsOfLetter.set(id, [audit])
        else known.push(audit)
      }
    },
    addSent(sent) {
      const key = messageKey(sent.group, sent.topic, sent.messageId)
      if (addOnce(sentByReplay, sent.replayId, key, sent)) entryOf(key).sent.push(sent)
    },
    find(id) {
      const letter = letters.get(shortIds.get(id) ?? id)
      return letter === undefined ? undefined : { letter, status: statusOf(letter) }
    },
    list,
    causes: (filter) => causesOf(list(filter)),
    audits: () => [...audits.values()].sort((a, b) => b.at - a.at),
    sentBy: (replayId) => [...(sentByReplay.get(replayId)?.values() ?? [])],
    outcomesOf: (replayId) => [...(outcomesByReplay.get(replayId)?.values() ?? [])],
    size: () => ({ letters: letters.size, dropped, messages: messages.size, audits: audits.size }),
  }
}

const noHistory: MessageHistory = { letters: [], outcomes: [], sent: [], audits: [] }

/** Says whether it was new. */
const addOnce = <Value>(all: Map<string, Map<string, Value>>, replayId: string, key: string, value: Value): boolean => {
  const known = all.get(replayId) ?? new Map<string, Value>()
  all.set(replayId, known)
  if (known.has(key)) return false
  known.set(key, value)
  return true
}

const removeFrom = <Value>(all: Map<string, Map<string, Value>>, replayId: string, key: string): void => {
  const known = all.get(replayId)
  known?.delete(key)
  if (known?.size === 0) all.delete(replayId)
}

/** The oldest of what is kept in the order it came; `all` is not empty. */
const first = (all: Iterable<string>): string => {
  for (const one of all) return one
  throw new RangeError('nothing is left to forget')
}

/** What lists are ordered by. */
export type LetterPlace = Pick<Letter, 'failedAtMs' | 'offset' | 'id'>

/** The order of lists. Letters of a key lie in one partition: those of one millisecond are told apart by their place. */
export const newestFirst = (a: LetterPlace, b: LetterPlace): number =>
  b.failedAtMs - a.failedAtMs || b.offset - a.offset || (a.id < b.id ? -1 : 1)

const causesOf = (listed: readonly ListedLetter[]): readonly Cause[] => {
  const groups = Map.groupBy(listed, ({ letter }) => `${letter.source.group}\n${letter.facts.fingerprint}`)
  return [...groups.values()].flatMap((same) => causeOf(same)).sort((a, b) => b.open - a.open)
}

/** `same` is newest first. */
const causeOf = (same: readonly ListedLetter[]): readonly Cause[] => {
  const [newest] = same
  const oldest = same.at(-1)
  if (newest === undefined || oldest === undefined) return []
  const { source, facts, failedAtMs } = newest.letter
  const count = (...states: readonly string[]): number =>
    same.filter(({ status }) => states.includes(status.state)).length
  return [
    {
      group: source.group,
      fingerprint: facts.fingerprint,
      reason: facts.reason,
      code: facts.code,
      errorMessage: facts.errorMessage,
      topics: [...new Set(same.map(({ letter }) => letter.source.topic.name))].sort(),
      open: count('new', 'failed-again'),
      replaying: count('replaying'),
      resolved: count('resolved', 'duplicate'),
      firstFailedAtMs: oldest.letter.failedAtMs,
      lastFailedAtMs: failedAtMs,
    },
  ]
}

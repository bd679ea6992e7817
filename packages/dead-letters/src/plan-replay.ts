import { InterchangeError, type Transport, type TransportAdmin } from '@interchange/messaging'
import { type LateLetterAdmin, lateLetters } from './late-letters.ts'
import type { Letter } from './letter.ts'
import type { LetterBook, ListedLetter } from './letter-book.ts'
import type { LetterSource } from './letter-source.ts'

/** Letters that were replayed this often and came back each time stay where they are: something else is wrong. */
export const replaysMax = 10

/** Which letters to send back: by id or short id, by cause, or all of a group. The last two take open letters only. */
export type ReplaySelection =
  | { readonly letterIds: readonly string[] }
  | { readonly group: string; readonly cause: string }
  | { readonly group: string; readonly all: true }

/** Why a letter is not sent. */
export type RefusalReason =
  | 'unknown'
  | 'resolved'
  | 'replaying'
  | 'archived'
  | 'superseded'
  | 'replay-cap'
  | 'unreadable'
  | 'late'
  | 'lane-missing'
  | 'no-live-member'
  | 'lane-not-read'

export interface Refusal {
  readonly letterId: string
  readonly reason: RefusalReason
}

/** What a person has done with letters: sent back to their group, or put away without being handled. */
export type LetterAction = 'replay' | 'archive'

/** A frozen list: what arrives after planning is not part of it. */
export interface ReplayPlan {
  readonly replayId: string
  readonly letters: readonly Letter[]
  readonly refused: readonly Refusal[]
}

export interface ReplayPlanning {
  readonly book: LetterBook
  readonly admin: Pick<TransportAdmin, 'partitionCounts' | 'describeGroup'> & LateLetterAdmin
  readonly transport: Pick<Transport, 'read'>
  readonly selection: ReplaySelection
  /** Send also what is resolved or on its way; the group's inbox makes it a duplicate. The cap holds nevertheless. */
  readonly force?: boolean
  /** Send also what its key has gone on without, where the route has no way to tell that it comes late. */
  readonly acceptReorder?: boolean
  /** Default `replay`. An archival takes letters that were replayed too often, and those that are archived once more. */
  readonly action?: LetterAction
  /** A UUID; the same for a run that is continued. */
  readonly replayId: string
}

/** Decides what may be sent. Touches nothing. Rejects with class `outage` when Kafka does not answer. */
export const planReplay = async (planning: ReplayPlanning): Promise<ReplayPlan> => {
  const { book, admin, selection, force = false, acceptReorder = false, action = 'replay', replayId } = planning
  const refused: Refusal[] = []
  const chosen = new Map<string, ListedLetter>()
  for (const { id, listed } of select(book, selection)) {
    const reason = listed === undefined ? 'unknown' : refusalOf(listed, action, force)
    if (reason !== undefined || listed === undefined) refused.push({ letterId: id, reason: reason ?? 'unknown' })
    else chosen.set(listed.letter.id, listed)
  }
  const sendable: Letter[] = []
  for (const [source, same] of Map.groupBy(chosen.values(), ({ letter }) => letter.source)) {
    const reason = await laneRefusal(admin, source)
    if (reason === undefined) sendable.push(...same.map(({ letter }) => letter))
    else refused.push(...same.map(({ letter }) => ({ letterId: letter.id, reason })))
  }
  const late = action === 'replay' && !acceptReorder ? await lateLetters(planning, sendable) : new Set<Letter>()
  refused.push(...[...late].map(({ id }) => ({ letterId: id, reason: 'late' as const })))
  return { replayId, letters: sendable.filter((letter) => !late.has(letter)), refused }
}

/** For callers that have nothing to do with an empty plan. */
export const requireLetters = (plan: ReplayPlan): ReplayPlan => {
  if (plan.letters.length > 0) return plan
  const reasons = [...new Set(plan.refused.map(({ reason }) => reason))].join(', ')
  const advice = reasons.includes('late')
    ? ' Later messages of a late one are done; it is sent when reordering is accepted.'
    : ''
  throw new InterchangeError(
    'ICX_REPLAY_REFUSED',
    `No letter may be replayed: ${reasons || 'none matches'}.${advice}`,
    {
      class: 'poison',
      facts: { reasons, refused: plan.refused.length },
    },
  )
}

interface Selected {
  readonly id: string
  readonly listed: ListedLetter | undefined
}

const select = (book: LetterBook, selection: ReplaySelection): readonly Selected[] => {
  if ('letterIds' in selection) return selection.letterIds.map((id) => ({ id, listed: book.find(id) }))
  const { group } = selection
  const matching = 'cause' in selection ? book.list({ group, cause: selection.cause }) : book.list({ group })
  return matching
    .filter(({ status }) => status.state === 'new' || status.state === 'failed-again')
    .map((listed) => ({ id: listed.letter.id, listed }))
}

const refusalOf = (
  { letter, status }: ListedLetter,
  action: LetterAction,
  force: boolean,
): RefusalReason | undefined => {
  if (!letter.facts.complete) return 'unreadable'
  if (action === 'replay' && letter.facts.replays >= replaysMax) return 'replay-cap'
  if (status.supersededBy !== undefined) return 'superseded'
  if (force) return undefined
  if (status.state === 'resolved' || status.state === 'duplicate') return 'resolved'
  if (status.state === 'replaying') return 'replaying'
  if (status.state === 'archived' && action === 'replay') return 'archived'
  return undefined
}

/** A lane that nobody reads would swallow the letters until its retention ends. */
const laneRefusal = async (
  admin: ReplayPlanning['admin'],
  { group, lane }: LetterSource,
): Promise<RefusalReason | undefined> => {
  const partitions = (await admin.partitionCounts([lane])).get(lane)
  if (partitions === undefined) return 'lane-missing'
  const { members } = await admin.describeGroup(group)
  if (members.length === 0) return 'no-live-member'
  const read = new Set(members.flatMap(({ assignment }) => assignment.filter(({ topic }) => topic === lane)))
  return read.size === 0 ? 'lane-not-read' : undefined
}

import { type EffectStore, InterchangeError, type SettleEntry, type SettleResult } from '@interchange/messaging'
import type { MemoryWaitingRoom } from '@interchange/messaging/memory'

/** An `EffectStore` that keeps what was committed, for tests without a database. */
export interface MemoryEffectStore<Effect> extends EffectStore<Effect> {
  /** What was committed, in its order. */
  effects(): readonly Effect[]
  /** Distinct messages committed by a group. */
  settledIds(group: string): readonly string[]
  /** A copy that dies as a process would: `before` or `after` the commit of its first batch, without an answer. */
  dying(moment: 'before-commit' | 'after-commit', died: () => void): EffectStore<Effect>
}

export interface MemoryEffectStoreOptions<Effect> {
  /** What a database would refuse: throws for that effect, and only that message fails. */
  readonly check?: (effect: Effect) => void
  /** Where messages wait that cannot be handled yet. Default: they wait in place. */
  readonly waiting?: MemoryWaitingRoom
}

/** Inbox and effects commit together, as in Postgres; the same id with other content is a conflict. */
export const createMemoryEffectStore = <Effect>({
  check = () => undefined,
  waiting,
}: MemoryEffectStoreOptions<Effect> = {}): MemoryEffectStore<Effect> => {
  const inboxes = new Map<string, Map<string, Buffer>>()
  const committed: Effect[] = []

  const settleOne = (inbox: Map<string, Buffer>, entry: SettleEntry<Effect>): SettleResult => {
    const { claim, offset } = entry
    const result = (claim && waiting?.refusal(claim)) ?? decide(inbox, entry)
    if (claim !== undefined && (result === 'done' || result === 'duplicate')) waiting?.leave(claim, offset)
    return result
  }

  const decide = (inbox: Map<string, Buffer>, entry: SettleEntry<Effect>): SettleResult => {
    const known = inbox.get(entry.messageId)
    if (known !== undefined) return known.equals(entry.contentHash) ? 'duplicate' : conflict(entry.messageId)
    try {
      for (const effect of entry.effects) check(effect)
    } catch (error) {
      return refused(error)
    }
    inbox.set(entry.messageId, Buffer.from(entry.contentHash))
    committed.push(...entry.effects)
    return 'done'
  }

  const settle = (group: string, entries: readonly SettleEntry<Effect>[]): readonly SettleResult[] => {
    const inbox = inboxes.get(group) ?? new Map<string, Buffer>()
    inboxes.set(group, inbox)
    return entries.map((entry) => settleOne(inbox, entry))
  }

  return {
    ...(waiting && { waiting }),
    settle: async (group, entries) => settle(group, entries),
    effects: () => [...committed],
    settledIds: (group) => [...(inboxes.get(group)?.keys() ?? [])],
    dying: (moment, died) => ({
      ...(waiting && { waiting }),
      settle(group, entries) {
        if (moment === 'after-commit') settle(group, entries)
        died()
        // A dead process answers nobody.
        return new Promise(() => undefined)
      },
    }),
  }
}

const conflict = (messageId: string): InterchangeError =>
  new InterchangeError('ICX_INBOX_CONFLICT', `Message ${messageId} was settled with other content.`, {
    class: 'poison',
  })

const refused = (error: unknown): InterchangeError =>
  error instanceof InterchangeError
    ? error
    : new InterchangeError('ICX_STORE_REFUSED', String(error), { class: 'poison', cause: error })

import {
  derivedEventId,
  type EffectStore,
  InterchangeError,
  isOutgoing,
  type Outgoing,
  type PublishOptions,
  type SettleEntry,
  type SettleResult,
} from '@interchange/messaging'
import type { MemoryWaitingRoom } from '@interchange/messaging/memory'

/** An event that was committed with the effects of its message, and how it is published. */
export interface CommittedEvent {
  readonly event: Outgoing
  readonly options: PublishOptions
}

/** An `EffectStore` that keeps what was committed, for tests without a database. */
export interface MemoryEffectStore<Effect> extends EffectStore<Effect | Outgoing> {
  /** What was committed, in its order. */
  effects(): readonly Effect[]
  /** What an outbox would hold, in its order. */
  events(): readonly CommittedEvent[]
  /** Distinct messages committed by a group. */
  settledIds(group: string): readonly string[]
  /** A copy that dies as a process would: `before` or `after` the commit of its first batch, without an answer. */
  dying(moment: 'before-commit' | 'after-commit', died: () => void): EffectStore<Effect | Outgoing>
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
  const events: CommittedEvent[] = []

  const settleOne = (
    group: string,
    inbox: Map<string, Buffer>,
    entry: SettleEntry<Effect | Outgoing>,
  ): SettleResult => {
    const { claim, offset } = entry
    const result = (claim && waiting?.refusal(claim)) ?? decide(group, inbox, entry)
    if (claim !== undefined && (result === 'done' || result === 'duplicate')) waiting?.leave(claim, offset)
    return result
  }

  const decide = (group: string, inbox: Map<string, Buffer>, entry: SettleEntry<Effect | Outgoing>): SettleResult => {
    const known = inbox.get(entry.messageId)
    if (known !== undefined) return known.equals(entry.contentHash) ? 'duplicate' : conflict(entry.messageId)
    const effects = entry.effects.filter((item): item is Effect => !isOutgoing(item))
    try {
      for (const effect of effects) check(effect)
    } catch (error) {
      return refused(error)
    }
    inbox.set(entry.messageId, Buffer.from(entry.contentHash))
    committed.push(...effects)
    events.push(...eventsOf(group, entry))
    return 'done'
  }

  const settle = (group: string, entries: readonly SettleEntry<Effect | Outgoing>[]): readonly SettleResult[] => {
    const inbox = inboxes.get(group) ?? new Map<string, Buffer>()
    inboxes.set(group, inbox)
    return entries.map((entry) => settleOne(group, inbox, entry))
  }

  return {
    ...(waiting && { waiting }),
    settle: async (group, entries) => settle(group, entries),
    effects: () => [...committed],
    events: () => [...events],
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

/** As `@interchange/store` writes them: the ids are those a publishing route would give. */
const eventsOf = (group: string, { effects, cause, messageId }: SettleEntry<unknown>): readonly CommittedEvent[] =>
  effects.filter(isOutgoing).map((event, ordinal) => ({
    event,
    options: {
      messageId: derivedEventId(messageId, group, ordinal),
      causationId: messageId,
      correlationId: cause.correlationId,
      timeMs: cause.timeMs,
    },
  }))

const conflict = (messageId: string): InterchangeError =>
  new InterchangeError('ICX_INBOX_CONFLICT', `Message ${messageId} was settled with other content.`, {
    class: 'poison',
  })

const refused = (error: unknown): InterchangeError =>
  error instanceof InterchangeError
    ? error
    : new InterchangeError('ICX_STORE_REFUSED', String(error), { class: 'poison', cause: error })

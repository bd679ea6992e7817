import type { DeliveryOutcome, EffectStore, SettleEntry, SettleResult } from '@interchange/messaging'
import type { Database } from './database.ts'
import type { HistoryEvent } from './history.ts'
import type { Kernel } from './kernel.ts'
import type { Writing } from './outbox-tables.ts'
import { outputKey, type Plan } from './plan.ts'
import type { Outbox } from './relays.ts'
import type { WaitingTable } from './waiting-table.ts'
import type { Process } from './world.ts'

/** What a handler wants changed: one row per part of a message. */
export interface Effect {
  readonly n: number
  readonly part: number
  readonly refused: boolean
}

/** The inbox and the effects of one group. */
export interface EffectTables {
  storeFor(client: Process): EffectStore<Effect>
}

interface Stage {
  readonly inbox: Map<string, Buffer>
  readonly commits: (() => void)[]
  /** What the effects tell others. */
  readonly writing: Writing | undefined
}

export const createEffectTables = (
  kernel: Kernel,
  { room, tellsOutcomes, messages }: Plan,
  database: Database,
  waiting: WaitingTable,
  outbox: Outbox | undefined,
  note: (event: HistoryEvent) => void,
): EffectTables => {
  const keyOf = ({ n, part }: Effect): string => {
    const message = messages[n]
    return message === undefined ? '' : outputKey(message, part)
  }

  const inbox = new Map<string, Buffer>()

  /** Decides one entry within its transaction. */
  const decide = (client: Process, entry: SettleEntry<Effect>, stage: Stage): SettleResult => {
    const { messageId, contentHash, claim, offset, effects } = entry
    const fenced = claim === undefined ? undefined : waiting.refusal(client, claim)
    if (fenced !== undefined) return fenced
    const known = inbox.get(messageId) ?? stage.inbox.get(messageId)
    if (known !== undefined && !known.equals(contentHash))
      return new kernel.InterchangeError('ICX_INBOX_CONFLICT', 'another content', { class: 'contract' })
    if (known === undefined && effects.some(({ refused }) => refused))
      return new kernel.InterchangeError('ICX_STORE_REFUSED', 'a constraint', { class: 'poison' })
    const result = known === undefined ? 'done' : 'duplicate'
    stage.commits.push(() => {
      if (result === 'done') for (const { n, part } of effects) note({ kind: 'effect', process: client.name, n, part })
      if (tellsOutcomes && entry.delivery !== undefined)
        tell(client, { ...entry.delivery, outcome: result === 'done' ? 'resolved' : 'duplicate' })
      if (claim !== undefined) waiting.leave(client, claim, offset)
    })
    if (result === 'duplicate') return result
    stage.inbox.set(messageId, contentHash)
    for (const [ordinal, effect] of effects.entries()) {
      const id = kernel.derivedEventId(messageId, 'told', ordinal)
      if (outbox !== undefined) stage.writing?.write([outbox.row({ id, key: keyOf(effect), n: effect.n })])
    }
    return result
  }

  const tell = (client: Process, { messageId: id, topic, outcome, replayId, attempts }: DeliveryOutcome): void =>
    note({ kind: 'outcome', process: client.name, id, topic, outcome, replayId, attempts })

  return {
    storeFor: (client) => ({
      ...(room === undefined ? {} : { waiting: waiting.roomFor(client) }),
      tellsOutcomes,
      settle: (_group, entries) =>
        database.transact(client, `${entries.length} entries`, () => {
          const stage: Stage = { inbox: new Map(), commits: [], writing: outbox?.tables.begin() }
          const result = entries.map((entry) => decide(client, entry, stage))
          return {
            result,
            commit() {
              for (const [id, contentHash] of stage.inbox) inbox.set(id, contentHash)
              for (const commit of stage.commits) commit()
              stage.writing?.commit()
            },
            rollback: () => stage.writing?.rollback(),
          }
        }),
    }),
  }
}

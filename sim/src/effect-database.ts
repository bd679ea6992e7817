import type { EffectStore, SettleEntry, SettleResult } from '@interchange/messaging'
import type { Dice } from './dice.ts'
import type { HistoryEvent } from './history.ts'
import type { Kernel } from './kernel.ts'
import type { Process, World } from './world.ts'

/** What a handler wants changed: one row per part of a message. */
export interface Effect {
  readonly n: number
  readonly part: number
  readonly refused: boolean
}

/** A database with an inbox, one transaction at a time, as a process of its own. */
export interface EffectDatabase {
  setReachable(reachable: boolean): void
  /** The store as `client` sees it, over a network that loses requests and answers. */
  storeFor(client: Process): EffectStore<Effect>
}

interface Transaction {
  readonly client: Process
  readonly group: string
  readonly entries: readonly SettleEntry<Effect>[]
  readonly committed: (results: readonly SettleResult[]) => void
  readonly failed: () => void
}

export const createEffectDatabase = (
  kernel: Kernel,
  world: World,
  dice: Dice,
  note: (event: HistoryEvent) => void,
): EffectDatabase => {
  const process = world.spawn('database')
  const inbox = new Map<string, Buffer>()
  const waiting: Transaction[] = []
  let open = false
  let reachable = true

  const begin = (): void => {
    if (open) return
    const transaction = waiting.shift()
    if (transaction === undefined) return
    open = true
    const staged = new Map<string, Buffer>()
    const effects: Effect[] = []
    const results = transaction.entries.map((entry) => stage(transaction.group, entry, staged, effects))
    process.post(dice.latencyMs(), () => {
      open = false
      end(transaction, staged, effects, results)
      begin()
    })
  }

  const stage = (
    group: string,
    entry: SettleEntry<Effect>,
    staged: Map<string, Buffer>,
    effects: Effect[],
  ): SettleResult => {
    const id = `${group} ${entry.messageId}`
    const known = inbox.get(id) ?? staged.get(id)
    if (known !== undefined) {
      if (known.equals(entry.contentHash)) return 'duplicate'
      return new kernel.InterchangeError('ICX_INBOX_CONFLICT', 'another content', { class: 'contract' })
    }
    if (entry.effects.some(({ refused }) => refused))
      return new kernel.InterchangeError('ICX_STORE_REFUSED', 'a constraint', { class: 'poison' })
    staged.set(id, entry.contentHash)
    effects.push(...entry.effects)
    return 'done'
  }

  const end = (
    { client, committed, failed }: Transaction,
    staged: ReadonlyMap<string, Buffer>,
    effects: readonly Effect[],
    results: readonly SettleResult[],
  ): void => {
    // A client that is gone takes its open transaction with it, unless the commit was on its way already.
    const abandoned = !client.alive && dice.random() < 0.5
    if (abandoned || !reachable || dice.happens('rollback', 0.1)) {
      note({ kind: 'fault', fault: 'rollback', process: client.name, detail: `${results.length} entries` })
      failed()
      return
    }
    for (const [id, contentHash] of staged) inbox.set(id, contentHash)
    for (const { n, part } of effects) note({ kind: 'effect', process: client.name, n, part })
    committed(results)
  }

  return {
    setReachable(next) {
      reachable = next
    },
    storeFor: (client) => ({
      settle: (group, entries) =>
        new Promise((resolve, reject) => {
          const refuse = (delayMs: number): void => {
            client.post(delayMs, () =>
              reject(new kernel.InterchangeError('ICX_STORE_UNAVAILABLE', 'database away', { class: 'outage' })),
            )
          }
          const lost = (what: string): void => {
            note({ kind: 'fault', fault: 'drop', process: client.name, detail: `${what}: ${entries.length} entries` })
            refuse(dice.between(20, 200))
          }
          if (!reachable) {
            refuse(dice.latencyMs())
            return
          }
          if (dice.happens('drop', 0.04)) {
            lost('a transaction')
            return
          }
          const committed = (results: readonly SettleResult[]): void => {
            if (dice.happens('drop', 0.06)) lost('the answer of a transaction')
            else client.post(dice.latencyMs(), () => resolve(results))
          }
          process.post(dice.latencyMs(), () => {
            waiting.push({ client, group, entries, committed, failed: () => refuse(dice.latencyMs()) })
            begin()
          })
        }),
    }),
  }
}

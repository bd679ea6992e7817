import type { Dice } from './dice.ts'
import type { HistoryEvent } from './history.ts'
import type { Kernel } from './kernel.ts'
import type { Process, World } from './world.ts'

/** What a transaction has worked out, and what it does when it commits. */
export interface Staged<Result> {
  readonly result: Result
  readonly commit: () => void
  readonly rollback?: () => void
}

/** A database as a process of its own, over a network that loses requests and answers. Its transactions run one at a time. */
export interface Database {
  readonly process: Process
  readonly reachable: boolean
  setReachable(reachable: boolean): void
  /**
   * `stage` runs when the transaction begins, and may throw what the database refuses; rejects with class `outage` when the
   * client cannot know what happened.
   */
  transact<Result>(client: Process, what: string, stage: () => Staged<Result>): Promise<Result>
}

interface Transaction {
  readonly begin: () => void
}

export const createDatabase = (
  { InterchangeError }: Kernel,
  world: World,
  dice: Dice,
  note: (event: HistoryEvent) => void,
): Database => {
  const process = world.spawn('database')
  const waiting: Transaction[] = []
  let open = false
  let reachable = true

  const next = (): void => {
    if (open) return
    const transaction = waiting.shift()
    if (transaction === undefined) return
    open = true
    transaction.begin()
  }

  const ended = (): void => {
    open = false
    next()
  }

  const away = (): Error => new InterchangeError('ICX_STORE_UNAVAILABLE', 'database away', { class: 'outage' })

  return {
    process,
    get reachable() {
      return reachable
    },
    setReachable(to) {
      reachable = to
    },
    transact: <Result>(client: Process, what: string, stage: () => Staged<Result>) =>
      new Promise<Result>((resolve, reject) => {
        const refuse = (delayMs: number, error = away()): void => void client.post(delayMs, () => reject(error))
        const lost = (lostWhat: string): void => {
          note({ kind: 'fault', fault: 'drop', process: client.name, detail: `${lostWhat}: ${what}` })
          refuse(dice.between(20, 200))
        }
        const begin = (): void => {
          try {
            const staged = stage()
            process.post(dice.latencyMs(), () => {
              end(staged)
              ended()
            })
          } catch (error) {
            refuse(dice.latencyMs(), error as Error)
            ended()
          }
        }
        const end = ({ result, commit, rollback }: Staged<Result>): void => {
          // A client that is gone takes its open transaction with it, unless the commit was on its way already.
          const abandoned = !client.alive && dice.random() < 0.5
          if (abandoned || !reachable || dice.happens('rollback', 0.1)) {
            note({ kind: 'fault', fault: 'rollback', process: client.name, detail: what })
            rollback?.()
            refuse(dice.latencyMs())
            return
          }
          commit()
          if (dice.happens('drop', 0.06)) lost('the answer of a transaction')
          else client.post(dice.latencyMs(), () => resolve(result))
        }
        if (!reachable) refuse(dice.latencyMs())
        else if (dice.happens('drop', 0.04)) lost('a transaction')
        else
          process.post(dice.latencyMs(), () => {
            waiting.push({ begin })
            next()
          })
      }),
  }
}

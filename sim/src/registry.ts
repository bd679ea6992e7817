import type { Dice } from './dice.ts'
import type { HistoryEvent } from './history.ts'
import type { Kernel } from './kernel.ts'
import type { Process, World } from './world.ts'

export type SchemaAnswer = 'known' | 'unknown'

/** The schema registry as a process of its own: it has schemas 1 and 2. */
export interface Registry {
  setReachable(reachable: boolean): void
  /** Rejects with class `outage` when no answer comes. */
  ask(client: Process, schemaId: number): Promise<SchemaAnswer>
}

export const createRegistry = (
  { InterchangeError }: Kernel,
  world: World,
  dice: Dice,
  note: (event: HistoryEvent) => void,
): Registry => {
  const process = world.spawn('registry')
  let reachable = true
  return {
    setReachable(next) {
      reachable = next
    },
    ask: (client, schemaId) =>
      new Promise((resolve, reject) => {
        const refuse = (delayMs: number): void => {
          const away = new InterchangeError('ICX_REGISTRY_UNAVAILABLE', 'registry away', { class: 'outage' })
          client.post(delayMs, () => reject(away))
        }
        if (!reachable) refuse(dice.latencyMs())
        else if (dice.happens('drop', 0.1)) {
          note({ kind: 'fault', fault: 'drop', process: client.name, detail: `a question for schema ${schemaId}` })
          refuse(dice.between(20, 200))
        } else
          process.post(dice.latencyMs(), () =>
            client.post(dice.latencyMs(), () => resolve(schemaId === 1 || schemaId === 2 ? 'known' : 'unknown')),
          )
      }),
  }
}

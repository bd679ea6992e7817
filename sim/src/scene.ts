import type { ConsumerGroup } from '@interchange/messaging'
import type { Broker } from './broker.ts'
import type { Database } from './database.ts'
import type { Dice } from './dice.ts'
import type { EffectTables } from './effect-store.ts'
import type { HistoryEvent } from './history.ts'
import type { Kernel } from './kernel.ts'
import type { Plan } from './plan.ts'
import type { Registry } from './registry.ts'
import type { WaitingTable } from './waiting-table.ts'
import type { Wire } from './wire.ts'
import type { Process, World } from './world.ts'

export type Role = 'posting' | 'ledger'

/** A process that is a member of one of the two groups. */
export interface Member {
  readonly role: Role
  readonly process: Process
  readonly wire: Wire
  group: ConsumerGroup | undefined
}

export interface Scene {
  readonly kernel: Kernel
  readonly world: World
  readonly plan: Plan
  readonly dice: Dice
  readonly broker: Broker
  readonly database: Database
  readonly waiting: WaitingTable
  readonly effects: EffectTables
  readonly registry: Registry
  readonly note: (event: HistoryEvent) => void
  /** What the first group's handlers call. */
  readonly dependency: { away: boolean }
}

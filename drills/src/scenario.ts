import type { Invariant } from '@interchange/drill-kit'
import type { Fault } from './faults/fault.ts'
import type { Bounds } from './figures.ts'
import type { Setting } from './setting.ts'

/** How much of a drill is carried out: a first look, or what its figures rest on. */
export type Size = 'smoke' | 'full'

/** A fault and how often it comes: `n` is counted from 1 for crash points. A scenario with none in smoke runs in full only. */
export interface PlannedFault {
  readonly fault: Fault
  readonly times: Readonly<Record<Size, number>>
  /** Quiet before each. */
  readonly everyMs: number
}

/** A drill, as data. */
export interface Scenario extends Setting {
  readonly title: string
  /** Two sentences for people: what is done to which process, and what must hold. */
  readonly says: string
  readonly faults: readonly PlannedFault[]
  readonly invariants: readonly Invariant[]
  /** The most that its figures may come to. */
  readonly bounds?: Bounds
  /** A control on a stock client: it must break one of the invariants, or the drill proves nothing. */
  readonly mustBreak?: boolean
}

/** Whether a size has a fault of it. */
export const runsIn = ({ faults }: Scenario, size: Size): boolean => faults.some(({ times }) => times[size] > 0)

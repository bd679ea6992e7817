import type { Happened } from '../history.ts'
import type { Plan } from '../plan.ts'
import type { Ends } from './ends.ts'

/** Names of the catalogue: V1 no loss, V2 no phantom, V6 one value per offset, V7 offsets in order, V9 keys in order ... */
export type Invariant =
  | 'V1'
  | 'V2'
  | 'V6'
  | 'V7'
  | 'V9'
  | 'V10'
  | 'V12'
  | 'V13'
  | 'V14'
  | 'V15'
  | 'V17'
  /** Ours: waiting (early, attempts, caps, fence, outcomes), replays, held keys, retry topics, the outbox. */
  | 'W1'
  | 'W2'
  | 'W3'
  | 'W4'
  | 'W5'
  | 'R1'
  | 'H1'
  | 'H2'
  | 'T1'
  | 'T2'
  | 'O1'
  | 'O2'

export interface Violation {
  readonly invariant: Invariant
  readonly detail: string
  /** Where in the history it shows. */
  readonly index: number
}

export type Report = (invariant: Invariant, detail: string) => void

/** Looks at one event after the other; knows only what came before. `ends` has seen the event already. */
export type Checker = (plan: Plan, report: Report, ends: Ends) => (event: Happened) => void

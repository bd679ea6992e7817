import type { Invariant, Toxic } from '@interchange/drill-kit'

/** How much of a drill is carried out: a first look, or what its figures rest on. */
export type Size = 'smoke' | 'full'

/** What the runner knows to do, and how it sees that it was done. */
export type Fault =
  /** SIGKILL of one member, which is started anew; seen when it is gone. */
  | { readonly kind: 'kill-member' }
  /** SIGSTOP of one member until another has its partitions, then SIGCONT; seen when the system shows it stopped and they are taken. */
  | { readonly kind: 'freeze-member' }
  /** SIGTERM of one member, which is started anew; seen when it has ended with exit code 0. */
  | { readonly kind: 'restart-member' }
  /** One more member joins and leaves; seen when it had partitions. */
  | { readonly kind: 'join-and-leave' }
  /** The writer sends a run of messages no handler can take; seen when the first is dead-lettered. */
  | { readonly kind: 'poison' }
  /** A proxy's toxic before every broker for a while; seen when a proxy counts an effect. */
  | { readonly kind: 'network'; readonly toxic: Toxic; readonly forMs: number }
  /** The same before the database. */
  | { readonly kind: 'database'; readonly toxic: Toxic; readonly forMs: number }
  /**
   * A writer with a new schema version comes while the members cannot ask the registry; seen when they have its records and can
   * do nothing with them for so long.
   */
  | { readonly kind: 'new-schema-without-registry'; readonly forMs: number }
  /** The answer to a produce request is lost; seen by the proxy. */
  | { readonly kind: 'lose-produce-answer' }
  /** SIGKILL of a broker while a produce request to it is held on its way, then a restart; seen when it was held and is gone. */
  | { readonly kind: 'kill-leader-in-flight' }
  /** The relay is started to die at this point and hit, then dies; seen when it is gone by its own SIGKILL. */
  | { readonly kind: 'crash-relay'; readonly point: string }

/** A fault and how often it comes: `n` is counted from 1 for crash points. */
export interface PlannedFault {
  readonly fault: Fault
  readonly times: Readonly<Record<Size, number>>
  /** Quiet before each. */
  readonly everyMs: number
}

/** What is written while the faults come. */
export interface Load {
  readonly by: 'publisher' | 'outbox' | 'stock-kafkajs'
  readonly keys: number
  readonly perSecond: number
  /** How many messages a run of poison has. */
  readonly poisonRun?: number
}

/** A drill, as data. */
export interface Scenario {
  /** As the catalogue names it. */
  readonly name: string
  readonly title: string
  /** Two sentences for people: what is done to which process, and what must hold. */
  readonly says: string
  readonly brokers: 1 | 3
  readonly members: number
  /** Values are Avro; default: JSON. */
  readonly registry?: boolean
  readonly load: Load
  readonly faults: readonly PlannedFault[]
  /** How soon after the faults everything has to be settled. */
  readonly settleMs: number
  readonly invariants: readonly Invariant[]
  /** A control on a stock client: it must break one of the invariants, or the drill proves nothing. */
  readonly mustBreak?: boolean
}

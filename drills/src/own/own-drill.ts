import type { Toxic } from '@interchange/drill-kit'

/** A program and its arguments; relative paths are from the folder of the drill's file. */
export type CommandLine = readonly [string, ...string[]]

/** What can be done to a service of one's own. */
export type OwnFault =
  /** SIGKILL, then a new start. */
  | { readonly kind: 'kill' }
  /** SIGTERM, then a new start when it has ended. */
  | { readonly kind: 'restart' }
  /** SIGSTOP for so long, then SIGCONT. */
  | { readonly kind: 'freeze'; readonly forMs: number }
  /** A toxic between the service and what it needs. */
  | {
      readonly kind: 'network' | 'database' | 'registry'
      readonly toxic: Toxic
      readonly forMs: number
    }

export interface PlannedOwnFault {
  readonly fault: OwnFault
  readonly times: number
  /** Quiet before each. */
  readonly everyMs: number
}

/** What must hold in the end: a query without rows, or a command with exit code 0. */
export type OwnInvariant = { readonly says: string } & ({ readonly sql: string } | { readonly command: CommandLine })

/** A drill of a service of one's own, as its file says. */
export interface OwnDrill {
  readonly name: string
  readonly brokers: 1 | 3
  readonly registry: boolean
  /** Run one after the other before the service starts. */
  readonly setUp: readonly CommandLine[]
  readonly service: {
    readonly start: CommandLine
    readonly env: Readonly<Record<string, string>>
    /** `url` answers with 2xx, `{port}` in it is the PORT the service is given; or a line of its output matches `log`. */
    readonly ready: { readonly url: string } | { readonly log: RegExp }
    readonly instances: number
  }
  /** Runs while the faults come and is ended with SIGTERM; null: there is none. */
  readonly load: CommandLine | null
  readonly faults: readonly PlannedOwnFault[]
  readonly invariants: readonly OwnInvariant[]
  /** How soon after the faults all invariants have to hold. */
  readonly settleMs: number
}

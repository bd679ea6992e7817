import type { Observed } from '../history/observed.ts'

/** The invariants of the catalogue that drills can see broken. */
export const invariants = {
  V1: 'every acknowledged send is in the log and came to its end',
  V2: 'nothing is there that nobody sent',
  V3: 'readers of committed records are shown all of these and no others',
  V4: 'one committed copy of each output for each message',
  V5: 'the outputs of a message and its offset are committed together or not at all',
  V6: 'a place holds one value, whoever looks',
  V7: 'within an assignment offsets grow and skip nothing',
  V8: 'acknowledged offsets of a sender grow in the order of its sends',
  V9: 'effects of a key come in its order',
  V10: 'one effect for each message',
  V11: 'the books balance at every moment, and each transfer has both its legs',
  V12: 'a committed offset never goes back and never passes what is unfinished',
  V13: 'who has lost a partition commits nothing there',
  V14: 'in = done + dead + waiting',
  V15: 'a dead letter is its original',
  V16: 'what is sent back often is done once, and is what it was',
  V17: 'after the faults everything settles in time',
} as const

export type Invariant = keyof typeof invariants

/** One broken invariant with the few facts that show it. */
export interface Violation {
  readonly invariant: Invariant
  readonly detail: string
  /** Entries of the history, the log or the database; nothing that is not needed to see it. */
  readonly facts: readonly unknown[]
}

/** Finds every violation of its invariants; pure. */
export type Checker = (observed: Observed) => readonly Violation[]

/** The violation that is quickest to read: the fewest facts, the first of those. */
export const smallest = (violations: readonly Violation[]): Violation | undefined =>
  violations.reduce<Violation | undefined>(
    (least, each) => (least === undefined || each.facts.length < least.facts.length ? each : least),
    undefined,
  )

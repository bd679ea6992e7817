import type { Actor, Stage } from '../stage.ts'

/** What the runner can do to those under drill, and how it sees that it was done. */
export interface Fault {
  /** As results name it. */
  readonly name: string
  /** Does it, resolves when it was seen to have taken effect and is over, and says to whom. Rejects when it was not seen. */
  carryOut(occasion: Occasion): Promise<string>
}

/** What a fault finds. */
export interface Occasion {
  readonly stage: Stage
  /** Between 0 and 1, from the run's seed. */
  readonly random: () => number
  /** Which time this fault comes, from 1. */
  readonly time: number
  readonly writer: Actor
}

/** How long a fault may take to be seen, in milliseconds. */
export const seenMs = 60_000

import { seededRandom } from './seeded-random.ts'

/** What may go wrong, as chances from 0 to 1; repeatable by `seed`. */
export interface MemoryFaults {
  readonly seed: number
  /** The record is written, the answer is lost: outcome `unknown`. */
  readonly answerLost?: number
  /** The record is not written and nobody says so: outcome `unknown`. */
  readonly recordLost?: number
  /** The record is written twice, as by a client that repeats itself: outcome `ok`. */
  readonly duplicated?: number
  /** Longest time that a send, a commit or a delivery is late, in milliseconds. */
  readonly delayMaxMs?: number
}

/** The decisions of one broker, in the order in which they are asked for. */
export interface FaultDice {
  readonly answerLost: () => boolean
  readonly recordLost: () => boolean
  readonly duplicated: () => boolean
  readonly delayMs: () => number
}

export const createFaultDice = (faults: MemoryFaults | undefined): FaultDice => {
  const random = seededRandom(faults?.seed ?? 0)
  const happens = (chance: number | undefined) => (): boolean => chance !== undefined && random() < chance
  return {
    answerLost: happens(faults?.answerLost),
    recordLost: happens(faults?.recordLost),
    duplicated: happens(faults?.duplicated),
    delayMs: () => (faults?.delayMaxMs === undefined ? 0 : Math.floor(random() * (faults.delayMaxMs + 1))),
  }
}

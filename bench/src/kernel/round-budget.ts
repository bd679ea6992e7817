/** Time for the proofs and the ends that no round has shown yet. */
const reserve = 1.1

export interface SpentTime {
  readonly elapsedMs: number
  /** How long each round so far took. */
  readonly roundsMs: readonly number[]
  /** What still comes after the last round. */
  readonly closingMs: number
  readonly budgetMs: number
}

/** Whether another round, as long as the longest so far, still ends within the budget. The first one always may. */
export const mayStartRound = ({ elapsedMs, roundsMs, closingMs, budgetMs }: SpentTime): boolean =>
  roundsMs.length === 0 || elapsedMs + reserve * Math.max(...roundsMs) + closingMs <= budgetMs

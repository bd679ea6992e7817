import type { GroupLimits } from '../group-limits.ts'

/**
 * Notices that letters come too fast with one fingerprint: a bad deployment, not bad messages. Different honest causes
 * among good traffic never trip it.
 */
export interface FloodWatch {
  /** A message ended well. Answers true when that ended a flood. */
  good(): boolean
  /** Whether the next letter of this fingerprint belongs to a flood, or begins one. The letter itself is not counted yet. */
  wouldFlood(fingerprint: string): boolean
  /** A letter was written. */
  letter(fingerprint: string): void
  /** The flood's fingerprint while one lasts. */
  readonly flooding: string | undefined
}

export const createFloodWatch = ({ inARow, ratio, window }: GroupLimits['floodLetters']): FloodWatch => {
  const recent: (string | undefined)[] = new Array<string | undefined>(window).fill(undefined)
  const counts = new Map<string, number>()
  let next = 0
  let seen = 0
  let row = 0
  let rowOf: string | undefined
  let flooding: string | undefined

  const note = (fingerprint: string | undefined): void => {
    const leaving = recent[next]
    if (leaving !== undefined) {
      const left = (counts.get(leaving) ?? 1) - 1
      if (left === 0) counts.delete(leaving)
      else counts.set(leaving, left)
    }
    recent[next] = fingerprint
    next = (next + 1) % window
    if (seen < window) seen++
    if (fingerprint !== undefined) counts.set(fingerprint, (counts.get(fingerprint) ?? 0) + 1)
  }

  const reset = (): void => {
    recent.fill(undefined)
    counts.clear()
    seen = 0
    flooding = undefined
  }

  return {
    good() {
      row = 0
      if (flooding !== undefined) {
        reset()
        return true
      }
      note(undefined)
      return false
    },
    wouldFlood(fingerprint) {
      const tooMany = rowOf === fingerprint && row + 1 > inARow
      const tooDense = seen >= window && (counts.get(fingerprint) ?? 0) + 1 > ratio * window
      if (tooMany || tooDense) flooding = fingerprint
      return flooding === fingerprint
    },
    letter(fingerprint) {
      row = rowOf === fingerprint ? row + 1 : 1
      rowOf = fingerprint
      note(fingerprint)
    },
    get flooding() {
      return flooding
    },
  }
}

import type { FaultKind } from './history.ts'

/** What the network and the database do to one request. `late`: nobody answers in time, and it is carried out afterwards. */
export type RequestFate = 'through' | 'lost' | 'answer-lost' | 'twice' | 'late'

/** The adversary's small decisions; all of them harmless once `heal` was called. */
export interface Dice {
  readonly random: () => number
  /** Which faults this run knows at all: a rotating subset, a quarter of the runs have calm networks. */
  readonly faults: ReadonlySet<FaultKind>
  happens(fault: FaultKind, chance: number): boolean
  between(low: number, high: number): number
  /** Milliseconds until a request or an answer arrives. */
  latencyMs(): number
  sendFate(): RequestFate
  commitFate(): RequestFate
  heal(): void
}

export const createDice = (random: () => number): Dice => {
  const quiet = random() < 0.25
  const small: readonly FaultKind[] = ['drop', 'duplicate', 'reorder', 'delay', 'rollback']
  const large: readonly FaultKind[] = ['crash', 'zombie', 'stop', 'outage']
  const faults = new Set<FaultKind>([
    ...small.filter(() => !quiet && random() < 0.6),
    ...large.filter(() => random() < 0.6),
  ])
  // A run has at least two kinds of large fault to draw from, so that none is without a rebalance.
  if (!faults.has('crash') && !faults.has('zombie')) faults.add(random() < 0.5 ? 'crash' : 'zombie')
  const slow = random() * 0.1
  let healed = false
  const happens = (fault: FaultKind, chance: number): boolean => !healed && faults.has(fault) && random() < chance
  const between = (low: number, high: number): number => low + Math.floor(random() * (high - low + 1))
  return {
    random,
    faults,
    happens,
    between,
    latencyMs: () => (happens('delay', slow) ? between(20, 120) : between(0, 2)),
    sendFate() {
      if (happens('drop', 0.08)) return random() < 0.5 ? 'lost' : 'answer-lost'
      if (happens('duplicate', 0.06)) return 'twice'
      return happens('reorder', 0.05) ? 'late' : 'through'
    },
    commitFate: () => (happens('drop', 0.1) ? (random() < 0.5 ? 'lost' : 'answer-lost') : 'through'),
    heal() {
      healed = true
    },
  }
}

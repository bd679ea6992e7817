import { quantile } from '../figures.ts'
import type { ScenarioResult } from '../run-scenario.ts'

/** What one kind of fault came to in one drill. */
export interface FaultFigures {
  readonly fault: string
  readonly times: number
  readonly effective: number
  /** In rising order, in milliseconds. */
  readonly stallsMs: readonly number[]
  readonly recoveriesMs: readonly number[]
}

/** A drill's faults by kind, in the order in which they came. */
export const faultFigures = ({ faults, timeline }: ScenarioResult): readonly FaultFigures[] => {
  const spans = faults.map((fault, index) => ({ ...fault, span: timeline?.faults[index] }))
  const rising = (numbers: readonly (number | null | undefined)[]): readonly number[] =>
    numbers.flatMap((each) => each ?? []).sort((a, b) => a - b)
  return [...Map.groupBy(spans, ({ fault }) => fault)].map(([fault, those]) => ({
    fault,
    times: those.length,
    effective: those.filter(({ effective }) => effective).length,
    stallsMs: rising(those.map(({ span }) => span?.stallMs)),
    recoveriesMs: rising(those.map(({ span }) => span?.recoveryMs)),
  }))
}

/** `p50/p95` of numbers that rise, or ''. */
export const middleAndHigh = (rising: readonly number[]): string =>
  rising.length === 0 ? '' : `${quantile(rising, 0.5)}/${quantile(rising, 0.95)}`

import type { ScenarioResult } from '../run-scenario.ts'
import { countOf } from '../summary.ts'
import { faultFigures, middleAndHigh } from './fault-figures.ts'
import { textTable } from './text-table.ts'

export const tableHeader = [
  'drill',
  'verdict',
  'fault',
  'took effect',
  'acked',
  'lost',
  'doubled',
  'order',
  'stall p50/p95 ms',
  'recovery p50/p95 ms',
  'take-over p50/p95 ms',
] as const

/** A line for each drill and kind of fault, as cells; what is of the drill as a whole stands in its first. */
export const tableRows = (result: ScenarioResult): readonly (readonly string[])[] => {
  const { name, acknowledged, takeOverMs } = result
  const ofDrill = [acknowledged, ...(['lost', 'doubled', 'order'] as const).map((what) => countOf(result, what))]
  return faultFigures(result).map(({ fault, times, effective, stallsMs, recoveriesMs }, index) => [
    index === 0 ? name : '',
    index > 0 ? '' : verdictOf(result),
    fault,
    `${effective}/${times}`,
    ...ofDrill.map((figure) => (index === 0 ? String(figure) : '')),
    middleAndHigh(stallsMs),
    middleAndHigh(recoveriesMs),
    fault === 'kill-member' ? middleAndHigh(takeOverMs) : '',
  ])
}

/** A control on a stock client has to break what ours has to keep. */
const verdictOf = ({ name, passed }: ScenarioResult): string => {
  if (!passed) return 'FAILED'
  return name.endsWith('-stock') ? 'red, as it must' : 'ok'
}

/** The table, for a terminal. */
export const resultTable = (results: readonly ScenarioResult[]): string =>
  textTable([tableHeader, ...results.flatMap(tableRows)])

import { middleAndHigh } from '../report/fault-figures.ts'
import { textTable } from '../report/text-table.ts'
import type { OwnResult } from './run-own-drill.ts'

/** What a drill of one's own came to: a line for each kind of fault, then one for each invariant. */
export const ownTable = ({ name, faults, invariants, ends, settledMs, passed }: OwnResult): string => {
  const kinds = [...Map.groupBy(faults, ({ fault }) => fault)].map(([fault, those]) => [
    fault,
    `${those.filter(({ effective }) => effective).length}/${those.length}`,
    middleAndHigh(those.flatMap(({ readyMs }) => readyMs ?? []).sort((a, b) => a - b)),
  ])
  return [
    textTable([['fault', 'took effect', 'ready again p50/p95 ms'], ...kinds]),
    '',
    ...invariants.map(({ says, broken }) =>
      broken === null ? `holds   ${says}` : `BROKEN  ${says}\n        ${broken}`,
    ),
    ...(ends === 0 ? [] : [`The service ended ${ends} times by itself and was started again.`]),
    `${name} ${passed ? 'passed' : 'FAILED'}; ${settledMs === null ? 'not settled in time' : `settled in ${settledMs} ms`}`,
  ].join('\n')
}

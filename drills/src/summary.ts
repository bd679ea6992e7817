import type { Invariant } from '@interchange/drill-kit'
import { isKept, quantile } from './figures.ts'
import type { ScenarioResult } from './run-scenario.ts'
import { scenarios } from './scenarios/index.ts'

/** What a run of drills comes to, in one object. */
export interface Summary {
  readonly scenarios: number
  readonly failed: readonly string[]
  readonly acknowledged: number
  readonly faultsEffective: number
  /** Acknowledged messages that are nowhere, or came to no end. */
  readonly lost: number
  readonly duplicatedEffects: number
  readonly orderViolations: number
  /** Of every other invariant. */
  readonly otherViolations: number
  /** Figures over their bounds, or without anything to measure. */
  readonly boundsMissed: number
  readonly redControls: { readonly red: number; readonly total: number }
}

const counted = { lost: ['V1'], doubled: ['V4', 'V10'], order: ['V7', 'V8', 'V9'] } as const
const rest = ['V2', 'V3', 'V5', 'V6', 'V11', 'V12', 'V13', 'V14', 'V15', 'V17'] as const satisfies readonly Invariant[]

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0)

const violationsOf = (broken: ScenarioResult['broken'], names: readonly Invariant[]): number =>
  sum(names.map((name) => broken[name] ?? 0))

/** Counts what the drills saw; what stock clients lose is counted as red controls alone. */
export const summaryOf = (results: readonly ScenarioResult[]): Summary => {
  const isControl = ({ name }: ScenarioResult): boolean =>
    scenarios.some((scenario) => scenario.name === name && scenario.mustBreak === true)
  const own = results.filter((result) => !isControl(result))
  const controls = results.filter(isControl)
  const broken = (names: readonly Invariant[]): number => sum(own.map((result) => violationsOf(result.broken, names)))
  return {
    scenarios: results.length,
    failed: results.filter(({ passed }) => !passed).map(({ name }) => name),
    acknowledged: sum(own.map(({ acknowledged }) => acknowledged)),
    faultsEffective: sum(results.map(({ faults }) => faults.filter(({ effective }) => effective).length)),
    lost: broken(counted.lost),
    duplicatedEffects: broken(counted.doubled),
    orderViolations: broken(counted.order),
    otherViolations: broken(rest),
    boundsMissed: own.flatMap(({ figures }) => figures).filter((figure) => !isKept(figure)).length,
    redControls: { red: controls.filter(({ passed }) => passed).length, total: controls.length },
  }
}

/** One line for each drill, for people. */
export const resultTable = (results: readonly ScenarioResult[]): string => {
  const rows = results.map(({ name, acknowledged, faults, broken, takeOverMs, settledMs, passed }) => [
    name,
    `${faults.filter(({ effective }) => effective).length}/${faults.length}`,
    String(acknowledged),
    ...(['lost', 'doubled', 'order'] as const).map((what) => String(violationsOf(broken, counted[what]))),
    takeOverMs.length === 0 ? '' : `${quantile(takeOverMs, 0.5)}/${quantile(takeOverMs, 0.95)}`,
    String(settledMs ?? ''),
    passed ? 'ok' : 'FAILED',
  ])
  const header = ['drill', 'faults', 'acked', 'lost', 'doubled', 'order', 'take-over p50/p95 ms', 'settled ms', '']
  const widths = header.map((word, column) => Math.max(word.length, ...rows.map((row) => row[column]?.length ?? 0)))
  return [header, ...rows]
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

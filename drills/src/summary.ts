import type { Invariant } from '@interchange/drill-kit'
import { isKept } from './figures.ts'
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
const rest = [
  'V2',
  'V3',
  'V5',
  'V6',
  'V11',
  'V12',
  'V13',
  'V14',
  'V15',
  'V16',
  'V17',
] as const satisfies readonly Invariant[]

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0)

const violationsOf = (broken: ScenarioResult['broken'], names: readonly Invariant[]): number =>
  sum(names.map((name) => broken[name] ?? 0))

/** How often a drill broke what people ask about first. */
export const countOf = ({ broken }: Pick<ScenarioResult, 'broken'>, what: keyof typeof counted): number =>
  violationsOf(broken, counted[what])

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

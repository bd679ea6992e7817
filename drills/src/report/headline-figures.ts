import { isKept } from '../figures.ts'
import type { KeptResult } from '../kept-results.ts'
import { roundsPerSignal } from '../load/interleaving.ts'
import { summaryOf } from '../summary.ts'
import { faultFigures, middleAndHigh } from './fault-figures.ts'

/** A figure that is published, with what it rests on. */
export interface Headline {
  readonly figure: string
  readonly goal: string
  /** Null where nothing was measured yet. */
  readonly measured: string | null
  /** What was counted. */
  readonly n: string
  readonly met: boolean
}

/** At 95 %, of what was never seen in `n` there is at most this share (https://en.wikipedia.org/wiki/Rule_of_three_(statistics)). */
const atMost = (n: number): string => `<= ${(3 / n).toExponential(1)}`

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0)
const rising = (numbers: readonly number[]): readonly number[] => numbers.toSorted((a, b) => a - b)
const grouped = (count: number): string => count.toLocaleString('en-US')

/** The figures of the evidence's table, out of what was kept. */
export const headlineFigures = (results: readonly KeptResult[]): readonly Headline[] => {
  const own = results.filter(({ name }) => !name.endsWith('-stock'))
  const { acknowledged, faultsEffective, lost, duplicatedEffects, orderViolations } = summaryOf(own)
  const named = (...names: readonly string[]): readonly KeptResult[] => own.filter(({ name }) => names.includes(name))
  const replayed = named('F1', 'F2', 'F3')
  const transactional = own.filter(({ name }) => name.startsWith('C'))
  const letters = sum(own.map((result) => result.letters))
  const faultsOf = (pattern: RegExp) => own.flatMap(faultFigures).filter(({ fault }) => pattern.test(fault))
  const effective = (pattern: RegExp): number => sum(faultsOf(pattern).map((each) => each.effective))
  const rounds = effective(/^interleave-aborts$/) * roundsPerSignal
  const slowed = named('B6').flatMap(({ figures }) => figures.filter(({ figure }) => figure === 'goodLossPercent'))
  const broken = (those: readonly KeptResult[], invariant: keyof KeptResult['broken']): number =>
    sum(those.map((result) => result.broken[invariant] ?? 0))
  return [
    none('acknowledged messages lost', lost, acknowledged, {
      goal: '0 in >= 1,000,000, >= 500 faults',
      unit: `acknowledged, ${grouped(faultsEffective)} faults`,
      enough: acknowledged >= 1_000_000 && faultsEffective >= 500,
    }),
    none('effects that happened twice', duplicatedEffects, sum(own.map(({ effects }) => effects)), { unit: 'effects' }),
    none('effects or offsets out of order', orderViolations, acknowledged, { unit: 'messages' }),
    none(
      'committed copies in the outputs of transactions',
      broken(transactional, 'V4'),
      sum(transactional.map(({ messages }) => messages)),
      {
        goal: '0 in >= 100,000',
        unit: 'messages',
        enough: sum(transactional.map(({ messages }) => messages)) >= 100_000,
      },
    ),
    none('aborted records read', broken(named('B16'), 'V3'), sum(named('B16').map(({ messages }) => messages)), {
      goal: '0 in >= 1,000 rounds',
      unit: `messages, ${grouped(rounds)} rounds of transactions that interleave`,
      enough: rounds >= 1_000,
    }),
    {
      figure: 'sound messages held up by bad records beside them',
      goal: '<= 10 %',
      measured: slowed.length === 0 ? null : `${Math.max(...slowed.map(({ measured }) => measured ?? 100))} %`,
      n: `${grouped(sum(named('B6').map((result) => result.letters)))} bad records`,
      met: slowed.every(isKept),
    },
    none('dead letters that are not their originals', broken(own, 'V15'), letters, { unit: 'dead letters' }),
    none(
      'replayed letters not done exactly once',
      broken(replayed, 'V10') + broken(replayed, 'V16'),
      sum(replayed.map((result) => result.letters)),
      { unit: 'dead letters, replayed, some of them again or by two operators' },
    ),
    slowest('take-over after a SIGKILL, p50/p95', rising(own.flatMap(({ takeOverMs }) => takeOverMs)), 9_000),
    slowest(
      'silence of acknowledgements around a broker’s death, p50/p95',
      rising(faultsOf(/^kill-(leader|broker)/).flatMap(({ stallsMs }) => stallsMs)),
      12_000,
    ),
    {
      figure: 'members that end in good order within 10 s',
      goal: 'all',
      measured: effective(/^restart-member$/) === 0 ? null : `${effective(/^restart-member$/)}`,
      n: `${sum(faultsOf(/^restart-member$/).map(({ times }) => times))} restarts`,
      met: faultsOf(/^restart-member$/).every((each) => each.effective === each.times),
    },
  ]
}

const none = (
  figure: string,
  seen: number,
  n: number,
  { goal = '0', unit, enough = true }: { goal?: string; unit: string; enough?: boolean },
): Headline => ({
  figure,
  goal,
  measured: n === 0 ? null : seen === 0 ? `0 (${atMost(n)})` : String(seen),
  n: `${grouped(n)} ${unit}`,
  met: seen === 0 && enough,
})

const slowest = (figure: string, sortedMs: readonly number[], allowedMs: number): Headline => ({
  figure,
  goal: `p95 <= ${grouped(allowedMs)} ms`,
  measured: sortedMs.length === 0 ? null : `${middleAndHigh(sortedMs)} ms`,
  n: `${sortedMs.length} faults`,
  met: Number(middleAndHigh(sortedMs).split('/')[1]) <= allowedMs,
})

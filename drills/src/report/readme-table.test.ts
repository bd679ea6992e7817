import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { type KeptResult, keptResults } from '../kept-results.ts'
import { headlineFigures } from './headline-figures.ts'
import { pages, withPart } from './readme-table.ts'
import { resultNamed } from './result.fixture.ts'

const kept = (name: string, more: Partial<KeptResult> = {}): KeptResult => ({
  ...resultNamed(name, { size: 'full' }),
  commit: 'abc',
  kafka: '4',
  node: 'v24',
  at: '',
  ...more,
})
const figure = (results: readonly KeptResult[], part: string) =>
  headlineFigures(results).find((each) => each.figure.includes(part))

const partsOf = (results: readonly KeptResult[]) => pages.map(({ part }) => part(results))

test.each(pages)('$file has the newest results: npm run drill -- --readme writes them', ({ file, part }) => {
  const text = readFileSync(new URL(`../../../${file}`, import.meta.url), 'utf8')
  expect(withPart(text, part(keptResults()))).toBe(text)
})

test('what was never seen is at most three in as many as were counted', () => {
  expect(figure([kept('A3', { acknowledged: 600_000 }), kept('B1', { acknowledged: 900_000 })], 'lost')).toMatchObject({
    measured: '0 (<= 2.0e-6)',
    n: '1,500,000 acknowledged, 2 faults',
    met: false,
  })
})

test('none lost of too few is a goal not reached, and one lost of enough, too', () => {
  const faults = Array.from({ length: 500 }, () => ({ fault: 'kill-member', target: '', effective: true }))
  const enough = { acknowledged: 1_000_000, faults }
  expect(figure([kept('I1', enough)], 'lost')?.met).toBe(true)
  expect(figure([kept('I1', { ...enough, acknowledged: 999_999 })], 'lost')?.met).toBe(false)
  expect(figure([kept('I1', { ...enough, broken: { V1: 1 } })], 'lost')).toMatchObject({ measured: '1', met: false })
})

test('a record that was aborted and read counts, and as many rounds as the goal names are asked for', () => {
  const rounds = (count: number) =>
    Array.from({ length: count }, () => ({ fault: 'interleave-aborts', target: '', effective: true }))
  expect(figure([kept('B16', { faults: rounds(100) })], 'aborted')).toMatchObject({
    n: '10 messages, 1,000 rounds of transactions that interleave',
    met: true,
  })
  expect(figure([kept('B16', { faults: rounds(99) })], 'aborted')?.met).toBe(false)
  expect(figure([kept('B16', { faults: rounds(100), broken: { V3: 2 } })], 'aborted')).toMatchObject({ measured: '2' })
})

test('what bad records hold up is the worst that was measured, and a replay that has two effects counts', () => {
  const slowed = (measured: number | null) =>
    kept('B6', { letters: 900, figures: [{ figure: 'goodLossPercent', measured, allowed: 10 }] })
  expect(figure([slowed(4)], 'held up')).toMatchObject({ measured: '4 %', n: '900 bad records', met: true })
  expect(figure([slowed(11)], 'held up')?.met).toBe(false)
  expect(figure([slowed(null)], 'held up')?.met).toBe(false)
  expect(figure([kept('F2', { letters: 40, broken: { V10: 1 } })], 'replayed')).toMatchObject({
    measured: '1',
    met: false,
  })
})

test('what stock clients do is no figure of ours', () => {
  const results = [kept('A2-stock', { broken: { V1: 5 } }), kept('A2')]
  expect(figure(results, 'lost')?.measured).toMatch(/^0/)
  expect(figure(results, 'twice')?.n).toBe('9 effects')
})

test('what did not run is said, not counted as reached', () => {
  for (const part of partsOf([])) expect(part).toContain('| not run yet |')
})

test('a miss is explained below its table', () => {
  for (const part of partsOf([kept('A3', { acknowledged: 10 })]))
    expect(part).toContain('Missed, acknowledged messages lost: none was')
})

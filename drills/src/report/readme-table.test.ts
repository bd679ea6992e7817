import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { type KeptResult, keptResults } from '../kept-results.ts'
import { headlineFigures } from './headline-figures.ts'
import { withResults } from './readme-table.ts'
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

const page = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')

test('the page has the newest results: npm run drill -- --readme writes them', () => {
  expect(withResults(page, keptResults())).toBe(page)
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

test('what stock clients do is no figure of ours', () => {
  const results = [kept('A2-stock', { broken: { V1: 5 } }), kept('A2')]
  expect(figure(results, 'lost')?.measured).toMatch(/^0/)
  expect(figure(results, 'twice')?.n).toBe('9 effects')
})

test('what did not run is said, not counted as reached', () => {
  expect(withResults(page, [])).toContain('| not run yet |')
})

test('a miss is explained below its table', () => {
  expect(withResults(page, [kept('A3', { acknowledged: 10 })])).toContain(
    'Missed, acknowledged messages lost: none was',
  )
})

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

import { expect, test } from 'vitest'
import { resultNamed as result } from './report/result.fixture.ts'
import { summaryOf } from './summary.ts'

test('counts what was lost, doubled and out of order, each by itself, and only faults that took effect', () => {
  const broken = { V1: 2, V10: 3, V7: 1, V8: 1, V9: 2, V12: 4 }
  expect(summaryOf([result('A3'), result('B1', { broken, passed: false })])).toEqual({
    scenarios: 2,
    failed: ['B1'],
    acknowledged: 18,
    faultsEffective: 2,
    lost: 2,
    duplicatedEffects: 3,
    orderViolations: 4,
    otherViolations: 4,
    boundsMissed: 0,
    redControls: { red: 0, total: 0 },
  })
})

test('a figure over its bound, or with nothing to measure, is a bound missed', () => {
  const figures = [1_000, 1_001, null].map((measured) => ({ figure: 'stallMs', measured, allowed: 1_000 }) as const)
  expect(summaryOf([result('B1', { figures, passed: false })])).toMatchObject({ failed: ['B1'], boundsMissed: 2 })
})

test('what a stock client loses makes its control red and is nothing we lost', () => {
  const summary = summaryOf([result('A2'), result('A2-stock', { broken: { V1: 5 } })])
  expect(summary).toMatchObject({ lost: 0, acknowledged: 9, redControls: { red: 1, total: 1 } })
})

test('a control that is not red has failed', () => {
  const summary = summaryOf([result('A2-stock', { passed: false })])
  expect(summary).toMatchObject({ failed: ['A2-stock'], redControls: { red: 0, total: 1 } })
})

import { expect, test } from 'vitest'
import type { ScenarioResult } from './run-scenario.ts'
import { resultTable, summaryOf } from './summary.ts'

const result = (name: string, more: Partial<ScenarioResult> = {}): ScenarioResult => ({
  name,
  size: 'smoke',
  seed: 1,
  messages: 10,
  acknowledged: 9,
  effects: 9,
  letters: 0,
  repeatedRecords: 0,
  faults: [
    { fault: 'kill-member', target: 'member-1', effective: true },
    { fault: 'kill-member', target: 'it had ended', effective: false },
  ],
  takeOverMs: [],
  settledMs: 1,
  figures: [],
  broken: {},
  counterExamples: [],
  passed: true,
  ...more,
})

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

test('the table gives each drill a line with what people ask for', () => {
  const takeOverMs = [10, 20, 30, 40]
  const table = resultTable([
    result('B1', { takeOverMs }),
    result('A3', { broken: { V1: 2 }, passed: false, settledMs: null }),
  ])
  expect(table.split('\n').map((line) => line.trim().split(/\s{2,}/))).toEqual([
    ['drill', 'faults', 'acked', 'lost', 'doubled', 'order', 'take-over p50/p95 ms', 'settled ms'],
    ['B1', '1/2', '9', '0', '0', '0', '20/40', '1', 'ok'],
    ['A3', '1/2', '9', '2', '0', '0', 'FAILED'],
  ])
})

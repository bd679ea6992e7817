import { expect, test } from 'vitest'
import { resultNamed } from './result.fixture.ts'
import { resultTable } from './result-table.ts'

const cells = (table: string): readonly (readonly string[])[] =>
  table.split('\n').map((line) => line.trim().split(/\s{2,}/))

test('the table gives each drill a line with what people ask for', () => {
  const table = resultTable([
    resultNamed('B1', { takeOverMs: [10, 20, 30, 40] }),
    resultNamed('A3', { broken: { V1: 2 }, passed: false }),
  ])
  expect(cells(table)).toEqual([
    [
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
    ],
    ['B1', 'ok', 'kill-member', '1/2', '9', '0', '0', '0', '20/40'],
    ['A3', 'FAILED', 'kill-member', '1/2', '9', '2', '0', '0'],
  ])
})

test('a second kind of fault has a line of its own, with its own figures and none of the whole drill', () => {
  const faults = ['kill-broker', 'network reset', 'kill-broker'].map((fault) => ({
    fault,
    target: '',
    effective: true,
  }))
  const span = { fromMs: 0, toMs: 10 }
  const timeline = {
    acknowledged: [],
    delivered: [],
    assignedMs: [],
    faults: [
      { ...span, stallMs: 700, recoveryMs: null },
      { ...span, stallMs: 20, recoveryMs: 30 },
      { ...span, stallMs: 900, recoveryMs: 1_000 },
    ],
  }
  expect(cells(resultTable([resultNamed('B18', { faults, timeline })])).slice(1)).toEqual([
    ['B18', 'ok', 'kill-broker', '2/2', '9', '0', '0', '0', '700/900', '1000/1000'],
    ['network reset', '1/1', '20/20', '30/30'],
  ])
})

test('a control is red when it breaks what ours has to keep', () => {
  expect(resultTable([resultNamed('A2-stock', { broken: { V1: 2 } })])).toContain('red, as it must')
})

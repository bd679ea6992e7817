import { expect, it } from 'vitest'
import type { ArmName } from './arms.ts'
import { compare, type Measurement } from './compare.ts'
import { comparisonNames, comparisonsNamed } from './comparisons.ts'

const measured = (round: number, arm: ArmName, figures: Partial<Measurement>): Measurement => ({
  round,
  arm,
  records: 1_000,
  seconds: 1,
  recordsPerSecond: 1_000,
  cpuMicrosPerRecord: 10,
  duplicates: 0,
  ...figures,
})

it('takes ratios round by round against the peer that is fastest', () => {
  const compared = compare('P7', [
    measured(1, 'publish', { recordsPerSecond: 10_000, p99Ms: 10 }),
    measured(1, 'kafkajsPublish', { recordsPerSecond: 1_000 }),
    measured(1, 'platformaticPublish', { recordsPerSecond: 800 }),
    measured(2, 'platformaticPublish', { recordsPerSecond: 800 }),
    measured(2, 'kafkajsPublish', { recordsPerSecond: 500 }),
    measured(2, 'publish', { recordsPerSecond: 6_000, p99Ms: 14 }),
  ])
  expect(compared.ratio).toBeCloseTo((10_000 / 800 + 6_000 / 800) / 2)
  expect(compared.p99Ms).toBe(12)
  expect(compared.met).toBe(true)
})

it('holds the median against the goal, whichever way that looks', () => {
  const cpu = (at64: number, at6: number) =>
    [1, 2, 3].flatMap((round) => [
      measured(round, 'full64', { cpuMicrosPerRecord: at64 + round / 10 }),
      measured(round, 'full', { cpuMicrosPerRecord: at6 }),
    ])
  expect(compare('P12-64', cpu(1.9, 2)).met).toBe(true)
  expect(compare('P12-64', cpu(2.1, 2)).met).toBe(false)
  const store = (ratio: number) =>
    [1, 2, 3].flatMap((round) => [
      measured(round, 'store', { recordsPerSecond: 1_000 * (ratio + round / 10) }),
      measured(round, 'transactions', {}),
    ])
  expect(compare('P1s', store(9.8)).met).toBe(true)
  expect(compare('P1s', store(9.7)).met).toBe(false)
})

it('misses a goal when callers wait too long, however many they are', () => {
  const compared = compare('P7', [
    measured(1, 'publish', { recordsPerSecond: 50_000, p99Ms: 23 }),
    measured(1, 'kafkajsPublish', {}),
    measured(1, 'platformaticPublish', {}),
  ])
  expect(compared.ratio).toBe(50)
  expect(compared.met).toBe(false)
})

it('divides by the ideal where there is no peer: keys in flight by latency, or what the processor allows', () => {
  const waits = compare('P6-50ms', [
    measured(1, 'wait50', { recordsPerSecond: 9_216, cpuMicrosPerRecord: 10 }),
    measured(1, 'kafkajsWait10', {}),
  ])
  expect(waits.ratio).toBeCloseTo(0.9)
  const computes = compare('P6-1ms', [measured(1, 'wait1', { recordsPerSecond: 80_000, cpuMicrosPerRecord: 10 })])
  expect(computes.ratio).toBeCloseTo(0.8)
  expect(computes.met).toBe(false)
})

it('knows a name with its variants, and nothing else', () => {
  expect(comparisonsNamed('P6')).toEqual(['P6-1ms', 'P6-10ms', 'P6-50ms'])
  expect(comparisonsNamed('P12-64')).toEqual(['P12-64'])
  expect(comparisonsNamed('P1')).toEqual(['P1'])
  expect(comparisonsNamed('P')).toEqual([])
  expect(comparisonNames).toContain('P14')
})

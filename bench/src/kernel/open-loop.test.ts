import { expect, it } from 'vitest'
import { dueBy } from './open-loop.ts'

it('lets orders fall due at the rate, whether or not the ones before were sent in time', () => {
  const schedule = { startAtMs: 10_000, ratePerSecond: 500 }
  expect(dueBy(9_000, schedule)).toBe(0)
  expect(dueBy(9_999, schedule)).toBe(0)
  expect(dueBy(10_000, schedule)).toBe(1)
  expect(dueBy(10_001, schedule)).toBe(1)
  expect(dueBy(10_002, schedule)).toBe(2)
  expect(dueBy(13_000, schedule)).toBe(1_501)
})

import { expect, it } from 'vitest'
import { slopeOf } from './memory-watch.ts'

it('finds the growth a minute of a line with noise that cancels out', () => {
  const samples = [0, 1, 2, 3].map((second) => ({
    atMinutes: second / 60,
    mib: 100 + second * 2 + (second % 3 === 0 ? 1 : -1),
  }))
  expect(slopeOf(samples)).toBeCloseTo(120, 6)
})

it('is 0 for a flat line and for a single sample', () => {
  expect(
    slopeOf([
      { atMinutes: 0, mib: 5 },
      { atMinutes: 1, mib: 5 },
    ]),
  ).toBe(0)
  expect(slopeOf([{ atMinutes: 0, mib: 5 }])).toBe(0)
})

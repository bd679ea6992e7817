import { expect, it } from 'vitest'
import { bootstrapInterval, median } from './statistics.ts'

it('takes the middle of an odd count and the mean of the middle two of an even one', () => {
  expect(median([9, 1, 5])).toBe(5)
  expect(median([4, 1, 2, 9])).toBe(3)
})

it('bounds the median within the values, tightly where they agree', () => {
  const [low, high] = bootstrapInterval([6.1, 6.2, 6, 6.3, 9])
  expect(low).toBeGreaterThanOrEqual(6)
  expect(high).toBeLessThanOrEqual(9)
  expect(low).toBeLessThanOrEqual(6.2)
  expect(high).toBeGreaterThanOrEqual(6.2)
  expect(bootstrapInterval([2, 2, 2])).toEqual([2, 2])
})

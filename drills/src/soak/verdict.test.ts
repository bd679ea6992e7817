import { expect, test } from 'vitest'
import { slicesOf } from './verdict.ts'

test('a short run is looked at as a whole', () => {
  expect(slicesOf([20_000, 0, 30_000])).toEqual([[0, 1, 2]])
})

test('of a long one no slice is larger than what is held at once, and each partition is in one', () => {
  expect(slicesOf([390_000, 360_000, 20_000, 20_000, 1])).toEqual([[0], [1, 2, 3], [4]])
})

test('a partition that is too large by itself is looked at all the same', () => {
  expect(slicesOf([900_000, 5])).toEqual([[0], [1]])
})

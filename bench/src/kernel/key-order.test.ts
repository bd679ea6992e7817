import { expect, it } from 'vitest'
import { createKeyOrder } from './key-order.ts'

it('lets keys run beside each other, and sees one that overlaps or comes back', () => {
  const keys = createKeyOrder()
  keys.begin('a', 1)
  keys.begin('b', 0)
  keys.end('a')
  keys.begin('a', 4)
  keys.end('a')
  keys.check()
  keys.begin('a', 2)
  expect(() => keys.check()).toThrow('2 of a began after 4')

  const overlapping = createKeyOrder()
  overlapping.begin('a', 1)
  overlapping.begin('a', 2)
  expect(() => overlapping.check()).toThrow('2 of a began while an earlier one ran')
})

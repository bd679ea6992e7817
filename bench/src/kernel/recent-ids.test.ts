import { expect, it } from 'vitest'
import { orderOf } from './order-event.ts'
import { createRecentIds } from './recent-ids.ts'

it('knows each of the last ids, however many came before, and takes no new one for a known one', () => {
  const recent = createRecentIds(1_024)
  for (let number = 0; number < 20_000; number++) {
    expect(recent.isNew(orderOf(number).orderId)).toBe(true)
    expect(recent.isNew(orderOf(Math.max(0, number - 500)).orderId)).toBe(false)
  }
})

import { partitionOf } from '@interchange/messaging'
import { expect, it } from 'vitest'
import { orderOf } from './order-event.ts'
import { partitionBatches } from './seed-orders.ts'

it.each([6, 64])(
  'sends every order once, in batches as large over %i partitions as there are orders for them',
  (partitions) => {
    const batches = [...partitionBatches(20_000, partitions)]
    expect(batches.flat().sort((one, other) => one - other)).toEqual(Array.from({ length: 20_000 }, (_, n) => n))
    const partitionsOf = batches.map((batch) => new Set(batch.map((n) => partitionOf(keyOf(n), partitions))))
    expect(partitionsOf.every(({ size }) => size === 1)).toBe(true)
    // A partition's batches are full but for its last one.
    const small = batches.filter(({ length }) => length !== 1_000)
    expect(small.length).toBeLessThanOrEqual(partitions)
    for (const batch of batches) expect(batch).toEqual([...batch].sort((one, other) => one - other))
  },
)

const keyOf = (number: number): Buffer => Buffer.from(orderOf(number).customerId)

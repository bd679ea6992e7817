import { expect, it } from 'vitest'
import { packRecords } from './packed-records.ts'
import { recordOf } from './seed-orders.ts'

it('gives back every record as it was, across chunks', () => {
  const made = (index: number) => recordOf('orders', 6, index, Buffer.alloc(3 * 1024 * 1024 + index, index))
  const packed = packRecords(7, 'orders', made)
  expect(packed.length).toBe(7)
  for (const [index, record] of packed.slice(2, 9).entries()) {
    const wanted = made(index + 2)
    expect(record.partition).toBe(wanted.partition)
    expect(record.key?.equals(wanted.key ?? Buffer.alloc(0))).toBe(true)
    expect(record.value?.equals(wanted.value ?? Buffer.alloc(0))).toBe(true)
    expect(record.headers.entries()).toEqual(wanted.headers.entries())
  }
  expect(packed.slice(2, 9)).toHaveLength(5)
  expect(packed.slice(7, 9)).toHaveLength(0)
})

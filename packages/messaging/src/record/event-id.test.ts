import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { derivedEventId, eventIdTimeMs, naturalEventId, newEventId, placeEventId } from './event-id.ts'

const timeMs = fc.integer({ min: 0, max: 2 ** 48 - 1 })

describe('event ids', () => {
  it('are UUIDv7 with their time inside when new', () => {
    fc.assert(
      fc.property(timeMs, (at) => {
        const id = newEventId(at)
        expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
        expect(eventIdTimeMs(id)).toBe(at)
      }),
    )
  })

  it('are the same for the same input, route and ordinal, keep the input time, and differ otherwise', () => {
    fc.assert(
      fc.property(timeMs, fc.nat(9), (at, ordinal) => {
        const input = newEventId(at)
        const derived = derivedEventId(input, 'group', ordinal)
        expect(derived).toBe(derivedEventId(input, 'group', ordinal))
        expect(eventIdTimeMs(derived)).toBe(at)
        expect(derived[14]).toBe('8')
        expect(derived).not.toBe(derivedEventId(input, 'group', ordinal + 1))
        expect(derived).not.toBe(derivedEventId(input, 'other', ordinal))
      }),
    )
  })

  it('never repeat, however many are made at one time', () => {
    const made = new Set(Array.from({ length: 50_000 }, () => newEventId(1_700_000_000_000)))
    expect(made.size).toBe(50_000)
  })

  it('do not confuse parts that run into each other', () => {
    expect(naturalEventId('ab', 'c', 5)).not.toBe(naturalEventId('a', 'bc', 5))
    expect(derivedEventId('1', '23', 4)).not.toBe(derivedEventId('12', '3', 4))
  })

  it('name a record without an id by its place, also with a time from before or after all time (X40, X46)', () => {
    for (const timestampMs of [0, -1, 1e18, 1_700_000_000_000]) {
      const id = placeEventId('t', 3, 17, timestampMs)
      expect(id).toBe(placeEventId('t', 3, 17, timestampMs))
      expect(eventIdTimeMs(id)).toBe(Math.min(Math.max(timestampMs, 0), 2 ** 48 - 1))
    }
    expect(placeEventId('t', 3, 17, 0)).not.toBe(placeEventId('t', 3, 18, 0))
  })

  it('have no time when they are no UUID', () => {
    expect(eventIdTimeMs('order-17')).toBeUndefined()
    expect(eventIdTimeMs(derivedEventId('order-17', 'g', 0))).toBe(0)
  })
})

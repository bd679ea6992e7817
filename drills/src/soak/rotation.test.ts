import { expect, test } from 'vitest'
import type { Fault } from '../faults/fault.ts'
import { createRotation, isNoisy, type Turn, turns } from './rotation.ts'

const fault = (name: string): Fault => ({ name, carryOut: async () => '' })
const free: ReadonlySet<Turn['victim']> = new Set()

test('every turn comes once before one comes again', () => {
  const next = createRotation(Math.random)
  const rounds = [1, 2].map(() => turns.map(() => next(free)))
  for (const round of rounds) expect(new Set(round)).toEqual(new Set(turns))
})

test('a victim that is busy is left alone, and its turn comes later', () => {
  const all: readonly Turn[] = [
    { fault: fault('kill'), victim: 'members' },
    { fault: fault('reset'), victim: 'network' },
  ]
  const next = createRotation(Math.random, all)
  expect(next(new Set(['members']))?.fault.name).toBe('reset')
  expect(next(new Set(['members']))).toBeUndefined()
  expect(next(free)?.fault.name).toBe('kill')
})

test('three quarters of an hour have faults, a minute in four has none', () => {
  const minute = 60_000
  const noisy = Array.from({ length: 60 }, (_, index) => isNoisy(index * minute + minute / 2, 60 * minute))
  expect(noisy.filter((each) => each)).toHaveLength(45)
  expect(noisy.slice(0, 5)).toEqual([true, true, true, false, true])
})

test('a short soak has its quiet quarter too', () => {
  expect([10, 50, 100, 170].map((second) => isNoisy(second * 1_000, 180_000))).toEqual([true, true, true, false])
})

import { expect, it } from 'vitest'
import { mayStartRound } from './round-budget.ts'

it('starts a round only when one as long as the longest so far still ends in time', () => {
  const spent = { elapsedMs: 500_000, roundsMs: [150_000, 200_000], closingMs: 30_000, budgetMs: 750_000 }
  expect(mayStartRound(spent)).toBe(true)
  expect(mayStartRound({ ...spent, elapsedMs: 500_001 })).toBe(false)
  expect(mayStartRound({ ...spent, closingMs: 31_000 })).toBe(false)
})

it('measures every arm once, however little time there is', () => {
  expect(mayStartRound({ elapsedMs: 900_000, roundsMs: [], closingMs: 0, budgetMs: 1 })).toBe(true)
})

import type { Checker, Violation } from './checkers/check.ts'
import { checkAccounting } from './checkers/check-accounting.ts'
import { checkCommits } from './checkers/check-commits.ts'
import { checkHeld } from './checkers/check-held.ts'
import { checkLog } from './checkers/check-log.ts'
import { checkOnce } from './checkers/check-once.ts'
import { checkOrder } from './checkers/check-order.ts'
import { checkOwnership } from './checkers/check-ownership.ts'
import { checkRelay } from './checkers/check-relay.ts'
import { checkReplays } from './checkers/check-replays.ts'
import { checkRetries } from './checkers/check-retries.ts'
import { checkWaiting } from './checkers/check-waiting.ts'
import { createEnds } from './checkers/ends.ts'
import type { Happened } from './history.ts'
import type { Plan } from './plan.ts'

export type { Violation } from './checkers/check.ts'

const checkers: readonly Checker[] = [
  checkLog,
  checkOrder,
  checkOnce,
  checkCommits,
  checkOwnership,
  checkAccounting,
  checkWaiting,
  checkReplays,
  checkHeld,
  checkRetries,
  checkRelay,
]

/** Holds a history against every invariant; in the order of the history. */
export const checkHistory = (plan: Plan, history: readonly Happened[]): Violation[] => {
  const violations: Violation[] = []
  const ends = createEnds(plan)
  let index = 0
  const running = checkers.map((checker) =>
    checker(plan, (invariant, detail) => violations.push({ invariant, detail, index }), ends),
  )
  for (const event of history) {
    ends.see(event)
    for (const check of running) check(event)
    index++
  }
  return violations
}

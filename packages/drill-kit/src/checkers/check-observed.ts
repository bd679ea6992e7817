import type { Observed } from '../history/observed.ts'
import type { Checker, Invariant, Violation } from './check.ts'
import { checkAccounting, checkOnce, checkOrder, checkRecovery } from './check-ends.ts'
import { checkCommits, checkDeliveries, checkOwnership } from './check-group.ts'
import { checkLetters, checkLost, checkPhantoms, checkPlaces, checkSendOrder } from './check-log.ts'
import { checkReplays } from './check-replays.ts'
import { checkBooks, checkCopies, checkReads, checkWhole } from './check-transactions.ts'

const checkers: Readonly<Record<Invariant, Checker>> = {
  V1: checkLost,
  V2: checkPhantoms,
  V3: checkReads,
  V4: checkCopies,
  V5: checkWhole,
  V6: checkPlaces,
  V7: checkDeliveries,
  V8: checkSendOrder,
  V9: checkOrder,
  V10: checkOnce,
  V11: checkBooks,
  V12: checkCommits,
  V13: checkOwnership,
  V14: checkAccounting,
  V15: checkLetters,
  V16: checkReplays,
  V17: checkRecovery,
}

/** Holds what was observed against the invariants a drill names; every violation, in the order of the names. */
export const checkObserved = (observed: Observed, names: readonly Invariant[]): readonly Violation[] =>
  names.flatMap((name) => checkers[name](observed))

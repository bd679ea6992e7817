import { type Mutant, kernelMutant as mutant } from './mutant.ts'

/** What the simulator found in the kernel, made again. */
export const foundMutants: readonly Mutant[] = [
  mutant(
    'waits-ahead-of-uncommitted',
    'consume/waiting/parking.ts',
    "message.stage === 'waiting' && isBehindUncommitted(message)",
    'message.dueMs < 0 && isBehindUncommitted(message)',
  ),
  mutant(
    'let-in-while-retried',
    'consume/waiting/parking.ts',
    "if (message.room === 'turned-away') message.room = 'out'",
    '',
  ),
  mutant(
    'restored-retry-kept',
    'consume/failures.ts',
    "if (next.room === 'in') next.owner.room?.held.set(next.offset, next)",
    '',
  ),
  mutant(
    'fenced-overtaken',
    'consume/waiting/waiting-message.ts',
    "message.room === 'in' || isBehindWaiting(room.held, message) ?",
    "message.room === 'in' ?",
  ),
  mutant('claim-not-awaited', 'consume/rebalance.ts', ' && room?.claiming !== true', ''),
  mutant(
    'row-goes-before-outcome',
    'consume/create-consumer-group.ts',
    "buried: (message) => settlement.conclude(message, 'dead-lettered')",
    "buried: (message) => parking.takeOut(message, () => settlement.conclude(message, 'dead-lettered'))",
  ),
  mutant(
    'schema-comes-too-late',
    'consume/attempts.ts',
    'if (message.owner.draining || isEnding(state)) results.dropped(message)',
    'if (message.attempt === 0) results.dropped(message)',
  ),
  mutant('lost-partitions-kept', 'consume/rebalance.ts', 'dropAllBut(partitions)\n', '\n'),
]

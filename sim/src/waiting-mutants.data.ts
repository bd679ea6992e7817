import { type Mutant, kernelMutant as mutant } from './mutant.ts'

const parking = 'consume/waiting/parking.ts'
const restored = 'consume/waiting/waiting-message.ts'
const attempts = 'consume/attempts.ts'

/** The waiting table, replay lanes, outcomes that the store tells, schemas that are missing. */
export const waitingMutants: readonly Mutant[] = [
  mutant(
    'waiting-not-awaited',
    parking,
    "message.room = 'entering'",
    "message.room = 'entering'\n    message.owner.tracker.settle(message.sequence)\n    commits.touch(message.owner)",
  ),
  mutant(
    'waiting-without-order',
    parking,
    'message.dueMs = clock.now() + delayMs',
    'message.dueMs = clock.now() + delayMs\n    message.owner.lanes.release(message)',
  ),
  mutant(
    'take-over-not-awaited',
    'consume/intake.ts',
    'room !== undefined && room.claim === undefined',
    'room !== undefined && room.claim === undefined && batch.records.length === 0',
  ),
  mutant(
    'take-over-incomplete',
    parking,
    'for (const record of records) {',
    'for (const record of records.slice(1)) {',
  ),
  mutant(
    'take-over-backwards',
    parking,
    'for (const record of records) {',
    'for (const record of records.toReversed()) {',
  ),
  mutant('take-over-tries-early', restored, 'message.dueMs = dueMs', 'message.dueMs = dueMs * 0'),
  mutant('take-over-counts-anew', restored, 'owner, attempts + 1,', 'owner, attempts * 0 + 1,'),
  mutant(
    'hold-back-ignored',
    parking,
    "message.stage !== 'queued' || message.dueMs <= clock.now()",
    "message.stage !== 'queued' || message.dueMs >= 0",
  ),
  mutant('waiting-never-leaves', 'consume/effect-batches.ts', 'claim: commitClaimOf(message)', 'claim: undefined'),
  mutant(
    'letter-leaves-its-row',
    'consume/create-consumer-group.ts',
    'leaves ? () => parking.takeOut(message, then) : then',
    'leaves ? then : then',
  ),
  mutant('room-overfull', 'consume/waiting/partition-room.ts', 'room.bytes === 0 ||', 'room.bytes >= 0 ||'),
  mutant('turned-away-forgotten', parking, 'admitTurnedAway(message.owner, room)', 'void admitTurnedAway'),
  mutant('turned-away-overtaken', parking, 'room.turnedAway.size === 0 && fits', 'fits'),
  mutant('room-forgotten', 'consume/message.ts', "if (this.room === 'in') next.room = 'in'", ''),
  mutant('waiting-taken-again', 'consume/intake.ts', 'if (waits !== undefined) {', 'if (waits?.attempt === 0) {'),
  mutant(
    'lane-outcome-forgotten',
    'consume/message.ts',
    'attempt > 1 || owner.replayLane',
    'attempt > 1 || owner.replayLane === undefined',
  ),
  mutant('lane-replay-unnamed', 'consume/dead-letters/letters.ts', 'replayId: message.replayId', 'replayId: undefined'),
  mutant(
    'lane-failure-misnamed',
    'consume/settlement.ts',
    "message.owner.replayLane ? 'failed-again' : 'dead-lettered'",
    "'dead-lettered'",
  ),
  mutant(
    'lane-headers-kept',
    'consume/dead-letters/dead-letter.ts',
    'headers.take(original), count: original,',
    'headers, count: original * 0 + count,',
  ),
  mutant(
    'replay-believed-anywhere',
    'consume/message.ts',
    'return this.owner.replayLane ? letterFacts(',
    'return this.owner.topic !== undefined ? letterFacts(',
  ),
  mutant(
    'lane-waits-in-room',
    'consume/owned-partition.ts',
    'route.room === undefined || replayLane ?',
    'route.room === undefined ?',
  ),
  mutant(
    'outcome-told-by-nobody',
    'consume/effect-batches.ts',
    'isToldOf(message) ?',
    'isToldOf(message) && nowMs < 0 ?',
  ),
  mutant(
    'outcome-left-to-the-store',
    'consume/settlement.ts',
    'owner.route.store?.tellsOutcomes === true &&',
    'owner.route.store !== undefined &&',
  ),
  mutant(
    'schema-outage-buried',
    attempts,
    'else start(message)\n      },\n      (error) => answered(message) && results.failed(message, error)',
    'else start(message)\n      },\n      () => answered(message) && results.failed(message, stillMissing())',
  ),
  mutant(
    'schema-not-awaited',
    attempts,
    'value === tombstone || value === schemaMissing ? value',
    'value === tombstone ? value',
  ),
  mutant(
    'schema-asked-once',
    attempts,
    'const forget = (): unknown => resolving.delete(flight)',
    'const forget = (): unknown => flight',
  ),
]

import { type Mutant, kernelMutant as mutant } from './mutant.ts'

const group = 'consume/create-consumer-group.ts'
const held = 'consume/waiting/held-keys.ts'
const record = 'consume/retry-topics/retry-record.ts'
const lanes = 'consume/retry-topics/retry-lanes.ts'

/** Keys that wait behind a dead letter, and the retry topics. */
export const heldMutants: readonly Mutant[] = [
  mutant(
    'hold-not-awaited',
    held,
    'else hold(heldKeys, message, then)',
    'else {\n      hold(heldKeys, message, () => undefined)\n      then()\n    }',
  ),
  mutant('hold-without-lane', held, 'owner.lanes.join(letter)', 'void letter'),
  mutant(
    'hold-in-one-batch',
    group,
    'if (owner.route.heldKeys === undefined) releaseLane(message)',
    'if (owner.route.group !== undefined) releaseLane(message)',
  ),
  mutant('hold-forgotten-at-take-over', held, 'for (const one of held) {', 'for (const one of held.slice(1)) {'),
  mutant(
    'hold-let-go-by-failure',
    held,
    "owner.replayLane === (as === 'dead-lettered')",
    "!owner.replayLane && as !== 'dead-lettered'",
  ),
  mutant(
    'hold-let-go-by-nobody',
    held,
    'else if (owner.replayLane) release(heldKeys, message, then)',
    'else if (owner.replayLane) then()',
  ),
  mutant('hold-let-go-unasked', held, 'if (!held.has(placeOf(letter))) letGo(letter)', 'letGo(letter)'),
  mutant('hold-looked-at-once', held, 'if (owned.length > 0 && !isEnding(state))', 'if (owned.length < 0)'),
  mutant(
    'retry-not-awaited',
    group,
    'retryTopics.write(message, history, () => settlement.moved(message))',
    '(retryTopics.write(message, history, () => undefined), settlement.moved(message))',
  ),
  mutant('retry-early', lanes, 'next.dueMs <= nowMs', 'next.dueMs > 0'),
  mutant('retry-stays-asleep', lanes, 'letIn()\n      arm()', 'letIn()'),
  mutant('retry-counts-anew', record, 'attempts + 1, history)', 'attempts * 0 + 1, history)'),
  mutant('retry-headers-mixed', record, 'value: String(count)', 'value: String(count * 0)'),
  mutant('retry-place-lost', record, 'value: original.offset', 'value: String(record.offset)'),
]

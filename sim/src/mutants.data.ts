import { foundMutants } from './found-mutants.data.ts'
import { heldMutants } from './held-mutants.data.ts'
import { type Mutant, kernelMutant as mutant } from './mutant.ts'
import { relayMutants } from './relay-mutants.data.ts'
import { waitingMutants } from './waiting-mutants.data.ts'

const batches = 'consume/effect-batches.ts'
const tracker = 'consume/offset-tracker.ts'
const sends = 'publish/send-queue.ts'
const outputs = 'consume/outputs.ts'

export const mutants: readonly Mutant[] = [
  mutant(
    'commit-before-effect',
    'consume/create-consumer-group.ts',
    'if (owner.route.store !== undefined) batches.add(message)',
    `if (owner.route.store !== undefined) {
      batches.add(message)
      owner.tracker.settle(message.sequence)
      commits.touch(owner)
    }`,
  ),
  mutant(
    'store-outage-settles',
    batches,
    'await pause(Math.max',
    "for (const message of batch) settled(message, 'done')\n        return true\n        await pause(Math.max",
  ),
  mutant(
    'store-answers-shifted',
    batches,
    'apply(message, results[index])',
    'apply(message, results[(index + 1) % batch.length])',
  ),
  mutant(
    'store-duplicate-refused',
    batches,
    "if (result === 'done' || result === 'duplicate') settled(message, result)",
    "if (result === 'done') settled(message, result)\n    else if (result === 'duplicate') failed(message, new InterchangeError('ICX_INBOX_CONFLICT', '', { class: 'contract' }))",
  ),
  mutant(
    'effects-out-of-order',
    batches,
    'const entries = batch.map((message) => entryOf(message, nowMs))',
    'const entries = batch.map((message) => entryOf(message, nowMs)).reverse()',
  ),
  mutant('no-epoch-check', 'consume/intake.ts', 'partition.epoch !== batch.epoch ||', ''),
  mutant(
    'fetched-twice-taken',
    'consume/intake.ts',
    'if (tracker.end !== undefined && record.offset < tracker.end) continue',
    '',
  ),
  mutant(
    'take-over-forgotten',
    'consume/intake.ts',
    'takeOver(partition, record)) continue',
    'takeOver === undefined) continue',
  ),
  mutant('commit-past-unsettled', tracker, 'return head === tail ? end : offsets[head & (capacity - 1)]', 'return end'),
  mutant(
    'tracker-off-by-one',
    tracker,
    'return head === tail ? end : offsets[head & (capacity - 1)]',
    'return head === tail ? end : (offsets[head & (capacity - 1)] ?? 0) + 1',
  ),
  mutant(
    'tracker-settles-below',
    tracker,
    'if (sequence !== head) return',
    'for (let below = head; below < sequence; below++) items[below & (capacity - 1)] = undefined',
  ),
  mutant(
    'commits-overtake',
    'consume/commits.ts',
    'underWay = underWay.then(() => commit(partitions))',
    'underWay = commit(partitions)',
  ),
  mutant('letter-not-awaited', 'consume/dead-letters/letters.ts', 'queue.add({', 'written()\n    queue.add({'),
  mutant(
    'outcome-not-awaited',
    'consume/settlement.ts',
    '() => pass(message, as))',
    '(pass(message, as), () => undefined))',
  ),
  mutant(
    'letter-headers-lost',
    'consume/dead-letters/dead-letter.ts',
    'headers: block.append(entries)',
    'headers: HeaderBlock.empty.append(entries)',
  ),
  mutant(
    'outage-dead-lettered',
    'failure/retry-policy.ts',
    "    case 'outage':\n      return 'retry'",
    "    case 'outage':\n      return 'dead-letter'",
  ),
  mutant(
    'outage-spends-attempts',
    'consume/failures.ts',
    "failure.failureClass !== 'outage' && failure.failureClass !== 'not-yet'",
    "failure.failureClass !== 'not-yet'",
  ),
  mutant(
    'transient-gives-up',
    'failure/retry-policy.ts',
    "return attempts < policy.attemptsMax ? 'retry' : 'dead-letter'",
    "return 'dead-letter'",
  ),
  mutant(
    'poison-retried',
    'failure/retry-policy.ts',
    "    case 'poison':\n      return 'dead-letter'",
    "    case 'poison':\n      return 'retry'",
  ),
  mutant('lanes-ignored', 'consume/lanes.ts', 'if (lanes.size === 0 || !waitsBehind(item)) return item', 'return item'),
  mutant(
    'retry-without-order',
    'consume/failures.ts',
    'lanes.handOver(message, next)',
    'lanes.handOver(message, next)\n    lanes.release(next)',
  ),
  mutant(
    'revoke-not-awaited',
    'consume/rebalance.ts',
    'busy === 0 && room?.claiming !== true',
    'busy >= 0 && room?.claiming !== true',
  ),
  mutant(
    'revoke-keeps-waiting',
    'consume/rebalance.ts',
    'dropUnstarted(state, present)\n        leaving',
    'present.draining = true\n        present.lanes.drain()\n        leaving',
  ),
  mutant('revoke-retries', 'consume/failures.ts', 'message.owner.draining || isEnding(state)', 'isEnding(state)'),
  mutant(
    'derived-id-random',
    outputs,
    'derivedEventId(message.messageId, group, ordinal)',
    "derivedEventId(message.messageId + ':' + clock.now(), group, ordinal)",
  ),
  mutant(
    'derived-id-shared',
    outputs,
    'derivedEventId(message.messageId, group, ordinal)',
    'derivedEventId(message.messageId, group, ordinal * 0)',
  ),
  mutant('derived-time-now', outputs, 'timeMs: message.timeMs', 'timeMs: clock.now()'),
  mutant(
    'settled-at-first-output',
    outputs,
    'if (--left === 0 && !over) acknowledged()',
    'if (left-- === outputs.length && !over) acknowledged()',
  ),
  mutant(
    'unknown-is-ok',
    sends,
    '(outcomes) => arrived(queue, batch, outcomes,',
    "(outcomes) => arrived(queue, batch, outcomes.map((told) => (told.status === 'unknown' ? { status: 'ok', offset: 0 } : told)),",
  ),
  mutant(
    'unknown-is-refused',
    'publish/queued-send.ts',
    "outcome.status === 'unknown' ||",
    "outcome.status !== 'unknown' &&",
  ),
  mutant(
    'resend-behind',
    'publish/partition-queue.ts',
    'queue.pending.unshift(again)',
    'for (const pending of again) queue.pending.push(pending)',
  ),
  mutant('sends-overtake', sends, '    queue.sending = true\n', ''),
  mutant(
    'deadline-ignored',
    'consume/attempts.ts',
    'if (nowMs - message.startedAtMs < timeoutMs) continue',
    'if (timeoutMs > 0) continue',
  ),
  mutant('gate-stays-closed', 'consume/outages/gate.ts', 'limit = 1\n', 'limit = 0\n'),
  mutant('window-stays-shut', 'consume/intake.ts', 'setImmediate(resume)', 'void resume'),
  ...waitingMutants,
  ...relayMutants,
  ...heldMutants,
  ...foundMutants,
]

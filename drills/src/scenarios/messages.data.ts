import { dropBombs, dropPackedBomb } from '../faults/bombs.ts'
import { dependencyAway } from '../faults/dependency.ts'
import { blockingHandler, deadlyHandler, hangingHandler, slowHandlers, throwingHandlers } from '../faults/handlers.ts'
import { letterTopicDenied, letterTopicMissing, letterTopicRefuses } from '../faults/letters.ts'
import { oddNeighbours } from '../faults/odd-records.ts'
import { deletePastCommit, rewind } from '../faults/operator.ts'
import { growTopic, recreateTopic } from '../faults/topics.ts'
import { killWhileWaiting, restartWhileWaiting } from '../faults/waiting.ts'
import type { Scenario } from '../scenario.ts'
import { delivery, load } from './delivery.ts'

/** Tries that end soon, so that a drill need not wait for what the defaults do as well. */
const quickRetry = { attemptsMax: 2, waitingAttemptsMax: 1, waitingBackoffMs: 1_000 }

/** Whoever asks may do what no rule is about. */
const authorizing = {
  'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
  'allow.everyone.if.no.acl.found': true,
}

/** Family B of the catalogue, continued: what single messages, their handlers and those who run a group can do to it. */
export const messageScenarios: readonly Scenario[] = [
  {
    name: 'B5',
    title: 'slow-handler',
    says: 'Gives a member a message whose handler takes three session timeouts, and others whose handlers never settle. Nobody may lose a partition for it, a handler is given up at its deadline, and the others go on.',
    brokers: 1,
    members: 2,
    load,
    handling: { timeoutMs: 20_000, retry: quickRetry },
    faults: [
      { fault: slowHandlers, times: { smoke: 0, full: 10 }, everyMs: 0 },
      { fault: hangingHandler, times: { smoke: 0, full: 3 }, everyMs: 0 },
    ],
    settleMs: 30_000,
    invariants: delivery,
    bounds: { rebalances: 0 },
  },
  {
    name: 'B6',
    title: 'poison-positions',
    says: 'Puts each of three dozen bad records at the first, a middle and the last place of a batch of good ones. Each must become one dead letter or be handled as it is, and the good ones go through in order and nearly as fast as without.',
    brokers: 1,
    members: 2,
    registry: true,
    load,
    faults: [{ fault: oddNeighbours, times: { smoke: 1, full: 10 }, everyMs: 2_000 }],
    settleMs: 30_000,
    invariants: [...delivery, 'V15'],
    bounds: { goodLossPercent: 10 },
  },
  {
    name: 'B8',
    title: 'handler-crash-kinds',
    says: 'Sends messages whose handlers throw whatever can be thrown, answer twice, end or block the process or exhaust its memory. Each that cannot be handled becomes a dead letter, everything else goes on, and no partition may be silent for longer than two session timeouts and a restart.',
    brokers: 1,
    members: 2,
    load,
    handling: { retry: quickRetry },
    faults: [
      { fault: throwingHandlers, times: { smoke: 1, full: 5 }, everyMs: 0 },
      { fault: deadlyHandler('ends the process'), times: { smoke: 1, full: 5 }, everyMs: 3_000 },
      { fault: deadlyHandler('leaves a rejection unawaited'), times: { smoke: 0, full: 5 }, everyMs: 3_000 },
      { fault: deadlyHandler('exhausts the memory'), times: { smoke: 0, full: 5 }, everyMs: 3_000 },
      { fault: blockingHandler, times: { smoke: 0, full: 5 }, everyMs: 3_000 },
    ],
    settleMs: 30_000,
    invariants: [...delivery, 'V15'],
    bounds: { stallMs: 15_000 },
  },
  {
    name: 'B9',
    title: 'retry-timing',
    says: 'Sets the clocks of members an hour ahead or behind, lets messages fail and wait in the table, and restarts all members or kills one. Each message must be tried again never early, and at most a second late.',
    brokers: 1,
    members: 2,
    load,
    handling: {
      retry: { attemptsMax: 1, waitingAttemptsMax: 2, waitingBackoffMs: 40_000 },
      clockOffMs: 3_600_000,
    },
    faults: [
      { fault: restartWhileWaiting, times: { smoke: 0, full: 5 }, everyMs: 0 },
      { fault: killWhileWaiting, times: { smoke: 0, full: 5 }, everyMs: 0 },
    ],
    settleMs: 30_000,
    invariants: delivery,
    bounds: { dueLateMs: 1_000, dueEarlyMs: 0 },
  },
  {
    name: 'B10',
    title: 'letters-unwritable',
    says: 'Makes messages that no handler can take while the topic of the dead letters is missing, or refuses them. The group must say so, pass nothing, and write each letter once it can.',
    brokers: 1,
    members: 2,
    load,
    faults: [
      { fault: letterTopicMissing(1_000), times: { smoke: 0, full: 1 }, everyMs: 0 },
      { fault: letterTopicRefuses(1_000), times: { smoke: 1, full: 5 }, everyMs: 0 },
    ],
    settleMs: 30_000,
    invariants: [...delivery, 'V15'],
  },
  {
    name: 'B10-denied',
    title: 'letters-denied',
    says: 'Makes messages that no handler can take while the broker forbids everybody to write dead letters. The group must say so, pass nothing, and write each letter once it may.',
    brokers: 1,
    ownBrokers: { settings: authorizing },
    members: 2,
    load,
    faults: [{ fault: letterTopicDenied(1_000), times: { smoke: 0, full: 5 }, everyMs: 0 }],
    settleMs: 30_000,
    invariants: [...delivery, 'V15'],
  },
  {
    name: 'B11',
    title: 'offset-out-of-range',
    says: 'Deletes records past what a group has committed while its members are away. They must end and say why when they come back, and not move the group until an operator does.',
    brokers: 1,
    members: 2,
    load,
    faults: [{ fault: deletePastCommit, times: { smoke: 1, full: 5 }, everyMs: 2_000 }],
    settleMs: 30_000,
    invariants: delivery,
  },
  {
    name: 'B12',
    title: 'partitions-grown',
    says: 'Adds partitions to the topic while its members run, and sends a writer that knows them. They must be read from their beginning without a restart, and a dead letter of one waits, with an alarm, until its own topic has grown too.',
    brokers: 1,
    members: 2,
    partitions: 3,
    load,
    handling: { metadataMaxAgeMs: 1_000 },
    faults: [{ fault: growTopic, times: { smoke: 0, full: 1 }, everyMs: 1_000 }],
    settleMs: 30_000,
    invariants: [...delivery, 'V15'],
  },
  {
    name: 'B12-new',
    title: 'topic-recreated',
    says: 'Deletes the topic, with all of it done, and makes it anew while its members run. They must read it from its beginning, also if they end for it and are started again, and no offset or id of the old one may stand in the way of a new message.',
    brokers: 1,
    members: 2,
    load,
    faults: [{ fault: recreateTopic, times: { smoke: 0, full: 3 }, everyMs: 3_000 }],
    settleMs: 30_000,
    // A place is another record's afterwards, and places begin anew.
    invariants: delivery.filter((name) => name !== 'V6' && name !== 'V8'),
  },
  {
    name: 'B14',
    title: 'dependency-outage',
    says: 'Takes away the HTTP server that every handler asks: it refuses connections, answers 503 or says nothing. The members must wait and probe instead of trying everything again, bury and put aside nothing, and be done soon after.',
    brokers: 1,
    members: 2,
    load: { ...load, perSecond: 100 },
    handling: { asks: true },
    faults: [
      { fault: dependencyAway({ kind: 'down' }, 4_000), times: { smoke: 1, full: 4 }, everyMs: 1_000 },
      { fault: dependencyAway({ kind: 'down' }, 60_000), times: { smoke: 0, full: 1 }, everyMs: 1_000 },
      {
        fault: dependencyAway({ kind: 'status', status: 503 }, 4_000),
        times: { smoke: 0, full: 4 },
        everyMs: 1_000,
      },
      { fault: dependencyAway({ kind: 'silence' }, 10_000), times: { smoke: 0, full: 4 }, everyMs: 1_000 },
    ],
    settleMs: 30_000,
    invariants: delivery,
    bounds: { probesPerSecond: 10, putAsidePercent: 1 },
  },
  {
    name: 'B15',
    title: 'rewind-dedup',
    says: 'Sets the offsets of the group back to the beginning of the log, so that its members are given everything again. No message may have its effect a second time.',
    brokers: 1,
    members: 2,
    load: { ...load, perSecond: 500 },
    faults: [{ fault: rewind, times: { smoke: 1, full: 5 }, everyMs: 4_000 }],
    settleMs: 60_000,
    invariants: delivery,
  },
  {
    name: 'B17',
    title: 'bombs',
    says: 'Sends records that are large or deep for whoever takes them apart, and batches that unpack to a thousand times their size. Each record becomes a dead letter, a batch that cannot be unpacked ends the members aloud until an operator moves the group past it, and memory and the time for one thing stay bounded.',
    brokers: 1,
    members: 2,
    load,
    handling: { vitals: true },
    faults: [
      { fault: dropPackedBomb('gzip'), times: { smoke: 0, full: 2 }, everyMs: 2_000 },
      { fault: dropPackedBomb('zstd'), times: { smoke: 0, full: 2 }, everyMs: 2_000 },
      // Behind those: what is deleted for them would take originals of letters along.
      { fault: dropBombs, times: { smoke: 0, full: 10 }, everyMs: 1_000 },
    ],
    settleMs: 60_000,
    invariants: [...delivery, 'V15'],
    bounds: { memoryMb: 384, blockedMs: 250 },
  },
]

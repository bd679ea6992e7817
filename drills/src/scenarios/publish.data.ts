import { killLeaderInFlight, loseProduceAnswer } from '../faults/brokers.ts'
import { crashRelay } from '../faults/crash-relay.ts'
import { freezeRelay } from '../faults/freeze-relay.ts'
import { outliveProducerIds } from '../faults/outlive-producer-ids.ts'
import { database, network } from '../faults/toxics.ts'
import type { Scenario } from '../scenario.ts'
import { delivery, load } from './delivery.ts'

const relayPoints = ['query.after', 'send.before', 'send.after', 'transaction.before', 'transaction.uncommitted']

/** Family A of the catalogue: faults of publishing and the outbox. */
export const publishScenarios: readonly Scenario[] = [
  {
    name: 'A1',
    title: 'outbox-crash-points',
    says: 'Kills the relay of an outbox (SIGKILL) at each step of its work, again and again. Every committed row must arrive, its effects once and in the order of its key.',
    brokers: 1,
    members: 1,
    load: { by: 'outbox', keys: 20, perSecond: 200 },
    faults: relayPoints.map((point) => ({
      fault: crashRelay(point),
      times: { smoke: 1, full: 40 },
      everyMs: 0,
    })),
    settleMs: 30_000,
    invariants: delivery,
  },
  {
    name: 'A2',
    title: 'leader-kill-in-flight',
    says: 'Kills a broker of three (SIGKILL) while a send to it is on its way, and starts it again. Every send that was acknowledged must be in the log, where the sender was told.',
    brokers: 3,
    members: 1,
    load,
    faults: [{ fault: killLeaderInFlight, times: { smoke: 1, full: 30 }, everyMs: 3_000 }],
    settleMs: 60_000,
    invariants: delivery,
  },
  {
    name: 'A2-stock',
    title: 'leader-kill-in-flight, stock kafkajs',
    says: 'Does the same to a producer of stock kafkajs 2.2.4 that sends to several partitions at once. It must lose acknowledged sends, or the drill above proves nothing.',
    brokers: 3,
    members: 0,
    load: { by: 'stock-kafkajs', keys: 6, perSecond: 50 },
    faults: [{ fault: killLeaderInFlight, times: { smoke: 2, full: 5 }, everyMs: 3_000 }],
    settleMs: 60_000,
    invariants: ['V1'],
    mustBreak: true,
  },
  {
    name: 'A3',
    title: 'produce-answer-lost',
    says: 'Lets a broker write a send, swallows its answer and resets the connection. The send must be repeated under its id and have its effect once, in the order of its key.',
    brokers: 1,
    members: 1,
    load,
    faults: [{ fault: loseProduceAnswer, times: { smoke: 5, full: 200 }, everyMs: 500 }],
    settleMs: 30_000,
    invariants: delivery,
  },
  {
    name: 'A4',
    title: 'slow-acknowledgement',
    says: 'Lets brokers write sends and holds their answers for longer than a sender waits for one. A send whose fate is open must be repeated and never called failed, and have its effect once, in the order of its key.',
    brokers: 1,
    members: 1,
    load: { ...load, requestTimeoutMs: 1_500 },
    faults: [
      {
        fault: network({ kind: 'hold-answer', request: 'produce' }, 4_000),
        times: { smoke: 1, full: 20 },
        everyMs: 1_000,
      },
      {
        fault: network({ kind: 'hold-answer', request: 'produce' }, 31_000),
        times: { smoke: 0, full: 2 },
        everyMs: 1_000,
      },
    ],
    settleMs: 30_000,
    invariants: delivery,
  },
  {
    name: 'A7',
    title: 'producer-id-expired',
    says: 'Lets nothing be sent until the broker has forgotten the producer ids and the transactional ids of members that publish in transactions. They must begin anew by themselves when messages come again, each with its outputs and offset whole and once.',
    brokers: 1,
    ownBrokers: {
      settings: {
        'producer.id.expiration.ms': 2_000,
        'producer.id.expiration.check.interval.ms': 500,
        'transactional.id.expiration.ms': 2_000,
        'transaction.remove.expired.transaction.cleanup.interval.ms': 500,
      },
    },
    members: 2,
    work: 'transfers',
    load: { ...load, perSecond: 100 },
    faults: [{ fault: outliveProducerIds, times: { smoke: 0, full: 10 }, everyMs: 2_000 }],
    settleMs: 30_000,
    invariants: [...delivery, 'V4', 'V5'],
  },
  {
    name: 'A8',
    title: 'relay-zombie',
    says: 'Stops the relay that holds the lease of an outbox where it is (SIGSTOP) until a second one has taken over, then lets it go on. What it still has in its hands must turn no key round and move no cursor back, and every row must have its effect once.',
    brokers: 1,
    members: 1,
    load: { by: 'outbox', keys: 20, perSecond: 200 },
    faults: [{ fault: freezeRelay, times: { smoke: 1, full: 30 }, everyMs: 500 }],
    settleMs: 30_000,
    invariants: delivery,
  },
  {
    name: 'A11',
    title: 'database-down',
    says: 'Takes the database away from the members: connections end and new ones are refused. Offsets must not pass what is not committed, nothing may become a dead letter, and all must be settled soon after.',
    brokers: 1,
    members: 2,
    load,
    faults: [
      {
        fault: database({ kind: 'down' }, 6_000),
        times: { smoke: 1, full: 10 },
        everyMs: 2_000,
      },
    ],
    settleMs: 30_000,
    invariants: delivery,
  },
]

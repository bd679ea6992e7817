import { freezeMember, joinAndLeave, killMember, restartMember } from '../faults/members.ts'
import { poison } from '../faults/poison.ts'
import type { Scenario } from '../scenario.ts'
import { delivery, load } from './delivery.ts'

/** Family B of the catalogue: faults of a consumer group. */
export const consumeScenarios: readonly Scenario[] = [
  {
    name: 'B1',
    title: 'consumer-kill9',
    says: 'Kills one of three members of a group (SIGKILL) every few seconds and starts it anew. Nothing may be lost, done twice or out of order, and no offset may pass what is not done.',
    brokers: 1,
    members: 3,
    load,
    faults: [{ fault: killMember, times: { smoke: 2, full: 36 }, everyMs: 5_000 }],
    settleMs: 30_000,
    invariants: delivery,
  },
  {
    name: 'B2',
    title: 'consumer-zombie',
    says: 'Stops a member where it is (SIGSTOP) until another has taken its partitions, then lets it go on. What it still believes to own it must not write to, neither offsets nor effects.',
    brokers: 1,
    members: 2,
    load,
    faults: [{ fault: freezeMember, times: { smoke: 1, full: 50 }, everyMs: 3_000 }],
    settleMs: 30_000,
    invariants: delivery,
  },
  {
    name: 'B3',
    title: 'rolling-restart',
    says: 'Ends one member after the other in good order (SIGTERM) and starts it again, as a deployment does. Each must be gone within ten seconds, and nothing may be lost or done twice.',
    brokers: 1,
    members: 2,
    load,
    faults: [{ fault: restartMember, times: { smoke: 2, full: 30 }, everyMs: 2_000 }],
    settleMs: 30_000,
    invariants: delivery,
  },
  {
    name: 'B4',
    title: 'rebalance-storm',
    says: 'Lets one more member join the group and leave it again, as often as it can. Within each assignment offsets must grow without a gap, and effects happen once and in order.',
    brokers: 1,
    members: 2,
    load,
    faults: [{ fault: joinAndLeave, times: { smoke: 3, full: 40 }, everyMs: 0 }],
    settleMs: 30_000,
    invariants: delivery,
  },
  {
    name: 'B7',
    title: 'poison-flood',
    says: 'Sends runs of messages that no handler can take into the stream. Each must become one dead letter that is its original, and the messages around them must go on.',
    brokers: 1,
    members: 2,
    load: { ...load, poisonRun: 40 },
    faults: [{ fault: poison, times: { smoke: 1, full: 10 }, everyMs: 2_000 }],
    // A flood has each of its messages wait twice before it becomes a letter, 200 ms at most; there are 400.
    settleMs: 180_000,
    invariants: [...delivery, 'V15'],
  },
]

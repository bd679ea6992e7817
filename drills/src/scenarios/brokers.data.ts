import { damageReplica, fillDisks } from '../faults/broker-disks.ts'
import { bounceBroker, cutBroker, freezeBroker, killBrokers, killCoordinator } from '../faults/broker-outages.ts'
import { damageLeader } from '../faults/damaged-leader.ts'
import { electUncleanly } from '../faults/unclean-election.ts'
import type { Scenario } from '../scenario.ts'
import { delivery, load } from './delivery.ts'

/** Of the families A, B and D what is done to one of three brokers, to two, or to all. */
export const brokerScenarios: readonly Scenario[] = [
  {
    name: 'A5',
    title: 'min-isr-loss',
    says: 'Kills two of three brokers, so that the third may take nothing, and starts them again. Each send must be rejected within a second of its deadline, no acknowledged one may be lost, and all must be settled within thirty seconds.',
    brokers: 3,
    members: 1,
    load: { ...load, deadlineMs: 3_000 },
    faults: [
      { fault: killBrokers(2, 6_000), times: { smoke: 1, full: 3 }, everyMs: 2_000 },
      { fault: killBrokers(2, 60_000), times: { smoke: 0, full: 1 }, everyMs: 2_000 },
    ],
    settleMs: 30_000,
    invariants: delivery,
    bounds: { rejectMs: 4_000 },
  },
  {
    name: 'A6',
    title: 'cluster-down',
    says: 'Kills every broker at once and starts all of them again, in full after two minutes. Senders without a deadline must keep what they have, in bounded memory and in order, and all of it must be settled within a minute.',
    brokers: 3,
    members: 1,
    load: { ...load, vitals: true },
    faults: [
      { fault: killBrokers(3, 5_000), times: { smoke: 0, full: 3 }, everyMs: 2_000 },
      { fault: killBrokers(3, 120_000), times: { smoke: 0, full: 1 }, everyMs: 2_000 },
    ],
    settleMs: 60_000,
    invariants: delivery,
    bounds: { memoryMb: 256 },
  },
  {
    name: 'A10',
    title: 'disk-full',
    says: 'Fills the disk of one broker of three to the last byte, then in full those of all three, until the brokers end over it; then there is room again. No acknowledged send may be lost, also where a write was cut off in the middle, and all must be settled within a minute.',
    brokers: 3,
    ownBrokers: { diskMb: 64 },
    members: 1,
    load,
    faults: [
      { fault: fillDisks(1), times: { smoke: 1, full: 6 }, everyMs: 2_000 },
      { fault: fillDisks(3), times: { smoke: 0, full: 2 }, everyMs: 2_000 },
    ],
    settleMs: 60_000,
    invariants: delivery,
  },
  {
    name: 'B11-unclean',
    title: 'unclean-election',
    says: 'Lets a broker lead that has missed the last records of a topic whose two copies may be elected so. The members must end and say why when their group stands behind the end of the log, and not move the group until an operator does.',
    brokers: 3,
    members: 2,
    copies: 2,
    topicConfigs: { 'min.insync.replicas': '1', 'unclean.leader.election.enable': 'true' },
    load,
    faults: [{ fault: electUncleanly, times: { smoke: 0, full: 3 }, everyMs: 2_000 }],
    settleMs: 30_000,
    // A place is another record's afterwards, and places begin anew.
    invariants: delivery.filter((name) => name !== 'V6' && name !== 'V8'),
  },
  {
    name: 'B13',
    title: 'coordinator-kill',
    says: 'Kills the broker that coordinates the group while heartbeats are on their way to it. The group must go on under the next coordinator, each member with the partitions it had, and no message may take longer than twelve seconds from its send to its commit.',
    brokers: 3,
    members: 2,
    load,
    faults: [{ fault: killCoordinator, times: { smoke: 1, full: 5 }, everyMs: 2_000 }],
    settleMs: 30_000,
    invariants: delivery,
    bounds: { stallMs: 12_000, rebalances: 0 },
  },
  {
    name: 'B18',
    title: 'broker-roll',
    says: 'Ends one broker after the other in good order and starts it again, as an upgrade does, then does the same with SIGKILL. Nothing may be lost, done twice or out of order, and no message may take longer than fifteen seconds for any of them.',
    brokers: 3,
    members: 2,
    load,
    faults: [
      // The bound is of each: without quiet in between, the next one may be the coordinator that has just been elected.
      { fault: bounceBroker('stop'), times: { smoke: 0, full: 15 }, everyMs: 1_000 },
      { fault: bounceBroker('kill'), times: { smoke: 0, full: 15 }, everyMs: 10_000 },
    ],
    settleMs: 30_000,
    invariants: delivery,
    bounds: { stallMs: 15_000 },
  },
  {
    name: 'D2',
    title: 'broker-partition',
    says: 'Cuts one broker of three off from its clients, in both directions and then on the way back alone, and freezes one until the others lead what it led. Nothing may be lost or done twice, also by a leader who comes back and does not know, and all must be settled within a session and ten seconds.',
    brokers: 3,
    members: 2,
    load,
    faults: [
      { fault: cutBroker({ kind: 'black-hole' }, 60_000), times: { smoke: 0, full: 2 }, everyMs: 2_000 },
      {
        fault: cutBroker({ kind: 'black-hole', direction: 'to-client' }, 60_000),
        times: { smoke: 0, full: 2 },
        everyMs: 2_000,
      },
      { fault: cutBroker({ kind: 'black-hole' }, 7_000), times: { smoke: 0, full: 2 }, everyMs: 2_000 },
      { fault: freezeBroker(2_000), times: { smoke: 1, full: 6 }, everyMs: 2_000 },
    ],
    settleMs: 16_000,
    invariants: delivery,
  },
  {
    name: 'D5',
    title: 'corrupt-segment',
    says: "Kills one broker of three, turns a bit round in its copy of a partition or cuts off the last third of it, and starts the broker again. The copy must be its leader's again, byte by byte, and nobody may ever read what was damaged.",
    brokers: 3,
    members: 2,
    load,
    faults: [
      { fault: damageReplica('flip-bit'), times: { smoke: 1, full: 5 }, everyMs: 3_000 },
      { fault: damageReplica('truncate'), times: { smoke: 0, full: 5 }, everyMs: 3_000 },
    ],
    settleMs: 30_000,
    invariants: delivery,
  },
  {
    name: 'D5-leader',
    title: 'corrupt-leader',
    says: 'Turns a bit round on the disk of a leader, in a batch that nobody has read yet, and lets it lead again. Brokers send such a batch as it is: the members must end and say why, go nowhere past it and hand on nothing of it, and go on when an operator has had the copy made anew.',
    brokers: 3,
    members: 2,
    load,
    faults: [{ fault: damageLeader, times: { smoke: 0, full: 5 }, everyMs: 3_000 }],
    settleMs: 30_000,
    invariants: delivery,
  },
]

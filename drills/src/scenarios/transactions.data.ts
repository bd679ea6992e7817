import type { Invariant } from '@interchange/drill-kit'
import { bounceBroker } from '../faults/broker-outages.ts'
import { takeOverBeforeMarkers } from '../faults/markers.ts'
import { killMember, restartMember } from '../faults/members.ts'
import { freezeInTransaction, hangTransaction } from '../faults/open-transactions.ts'
import { database, network } from '../faults/toxics.ts'
import { crashCopier, interleaveAborts, killTransactionCoordinator, loseEndAnswer } from '../faults/transactions.ts'
import type { Scenario } from '../scenario.ts'
import type { Load, OwnBrokers } from '../setting.ts'

/** What holds of every step that is transformed in transactions. */
const transactional = [
  'V1',
  'V2',
  'V4',
  'V5',
  'V6',
  'V7',
  'V8',
  'V9',
  'V12',
  'V13',
  'V14',
  'V17',
] as const satisfies readonly Invariant[]

const load: Load = { by: 'publisher', keys: 40, perSecond: 100 }

/** Brokers that also talk to each other through the proxies, where the markers of transactions can be held. */
const proxiedBrokers: OwnBrokers = { settings: { 'inter.broker.listener.name': 'PLAINTEXT' } }

/** How long a transaction may stay open where one hangs. */
const openMs = 5_000
/** The broker looks for those that hang this often: `transaction.abort.timed.out.transaction.cleanup.interval.ms`. */
const brokerLooksEveryMs = 10_000
/** By then its markers are written, and readers that waited for them have gone on. */
const goneOnMs = 1_000

const copierPoints = ['send.before', 'send.after', 'offsets.before', 'offsets.after', 'commit.before', 'commit.after']

/** Family C of the catalogue, and what readers are shown of aborted transactions: faults of Kafka's transactions. */
export const transactionScenarios: readonly Scenario[] = [
  {
    name: 'B16',
    title: 'aborted-reads',
    says: 'Interleaves transactions of two producers and aborts most of them, the later begun first, with keys that look like null and markers in another fetch. A reader of committed records must be shown each of these and nothing that was aborted.',
    brokers: 1,
    members: 0,
    load: { by: 'aborting', keys: 6, perSecond: 20 },
    readers: ['kafkajs', 'platformatic'],
    faults: [{ fault: interleaveAborts, times: { smoke: 5, full: 100 }, everyMs: 0 }],
    settleMs: 60_000,
    invariants: ['V1', 'V2', 'V3', 'V17'],
  },
  {
    name: 'B16-stock',
    title: 'aborted-reads, stock kafkajs',
    says: 'Does the same before a consumer of stock kafkajs 2.2.4. It must be shown aborted records, or the drill above proves nothing.',
    brokers: 1,
    members: 0,
    load: { by: 'aborting', keys: 6, perSecond: 20 },
    readers: ['stock-kafkajs'],
    faults: [{ fault: interleaveAborts, times: { smoke: 5, full: 100 }, everyMs: 0 }],
    settleMs: 60_000,
    invariants: ['V3'],
    mustBreak: true,
  },
  {
    name: 'C1',
    title: 'eos-copy-bounce',
    says: 'Kills and restarts members in mid-stream, and ends and kills each broker in turn. Every step must have its outputs once, in order and together with its offset, and a reader beside them must be shown the same.',
    brokers: 3,
    members: 2,
    work: 'transfers',
    readers: ['platformatic'],
    load,
    faults: [
      { fault: killMember, times: { smoke: 0, full: 3 }, everyMs: 5_000 },
      { fault: restartMember, times: { smoke: 0, full: 3 }, everyMs: 5_000 },
      { fault: bounceBroker('stop'), times: { smoke: 0, full: 3 }, everyMs: 5_000 },
      { fault: bounceBroker('kill'), times: { smoke: 0, full: 3 }, everyMs: 5_000 },
    ],
    settleMs: 60_000,
    invariants: [...transactional, 'V3'],
  },
  {
    name: 'C2',
    title: 'eos-zombie',
    says: 'Stops a member in the middle of a transaction (SIGSTOP) for longer than that may stay open, until another has taken its partition, then lets it go on. Its transaction must be refused each time, and every output be there once.',
    brokers: 1,
    members: 2,
    work: 'transfers',
    transactionTimeoutMs: 3_000,
    load,
    faults: [{ fault: freezeInTransaction, times: { smoke: 1, full: 50 }, everyMs: 1_000 }],
    settleMs: 30_000,
    invariants: transactional,
  },
  {
    name: 'C3',
    title: 'eos-crash-points',
    says: 'Kills a member (SIGKILL) at each step of a transaction: around its sends, its offsets and its commit. Outputs and offsets must be committed together or not at all, each output once.',
    brokers: 1,
    members: 1,
    work: 'transfers',
    load,
    faults: copierPoints.map((point) => ({
      fault: crashCopier(point),
      times: { smoke: point === 'offsets.after' || point === 'commit.after' ? 1 : 0, full: 25 },
      everyMs: 0,
    })),
    settleMs: 30_000,
    invariants: transactional,
  },
  {
    name: 'C4',
    title: 'end-answer-lost',
    says: 'Lets the broker end a transaction, swallows its answer and resets the connection. The member must find out what became of it, and every output be there once.',
    brokers: 1,
    members: 1,
    work: 'transfers',
    load,
    faults: [{ fault: loseEndAnswer, times: { smoke: 3, full: 100 }, everyMs: 500 }],
    settleMs: 30_000,
    invariants: transactional,
  },
  {
    name: 'C5',
    title: 'prepare-commit-takeover',
    says: 'Holds back the markers of transactions whose commit was acknowledged, kills the member that was told so (SIGKILL) and lets the next one join meanwhile. That one must begin behind them, and every output be there once.',
    brokers: 1,
    ownBrokers: proxiedBrokers,
    members: 1,
    work: 'transfers',
    load,
    faults: [{ fault: takeOverBeforeMarkers, times: { smoke: 1, full: 20 }, everyMs: 1_000 }],
    settleMs: 30_000,
    invariants: transactional,
  },
  {
    name: 'C5-stock',
    title: 'prepare-commit-takeover, stock kafkajs',
    says: 'Does the same to a member of stock kafkajs 2.2.4, which begins where the group stood when it joined. It must write outputs twice, or the drill above proves nothing.',
    brokers: 1,
    ownBrokers: proxiedBrokers,
    members: 1,
    work: 'stock-transfers',
    load,
    faults: [{ fault: takeOverBeforeMarkers, times: { smoke: 1, full: 20 }, everyMs: 1_000 }],
    settleMs: 60_000,
    invariants: ['V4'],
    mustBreak: true,
  },
  {
    name: 'C6',
    title: 'transaction-coordinator-kill',
    says: 'Kills the broker that coordinates a transaction (SIGKILL) with the end of it on its way. Every partition must commit again within twelve seconds, and every output be there once.',
    brokers: 3,
    members: 2,
    work: 'transfers',
    load,
    faults: [{ fault: killTransactionCoordinator, times: { smoke: 1, full: 20 }, everyMs: 2_000 }],
    settleMs: 60_000,
    invariants: transactional,
    // The cluster misses a broker after nine; where it was the coordinator of the group too, its members then join anew.
    bounds: { nextCommitMs: 12_000 },
  },
  {
    name: 'C7',
    title: 'hanging-transaction',
    says: 'Stops the only member in the middle of a transaction (SIGSTOP) and loses the end of it. The group that reads its outputs must call for help and go on within a second after the broker has looked for it, which it does every ten seconds, and every output be there once.',
    brokers: 1,
    members: 1,
    work: 'transfers',
    books: true,
    transactionTimeoutMs: openMs,
    load,
    faults: [{ fault: hangTransaction, times: { smoke: 1, full: 20 }, everyMs: 1_000 }],
    settleMs: 30_000,
    invariants: [...transactional, 'V11'],
    bounds: { withheldMs: openMs + brokerLooksEveryMs + goneOnMs },
  },
  {
    name: 'C8',
    title: 'bank-ledger',
    says: 'Moves money between a hundred accounts, by members that write both legs of a transfer in a transaction and a group that books each leg once, while members, brokers and connections end. The sum of all accounts must be the same whenever it is looked at, and no transfer be half booked.',
    brokers: 3,
    members: 2,
    work: 'transfers',
    books: true,
    load,
    faults: [
      { fault: loseEndAnswer, times: { smoke: 1, full: 20 }, everyMs: 1_000 },
      { fault: killMember, times: { smoke: 1, full: 5 }, everyMs: 2_000 },
      { fault: network({ kind: 'reset' }, 500), times: { smoke: 0, full: 10 }, everyMs: 2_000 },
      { fault: database({ kind: 'reset' }, 500), times: { smoke: 1, full: 10 }, everyMs: 2_000 },
      { fault: killTransactionCoordinator, times: { smoke: 0, full: 3 }, everyMs: 2_000 },
      { fault: bounceBroker('kill'), times: { smoke: 0, full: 3 }, everyMs: 2_000 },
    ],
    settleMs: 60_000,
    invariants: [...transactional, 'V11'],
  },
]

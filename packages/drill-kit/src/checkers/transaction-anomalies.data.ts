import type { Fact, Happened } from '../history/history.ts'
import type { Ledger, Observed, OutputRecord, Outputs } from '../history/observed.ts'
import type { Invariant } from './check.ts'

/** A run with one thing wrong, and what the smallest counter-example must say. */
export interface Anomaly {
  readonly what: string
  readonly invariant: Invariant
  readonly observed: Observed
  readonly says: string
}

const happened = (facts: readonly (readonly [proc: string, fact: Fact])[]): Happened[] =>
  facts.map(([proc, fact], at) => ({ at, proc, ...fact }))

const record = (offset: number, id: string) => ({ partition: 0, offset, id, key: 'a', valueHash: null })
const output = (topic: string, offset: number, cause: string): OutputRecord => ({
  ...record(offset, `${topic} of ${cause}`),
  topic,
  cause,
})
const read = (topic: string, offset: number, id: string, of = id) =>
  ['reader', { op: 'read' as const, topic, partition: 0, offset, id, of }] as const
const leg = (transfer: string, side: string, amount = 5) => ({ transfer, side, amount })

const outputs: Outputs = {
  topics: ['left', 'right'],
  // Offset 2 of each is the marker of a commit, 3 and 4 were aborted.
  records: ['left', 'right'].flatMap((topic) => [
    output(topic, 0, 'a1'),
    output(topic, 1, 'a2'),
    output(topic, 5, 'a3'),
  ]),
}
const ledger: Ledger = { opening: 100, clearing: 0, legs: [leg('a1', 'debit'), leg('a1', 'credit')] }
const readAll = outputs.records.map(({ topic, offset, id, cause }) => read(topic, offset, id, cause ?? ''))

/** Three messages and a broken one, each transformed into two records; a fourth that nobody has got to, a reader, a ledger. */
export const soundTransactions = {
  history: happened([
    ['writer', { op: 'send', phase: 'fail', id: 'aborted', key: 'a', seq: 9 }],
    ...readAll,
    ['runner', { op: 'snapshot', total: 100 }],
    ['runner', { op: 'calm' }],
  ]),
  log: [record(0, 'a1'), record(1, 'a2'), record(2, 'broken'), record(3, 'a3'), record(4, 'a4')],
  letters: [{ id: 'broken', key: 'a', valueHash: null, fromPartition: 0, fromOffset: 2 }],
  effects: [],
  waiting: new Set<string>(),
  committed: [{ partition: 0, offset: 4 }],
  outputs,
  ledger,
} as const satisfies Observed

const withFacts = (...facts: readonly (readonly [string, Fact])[]): Observed => ({
  ...soundTransactions,
  history: [...soundTransactions.history, ...happened(facts)],
})
const withOutputs = (records: readonly OutputRecord[]): Observed => ({
  ...soundTransactions,
  outputs: { ...outputs, records },
})
const withLedger = (more: Partial<Ledger>): Observed => ({ ...soundTransactions, ledger: { ...ledger, ...more } })

export const transactionAnomalies: readonly Anomaly[] = [
  {
    what: 'a reader that is shown what was aborted',
    invariant: 'V3',
    observed: withFacts(read('left', 3, 'aborted')),
    says: 'reader was shown aborted at left/0/3, where nothing is committed',
  },
  {
    what: 'a reader that is shown another record than the one that is there',
    invariant: 'V3',
    observed: withFacts(read('left', 5, 'left of a1')),
    says: 'reader was shown left of a1 at left/0/5, where left of a3 is committed',
  },
  {
    what: 'an aborted record among the committed ones',
    invariant: 'V3',
    observed: withOutputs([...outputs.records, { ...output('left', 6, 'a4'), id: 'aborted' }]),
    says: 'aborted was aborted and is there',
  },
  {
    what: 'a reader that is not shown what was committed',
    invariant: 'V3',
    observed: {
      ...soundTransactions,
      history: soundTransactions.history.filter((fact) => !(fact.op === 'read' && fact.offset === 1)),
    },
    says: 'reader was not shown left of a2 at left/0/1',
  },
  {
    what: 'a second committed copy of an output',
    invariant: 'V4',
    observed: withOutputs([...outputs.records, output('right', 6, 'a1')]),
    says: 'a1 has 2 outputs in right, for 1 in the log',
  },
  {
    what: 'a transaction of which one partition has its part and the other has not',
    invariant: 'V5',
    observed: withOutputs(outputs.records.toSpliced(1, 1)),
    says: 'a2 was passed 1 times and has 0 outputs in left',
  },
  {
    what: 'an offset that is committed without its outputs',
    invariant: 'V5',
    observed: { ...soundTransactions, committed: [{ partition: 0, offset: 5 }] },
    says: 'a4 was passed 1 times and has 0 outputs in left',
  },
  {
    what: 'outputs that are committed without their offset',
    invariant: 'V5',
    observed: { ...soundTransactions, committed: [{ partition: 0, offset: 3 }] },
    says: 'a3 was passed 0 times and has 1 outputs in left',
  },
  {
    what: 'a moment at which money is missing',
    invariant: 'V11',
    observed: withFacts(['runner', { op: 'snapshot', total: 95 }]),
    says: 'all accounts came to 95, not 100',
  },
  {
    what: 'half a transfer',
    invariant: 'V11',
    observed: withLedger({ clearing: 5, legs: [leg('a1', 'debit')] }),
    says: '5 is between two accounts',
  },
  {
    what: 'a transfer that was booked twice',
    invariant: 'V11',
    observed: withLedger({ legs: [...ledger.legs, ...ledger.legs] }),
    says: 'transfer a1 has the legs debit, credit, debit, credit',
  },
  {
    what: 'a transfer that takes more than it gives',
    invariant: 'V11',
    observed: withLedger({ legs: [leg('a1', 'debit', 6), leg('a1', 'credit', 5)] }),
    says: 'transfer a1 has the legs debit, credit',
  },
  {
    what: 'books that nobody looked at',
    invariant: 'V11',
    observed: { ...soundTransactions, history: [] },
    says: 'nobody looked at the books',
  },
]

import { describe, expect, test } from 'vitest'
import type { Fact, Happened } from '../history/history.ts'
import type { Observed } from '../history/observed.ts'
import { type Invariant, invariants, smallest } from './check.ts'
import { checkObserved } from './check-observed.ts'
import { replayAnomaliesOf, replayedTwice } from './replay-anomalies.data.ts'
import { type Anomaly, transactionAnomalies } from './transaction-anomalies.data.ts'

const everything = Object.keys(invariants) as Invariant[]

const happened = (facts: readonly (readonly [proc: string, fact: Fact])[]): Happened[] =>
  facts.map(([proc, fact], at) => ({ at, proc, ...fact }))

const hash = (id: string): string => `hash of ${id}`
const record = (offset: number, id: string, key = 'a') => ({ partition: 0, offset, id, key, valueHash: hash(id) })
const sent = (seq: number, offset: number, more: { key?: string; poison?: boolean } = {}) => {
  const facts = { op: 'send' as const, id: `${more.key ?? 'a'}${seq}`, key: 'a', seq, ...more }
  return [
    ['writer', { ...facts, phase: 'invoke' as const }],
    ['writer', { ...facts, phase: 'ok' as const, partition: 0, offset }],
  ] as const
}
const delivered = (proc: string, offset: number, id: string, epoch = 1) =>
  [proc, { op: 'deliver' as const, partition: 0, offset, epoch, id }] as const
const committed = (proc: string, offset: number, epoch = 1) => {
  const commit = { op: 'commit' as const, partition: 0, offset, epoch }
  return [
    [proc, { ...commit, phase: 'invoke' as const }],
    [proc, { ...commit, phase: 'ok' as const }],
  ] as const
}

/** Three messages of `a`, one of them poison, one of `b` of unknown fate, two members, one take-over. Offset 1 is a gap. */
const sound: Observed = {
  history: happened([
    ...sent(1, 0),
    ['writer', { op: 'send', phase: 'invoke', id: 'b1', key: 'b', seq: 1 }],
    ['writer', { op: 'send', phase: 'info', id: 'b1', key: 'b', seq: 1 }],
    ...sent(2, 3, { poison: true }),
    ...sent(3, 4),
    ['m1', { op: 'assigned', partition: 0, epoch: 1 }],
    delivered('m1', 0, 'a1'),
    delivered('m1', 2, 'b1'),
    ...committed('m1', 1),
    ['runner', { op: 'fault', phase: 'effective', fault: 'kill', target: 'm1' }],
    ['m2', { op: 'assigned', partition: 0, epoch: 1 }],
    delivered('m2', 2, 'b1'),
    delivered('m2', 3, 'a2'),
    delivered('m2', 4, 'a3'),
    ['runner', { op: 'heal', withinMs: 1_000 }],
    ...committed('m2', 5),
    ['runner', { op: 'calm' }],
  ]),
  log: [record(0, 'a1'), record(2, 'b1', 'b'), record(3, 'a2'), record(4, 'a3')],
  letters: [{ id: 'a2', key: 'a', valueHash: hash('a2'), fromPartition: 0, fromOffset: 3 }],
  effects: [
    { row: 1, id: 'a1', key: 'a', seq: 1 },
    { row: 2, id: 'b1', key: 'b', seq: 1 },
    { row: 3, id: 'a3', key: 'a', seq: 3 },
  ],
  waiting: new Set(),
  committed: [{ partition: 0, offset: 5 }],
}

const insert = (before: string, ...facts: readonly (readonly [string, Fact])[]): Observed => {
  const at = sound.history.findIndex(({ op }) => op === before)
  const history = sound.history.toSpliced(at, 0, ...happened(facts)).map((fact, index) => ({ ...fact, at: index }))
  return { ...sound, history }
}

const anomalies: readonly Anomaly[] = [
  {
    what: 'an acknowledged send that is in no log',
    invariant: 'V1',
    observed: insert('assigned', ...sent(4, 9)),
    says: 'a/4 was acknowledged at 0/9; there is nothing',
  },
  {
    what: 'an acknowledged send without a place that is nowhere',
    invariant: 'V1',
    observed: insert('assigned', ['writer', { op: 'send', phase: 'ok', id: 'x', key: 'x', seq: 1 }]),
    says: 'x/1 was acknowledged and is nowhere',
  },
  {
    what: 'an effect that never came',
    invariant: 'V1',
    observed: { ...sound, effects: sound.effects.toSpliced(0, 1) },
    says: 'a/1 is in the log and came to no end',
  },
  {
    what: 'an effect that never came of a record which was deleted then',
    invariant: 'V1',
    observed: {
      ...insert('heal', ['runner', { op: 'deleted', partition: 0, before: 1 }]),
      log: sound.log.slice(1),
      effects: sound.effects.slice(1),
    },
    says: 'a/1 is in the log and came to no end',
  },
  {
    what: 'a record that nobody sent',
    invariant: 'V2',
    observed: { ...sound, log: [...sound.log, record(5, 'ghost')] },
    says: 'a record of ghost, which nobody sent',
  },
  {
    what: 'an effect that nobody sent',
    invariant: 'V2',
    observed: { ...sound, effects: [...sound.effects, { row: 4, id: 'ghost', key: 'g', seq: 1 }] },
    says: 'an effect of ghost, which nobody sent',
  },
  {
    what: 'two values at one place',
    invariant: 'V6',
    observed: insert('heal', delivered('m3', 4, 'b1', 2)),
    says: '0/4 is a3 and b1',
  },
  {
    what: 'an offset that is delivered again in one assignment',
    invariant: 'V7',
    observed: insert('heal', delivered('m2', 4, 'a3')),
    says: 'm2 0 1: 4 after 4',
  },
  {
    what: 'a record that is skipped in one assignment',
    invariant: 'V7',
    observed: {
      ...sound,
      history: sound.history.filter((fact) => !(fact.op === 'deliver' && fact.proc === 'm2' && fact.offset === 3)),
    },
    says: 'm2 0 1: 3 was skipped between 2 and 4',
  },
  {
    what: 'a later send at an earlier place',
    invariant: 'V8',
    observed: {
      ...sound,
      history: sound.history.map((fact) =>
        fact.op === 'send' && fact.phase === 'ok' && fact.seq === 3 ? { ...fact, offset: 2 } : fact,
      ),
    },
    says: 'writer a: 2 is at 3, 3 at 2',
  },
  {
    what: 'effects of a key in the wrong order',
    invariant: 'V9',
    observed: { ...sound, effects: sound.effects.toReversed() },
    says: 'the effect of a/1 comes after that of 3',
  },
  {
    what: 'a second effect of a message',
    invariant: 'V10',
    observed: { ...sound, effects: [...sound.effects, { row: 4, id: 'a1', key: 'a', seq: 1 }] },
    says: 'a/1 has 2 effects',
  },
  {
    what: 'a commit that goes back',
    invariant: 'V12',
    observed: insert('calm', ...committed('m2', 4)),
    says: 'm2 moves partition 0 from 5 back to 4',
  },
  {
    what: 'a commit that passes a message which is not done',
    invariant: 'V12',
    observed: { ...sound, effects: sound.effects.slice(0, 2) },
    says: 'partition 0 is committed at 5; 4 is unfinished',
  },
  {
    what: 'a commit of a member that has lost the partition',
    invariant: 'V13',
    observed: insert('calm', ...committed('m1', 5)),
    says: 'm1 commits 5 of partition 0, which m2 had',
  },
  {
    what: 'a message that was passed and is nowhere',
    invariant: 'V14',
    observed: { ...sound, letters: [] },
    says: 'a2 was passed and is nowhere',
  },
  {
    what: 'a sound message that was dead-lettered',
    invariant: 'V14',
    observed: {
      ...sound,
      letters: [...sound.letters, { id: 'a3', key: 'a', valueHash: hash('a3'), fromPartition: 0, fromOffset: 4 }],
    },
    says: 'a3 was dead-lettered and is sound',
  },
  {
    what: 'an effect of a message that cannot be handled',
    invariant: 'V14',
    observed: { ...sound, effects: [...sound.effects, { row: 4, id: 'a2', key: 'a', seq: 2 }] },
    says: 'a2 cannot be handled and has an effect',
  },
  {
    what: 'a letter with another value',
    invariant: 'V15',
    observed: { ...sound, letters: sound.letters.map((letter) => ({ ...letter, valueHash: 'another' })) },
    says: 'the letter of a2 is another record',
  },
  {
    what: 'a letter without one of its headers',
    invariant: 'V15',
    observed: {
      ...sound,
      log: sound.log.map((each) => ({ ...each, headersHash: 'all' })),
      letters: sound.letters.map((letter) => ({ ...letter, headersHash: 'some' })),
    },
    says: 'the letter of a2 is another record',
  },
  ...replayAnomaliesOf(sound),
  {
    what: 'a run that did not settle',
    invariant: 'V17',
    observed: {
      ...sound,
      history: sound.history.map((fact) =>
        fact.op === 'calm' ? { ...fact, op: 'late', detail: 'lag 3 of partition 0' } : fact,
      ),
    },
    says: 'lag 3 of partition 0',
  },
  ...transactionAnomalies,
]

describe('the checkers of a drill', () => {
  test('find nothing in a sound run', () => {
    const applicable = everything.filter((name) => name !== 'V11')
    expect(checkObserved(sound, applicable)).toEqual([])
  })

  test.each(anomalies)('see $what ($invariant)', ({ invariant, observed, says }) => {
    const violations = checkObserved(observed, [invariant])
    expect(new Set(violations.map((violation) => violation.invariant))).toEqual(new Set([invariant]))
    expect(smallest(violations)?.detail).toBe(says)
    expect(smallest(violations)?.facts.length).toBeGreaterThan(0)
  })

  test('find nothing in a letter that was sent back twice and done once', () => {
    const applicable = everything.filter((name) => name !== 'V11')
    expect(checkObserved(replayedTwice(sound), applicable)).toEqual([])
  })

  test('have an anomaly for every invariant', () => {
    expect(new Set(anomalies.map(({ invariant }) => invariant))).toEqual(new Set(everything))
  })

  test('miss no record that an operator has deleted after its effect', () => {
    const deleted = insert('heal', ['runner', { op: 'deleted', partition: 0, before: 1 }])
    expect(checkObserved({ ...deleted, log: sound.log.slice(1) }, ['V1'])).toEqual([])
    expect(checkObserved({ ...sound, log: sound.log.slice(1) }, ['V1'])).toHaveLength(1)
  })

  test('miss nothing of a topic that was deleted twice, and all of what came after', () => {
    const deleted = (before: number) => ['runner', { op: 'deleted', partition: 0, before }] as const
    const twice = (...last: readonly (readonly [string, Fact])[]): Observed => {
      const history = happened([...sent(1, 7), deleted(8), ...sent(2, 0), deleted(1), ...last])
      return { ...sound, history, log: [], effects: [...sound.effects, { row: 4, id: 'a2', key: 'a', seq: 2 }] }
    }
    expect(checkObserved(twice(), ['V1'])).toEqual([])
    expect(checkObserved(twice(...sent(3, 0)), ['V1'])).toHaveLength(1)
  })

  test('let a commit go back to where an operator has put it', () => {
    const back = [['runner', { op: 'rewound', partition: 0, offset: 0 }], ...committed('m2', 2)] as const
    expect(checkObserved(insert('calm', ...back), ['V12'])).toEqual([])
    expect(checkObserved(insert('calm', ...back.slice(1)), ['V12'])).toHaveLength(1)
  })

  test('let a stopped member read late that its commit went well, before one that came after it', () => {
    const [invoke, ok] = committed('m1', 1)
    const late = [invoke, ...committed('m2', 5), ok] as const
    expect(checkObserved({ ...sound, history: happened([...late]) }, ['V12'])).toEqual([])
    const again = [...late, ...committed('m1', 1)] as const
    expect(checkObserved({ ...sound, history: happened([...again]) }, ['V12'])).toHaveLength(1)
  })

  test('take a commit as it was when it began: one under way during a take-over is not a zombie', () => {
    const [invoke, ok] = committed('m1', 1)
    const history = happened([
      ['m1', { op: 'assigned', partition: 0, epoch: 1 }],
      invoke,
      ['m2', { op: 'assigned', partition: 0, epoch: 1 }],
      ok,
    ])
    expect(checkObserved({ ...sound, history }, ['V13'])).toEqual([])
  })

  test('show the violation that takes the fewest facts', () => {
    const violation = (facts: readonly number[]) => ({ invariant: 'V1' as const, detail: `${facts.length}`, facts })
    expect(smallest([violation([1, 2]), violation([3]), violation([4])])?.facts).toEqual([3])
    expect(smallest([])).toBeUndefined()
  })
})

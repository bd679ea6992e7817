import { describe, expect, test } from 'vitest'
import type { Invariant } from './check.ts'
import { checkObserved } from './check-observed.ts'
import { soundTransactions } from './transaction-anomalies.data.ts'

const transactional: readonly Invariant[] = ['V3', 'V4', 'V5', 'V11']

describe('the checkers of transactions', () => {
  test('find nothing in a sound run', () => {
    expect(checkObserved(soundTransactions, transactional)).toEqual([])
  })

  test('take a message that is twice in the log for two', () => {
    const { log, outputs } = soundTransactions
    const again = outputs.records.filter(({ cause }) => cause === 'a1').map((copy) => ({ ...copy, offset: 7 }))
    const repeated = {
      ...soundTransactions,
      log: [...log, { ...log[0], partition: 1, offset: 0 }],
      committed: [...soundTransactions.committed, { partition: 1, offset: 1 }],
      outputs: { ...outputs, records: [...outputs.records, ...again] },
    }
    expect(checkObserved(repeated, ['V4', 'V5'])).toEqual([])
  })

  test('leave a reader its time: what lies behind its last record it may not have got to', () => {
    const history = soundTransactions.history.filter((fact) => !(fact.op === 'read' && fact.offset > 0))
    expect(checkObserved({ ...soundTransactions, history }, ['V3'])).toEqual([])
  })
})

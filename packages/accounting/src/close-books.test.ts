import { describe, expect, it } from 'vitest'
import { type BookedGroup, closeBooks } from './close-books.ts'
import type { LogFacts, LogRecord } from './log-facts.ts'

const record = (topic: string, offset: number, id: string, more: Partial<LogRecord> = {}): LogRecord => ({
  topic,
  partition: 0,
  offset,
  timestampMs: 0,
  id,
  causationId: null,
  correlationId: null,
  replayId: null,
  deadMessageId: null,
  deadFrom: null,
  originalOffset: null,
  key: null,
  valueHash: `hash of ${id}`,
  headersHash: '',
  ...more,
})

const transformer: BookedGroup = { group: 'transformer', topics: ['in.v1'], outputs: ['out.v1'] }
const ledger = (...done: string[]): BookedGroup => ({ group: 'ledger', topics: ['out.v1'], doneIds: new Set(done) })

const facts: LogFacts = {
  records: [
    record('in.v1', 0, 'a'),
    record('in.v1', 1, 'b'),
    record('in.v1.transformer.dlq', 0, 'b', { deadMessageId: 'b' }),
    record('out.v1', 0, 'a1', { causationId: 'a' }),
  ],
  committed: [
    { group: 'transformer', topic: 'in.v1', partition: 0, offset: 2 },
    { group: 'ledger', topic: 'out.v1', partition: 0, offset: 1 },
  ],
}

describe('the books', () => {
  it('close when every id below the committed offset is done or dead', () => {
    const balance = closeBooks(facts, [transformer, ledger('a1')], new Set(['a', 'b']))
    expect(balance).toMatchObject({ closes: true, lost: 0, divergentIds: [] })
    expect(balance.groups).toMatchObject([
      { group: 'transformer', in: 2, done: 1, dead: 1, waiting: 0, missingIds: [] },
      { group: 'ledger', in: 1, done: 1, dead: 0, missingIds: [] },
    ])
  })

  it('close over what waits below the committed offset; what was settled meanwhile is done', () => {
    const group = { ...ledger(), waitingIds: new Set(['a1']) }
    const balance = closeBooks(facts, [transformer, group], new Set())
    expect(balance.closes).toBe(true)
    expect(balance.groups[1]).toMatchObject({ in: 1, done: 0, waiting: 1, dead: 0 })
    const settled = closeBooks(facts, [{ ...group, doneIds: new Set(['a1']) }], new Set())
    expect(settled.groups[0]).toMatchObject({ in: 1, done: 1, waiting: 0 })
  })

  describe('of a group with retry topics', () => {
    const retryTopics = [1, 2].map((level) => ({ name: `in.v1.transformer.retry.${level}`, topic: 'in.v1' }))
    const booked: BookedGroup = { ...transformer, retryTopics }
    const retry = (level: number, offset: number, of: LogRecord): LogRecord =>
      record(`in.v1.transformer.retry.${level}`, offset, of.id ?? '', {
        id: of.id,
        deadMessageId: of.id ?? 'made up by the group',
        originalOffset: String(of.offset),
      })
    const [a, b] = [record('in.v1', 0, 'a'), record('in.v1', 1, 'b')]
    const committed = (...retries: readonly number[]) =>
      [2, ...retries].map((offset, level) => {
        const topic = level === 0 ? 'in.v1' : `in.v1.transformer.retry.${level}`
        return { group: 'transformer', topic, partition: 0, offset }
      })
    const balanceOf = (records: readonly LogRecord[], ...retries: readonly number[]) =>
      closeBooks({ records, committed: committed(...retries) }, [booked], new Set()).groups[0]
    const answer = (id: string) => record('out.v1', 0, `${id}1`, { causationId: id })

    it('close over what lies in one of them', () => {
      const records = [a, b, retry(1, 0, a), retry(1, 1, b)]
      expect(balanceOf(records)).toMatchObject({ in: 2, waiting: 2, missingIds: [] })
      expect(balanceOf([...records, retry(2, 0, a), answer('b')], 2)).toMatchObject({
        done: 1,
        waiting: 1,
        missingIds: [],
      })
    })

    it('close over what went through them', () => {
      const letter = record('in.v1.transformer.dlq', 0, 'b', { deadMessageId: 'b', deadFrom: 'in.v1/0/1' })
      const records = [a, b, retry(1, 0, a), retry(1, 1, b), retry(2, 0, b), answer('a'), letter]
      expect(balanceOf(records, 2, 1)).toMatchObject({ in: 2, done: 1, dead: 1, waiting: 0, missingIds: [] })
    })

    it('turn red when a message left one and came nowhere', () => {
      expect(balanceOf([a, b, retry(1, 0, a), answer('b')], 1)).toMatchObject({ waiting: 0, missingIds: ['a'] })
    })

    it('turn red when one of its records is taken away', () => {
      expect(balanceOf([a, b, retry(1, 0, a)])).toMatchObject({ waiting: 1, missingIds: ['b'] })
    })

    it('find a message there whose id cannot be read', () => {
      const nameless = { ...a, id: null }
      expect(balanceOf([nameless, b, retry(1, 0, nameless), answer('b')])).toMatchObject({ waiting: 1, missingIds: [] })
    })
  })

  it('turn red when one effect is taken away', () => {
    const balance = closeBooks(facts, [transformer, ledger()], new Set(['a', 'b']))
    expect(balance).toMatchObject({ closes: false, lost: 1 })
    expect(balance.groups[1]?.missingIds).toEqual(['a1'])
  })

  it('turn red when one output record is taken away', () => {
    const without = { ...facts, records: facts.records.filter(({ id }) => id !== 'a1') }
    expect(closeBooks(without, [transformer], new Set()).groups[0]?.missingIds).toEqual(['a'])
  })

  it('turn red when one dead letter is taken away', () => {
    const without = { ...facts, records: facts.records.filter(({ topic }) => !topic.endsWith('.dlq')) }
    expect(closeBooks(without, [transformer], new Set()).groups[0]?.missingIds).toEqual(['b'])
  })

  it('turn red when a sender was told of an event that no topic holds', () => {
    const balance = closeBooks(facts, [transformer, ledger('a1')], new Set(['a', 'b', 'never-written']))
    expect(balance).toMatchObject({ closes: false, lost: 1, unwrittenIds: ['never-written'] })
  })

  it('turn red when a group has done what it never received', () => {
    expect(closeBooks(facts, [ledger('a1', 'ghost')], new Set())).toMatchObject({
      closes: false,
      groups: [{ phantomIds: ['ghost'] }],
    })
  })

  it('count a letter that was replayed with success as done, not dead', () => {
    const replayed: LogFacts = {
      ...facts,
      records: [...facts.records, record('out.v1', 1, 'b1', { causationId: 'b' })],
    }
    expect(closeBooks(replayed, [transformer], new Set()).groups[0]).toMatchObject({ in: 2, done: 2, dead: 0 })
  })

  it('find the letter of a message without an id by the place it names', () => {
    const nameless: LogFacts = {
      records: [
        { ...record('out.v1', 0, 'x'), id: null },
        record('out.v1.ledger.dlq', 0, 'y', { deadFrom: 'out.v1/0/0', deadMessageId: 'made up by the group' }),
      ],
      committed: [{ group: 'ledger', topic: 'out.v1', partition: 0, offset: 1 }],
    }
    expect(closeBooks(nameless, [ledger()], new Set())).toMatchObject({ closes: true, groups: [{ in: 1, dead: 1 }] })
  })

  it('do not believe what a message from outside says it is', () => {
    const forged = record('out.v1', 0, 'a1', { deadMessageId: 'another' })
    const of: LogFacts = { ...facts, records: [forged] }
    expect(closeBooks(of, [ledger('a1')], new Set()).groups[0]).toMatchObject({ in: 1, done: 1, missingIds: [] })
  })

  it('leave what is above the committed offset out, and say how much it is', () => {
    const behind: LogFacts = { ...facts, committed: [{ group: 'ledger', topic: 'out.v1', partition: 0, offset: 0 }] }
    expect(closeBooks(behind, [ledger()], new Set())).toMatchObject({ closes: true, groups: [{ in: 0, ahead: 1 }] })
  })

  it('count a message that was sent twice once, and name it when the two differ', () => {
    const twice = (valueHash: string): LogFacts => ({
      records: [record('out.v1', 0, 'a1'), record('out.v1', 1, 'a1', { valueHash })],
      committed: [{ group: 'ledger', topic: 'out.v1', partition: 0, offset: 2 }],
    })
    expect(closeBooks(twice('hash of a1'), [ledger('a1')], new Set())).toMatchObject({
      groups: [{ in: 1, done: 1 }],
      divergentIds: [],
    })
    expect(closeBooks(twice('other'), [ledger('a1')], new Set()).divergentIds).toEqual(['a1'])
  })
})

import { orderPlaced } from '@interchange/contracts'
import {
  HeaderBlock,
  InterchangeError,
  deadLetterHeaders as names,
  type ReadRange,
  type TransportRecord,
} from '@interchange/messaging'
import { describe, expect, test } from 'vitest'
import { archivalRecord, laneRecord } from './lane-record.ts'
import { toLetter } from './letter.ts'
import { createLetterBook } from './letter-book.ts'
import { letterSources } from './letter-source.ts'
import { planReplay, type ReplayPlanning, type ReplaySelection, requireLetters } from './plan-replay.ts'

const source = letterSources([orderPlaced])[0]
if (source === undefined) throw new Error('no source')

const record = (offset: number, facts: Readonly<Record<string, string>> = {}): TransportRecord => ({
  topic: source.deadLetterTopic,
  partition: 3,
  offset,
  timestampMs: 1_000 + offset,
  key: Buffer.from(`o${offset}`),
  value: Buffer.from([0, 0, 0, 0, 1, offset]),
  headers: HeaderBlock.of([
    { name: 'ce_id', value: `m${offset}` },
    ...Object.entries({
      [names.originalHeaderCount]: '1',
      [names.partition]: '3',
      [names.offset]: String(40 + offset),
      [names.fingerprint]: 'f1',
      ...facts,
    }).map(([name, value]) => ({ name, value })),
  ]),
})

/** What the source topic holds of partition 3, and how far the group is there. */
const passed = (committed: number, later: readonly [offset: number, key: string | null][] = [], earliest = 0) => ({
  committedOffsets: async () => [{ topic: source.topic.name, partition: 3, offset: committed }],
  topicOffsets: async () => [{ partition: 3, earliest, latest: committed }],
  transport: {
    async *read([range]: readonly ReadRange[]): AsyncGenerator<TransportRecord> {
      for (const [offset, key] of later) {
        if (range === undefined || offset < range.fromOffset || offset >= (range.untilOffset ?? 0)) continue
        const bytes = key === null ? null : Buffer.from(key)
        yield {
          topic: source.topic.name,
          partition: 3,
          offset,
          timestampMs: 0,
          key: bytes,
          value: null,
          headers: HeaderBlock.empty,
        }
      }
    },
  },
})

const bookOf = (records: readonly TransportRecord[]) => {
  const book = createLetterBook()
  for (const each of records) book.addLetter(toLetter(source, each))
  return book
}

const admin = (lane: 'read' | 'not-read' | 'missing' | 'no-member') => ({
  ...passed(0),
  partitionCounts: async () => new Map(lane === 'missing' ? [] : [[source.lane, 6]]),
  describeGroup: async (group: string) => ({
    group,
    state: 'Stable',
    members:
      lane === 'no-member'
        ? []
        : [{ memberId: 'a', clientId: 'a', assignment: lane === 'read' ? [{ topic: source.lane, partition: 3 }] : [] }],
  }),
})

const plan = (
  records: readonly TransportRecord[],
  selection: ReplaySelection,
  lane: Parameters<typeof admin>[0] = 'read',
) => planReplay({ ...passed(0), book: bookOf(records), admin: admin(lane), selection, replayId: 'r1' })

test('plans one letter, a cause, or all of a group', async () => {
  const records = [record(0), record(1, { [names.fingerprint]: 'f2' }), record(2)]
  const offsets = async (selection: ReplaySelection) =>
    (await plan(records, selection)).letters.map(({ offset }) => offset)
  expect(await offsets({ letterIds: [`${source.deadLetterTopic}/3/1`] })).toEqual([1])
  expect(await offsets({ group: source.group, cause: 'f1' })).toEqual([2, 0])
  expect(await offsets({ group: source.group, all: true })).toEqual([2, 1, 0])
})

test.each(['missing', 'no-member', 'not-read'] as const)('refuses every letter when the lane is %s', async (lane) => {
  const { letters, refused } = await plan([record(0)], { group: source.group, all: true }, lane)
  expect(letters).toEqual([])
  expect(refused).toHaveLength(1)
})

test('refuses what is unknown, does not say where it stood, or was replayed too often', async () => {
  const records = [record(0, { [names.partition]: '?' }), record(1, { [names.replays]: '10' })]
  const ids = [0, 1, 2].map((offset) => `${source.deadLetterTopic}/3/${offset}`)
  const { refused } = await plan(records, { letterIds: ids })
  expect(refused.map(({ reason }) => reason)).toEqual(['unreadable', 'replay-cap', 'unknown'])
})

test('refuses what is on its way or resolved, unless forced', async () => {
  const book = bookOf([record(0), record(1)])
  const place = { group: source.group, topic: source.topic.name, replayId: 'r0' }
  book.addSent({ ...place, messageId: 'm0', sentAtMs: 2_000 })
  book.addOutcome({
    ...place,
    messageId: 'm1',
    outcome: 'resolved',
    attempts: 1,
    at: 3_000,
    code: null,
    class: null,
  } as never)
  const selection = { letterIds: book.list().map(({ letter }) => letter.id) }
  const planning = { ...passed(0), book, admin: admin('read'), selection, replayId: 'r1' }
  expect((await planReplay(planning)).refused.map(({ reason }) => reason)).toEqual(['resolved', 'replaying'])
  expect((await planReplay({ ...planning, force: true })).letters).toHaveLength(2)
})

test('archives what was replayed too often, and sends back what is archived only when forced', async () => {
  const book = bookOf([record(0, { [names.replays]: '10' })])
  const [{ letter } = expect.fail()] = book.list()
  const { transport } = passed(0)
  const planning = { book, admin: admin('read'), transport, selection: { letterIds: [letter.id] }, replayId: 'r1' }
  expect((await planReplay({ ...planning, action: 'archive' })).letters).toHaveLength(1)

  const archived = bookOf([record(1)])
  const [{ letter: other } = expect.fail()] = archived.list()
  const { name: topic } = source.topic
  archived.addAudit({
    ...{ auditId: 'r0.0', at: 1 as never, actor: 'ada', action: 'archive', group: source.group, topic },
    ...{ letterIds: [other.id], count: 1, reason: 'nobody wants it' },
  })
  const again = { ...planning, book: archived, selection: { letterIds: [other.id] } }
  expect((await planReplay(again)).refused.map(({ reason }) => reason)).toEqual(['archived'])
  expect((await planReplay({ ...again, action: 'archive' })).letters).toHaveLength(1)
  expect((await planReplay({ ...again, force: true })).letters).toHaveLength(1)
})

describe('a letter whose key has gone on', () => {
  const lateOf = async (
    records: readonly TransportRecord[],
    { transport, ...offsets }: ReturnType<typeof passed>,
    more: Partial<ReplayPlanning> = {},
  ) => {
    const all = { group: source.group, all: true } as const
    const planning = { book: bookOf(records), admin: { ...admin('read'), ...offsets }, transport, selection: all }
    const { letters, refused } = await planReplay({ ...planning, replayId: 'r1', ...more })
    return { sent: letters.map(({ offset }) => offset), refused }
  }
  const refusedFirst = {
    sent: [1],
    refused: [{ letterId: `${source.deadLetterTopic}/3/0`, reason: 'late' }],
  }

  test('is refused, the others are sent', async () => {
    const records = [record(0), record(1)]
    const later = passed(60, [
      [39, 'o1'],
      [50, 'o0'],
      [60, 'o1'],
    ])
    expect(await lateOf(records, later)).toEqual(refusedFirst)
  })

  test('is sent when reordering is accepted, and archived without a word', async () => {
    const later = passed(60, [[50, 'o0']])
    expect(await lateOf([record(0)], later, { acceptReorder: true })).toEqual({ sent: [0], refused: [] })
    expect(await lateOf([record(0)], later, { action: 'archive' })).toEqual({ sent: [0], refused: [] })
  })

  test.each(['hold', 'checked', 'none'])('is sent when its route says %s', async (order) => {
    const later = passed(60, [[50, 'o0']])
    expect(await lateOf([record(0, { [names.order]: order })], later)).toEqual({ sent: [0], refused: [] })
  })

  test('is not late behind the other letters of its key that go with it', async () => {
    const same = { ...record(2), key: Buffer.from('o0') }
    const later = passed(60, [[42, 'o0']])
    expect(await lateOf([record(0), same], later)).toEqual({ sent: [2, 0], refused: [] })
  })

  test('is any later record where the order is the partition', async () => {
    const ofPartition = record(0, { [names.order]: 'partition' })
    expect(await lateOf([ofPartition, record(1)], passed(60, [[50, 'another']]))).toEqual(refusedFirst)
    expect(await lateOf([{ ...record(0), key: null }, record(1)], passed(60, [[50, 'another']]))).toEqual(refusedFirst)
  })

  test('counts as late when nobody can look: too many records, or some are gone', async () => {
    const tooMany = await lateOf([record(0)], passed(1_000_000))
    expect(tooMany.refused).toMatchObject([{ reason: 'late' }])
    const gone = await lateOf([record(0)], passed(60, [], 50))
    expect(gone.refused).toMatchObject([{ reason: 'late' }])
  })
})

test('says why when nothing may be sent', async () => {
  const empty = await plan([], { letterIds: ['nothing'] })
  expect(() => requireLetters(empty)).toThrow(InterchangeError)
  expect(() => requireLetters(empty)).toThrow('unknown')
})

test('sends the original back byte for byte, with what the next letter needs behind it', () => {
  const letter = record(5, { [names.replays]: '2', [names.timestamp]: '77', 'dlq-error-message': 'no' })
  const lane = laneRecord(source, letter, 'r1', 9_000)
  expect(lane).toMatchObject({ topic: source.lane, partition: 3, timestampMs: 9_000 })
  expect(lane.key?.toString()).toBe('o5')
  expect(lane.value).toEqual(letter.value)
  expect(lane.headers.take(1).bytes).toEqual(letter.headers.take(1).bytes)
  const facts = Object.fromEntries(lane.headers.entries().map(({ name, value }) => [name, value?.toString()]))
  expect(facts).toEqual({
    ce_id: 'm5',
    [names.originalHeaderCount]: '1',
    [names.messageId]: 'm5',
    [names.partition]: '3',
    [names.offset]: '45',
    [names.timestamp]: '77',
    [names.replays]: '2',
    [names.replayId]: 'r1',
  })
})

test('tells of an archival with the place of the original and nothing to handle', () => {
  const letter = record(5, { [names.replays]: '2' })
  const lane = archivalRecord(source, letter, 9_000)
  expect(lane).toMatchObject({ topic: source.lane, partition: 3, value: null })
  expect(lane.key?.toString()).toBe('o5')
  const facts = Object.fromEntries(lane.headers.entries().map(({ name, value }) => [name, value?.toString()]))
  expect(facts).toEqual({
    ce_id: 'm5',
    [names.originalHeaderCount]: '1',
    [names.messageId]: 'm5',
    [names.partition]: '3',
    [names.offset]: '45',
    [names.archivedAt]: '1970-01-01T00:00:09.000Z',
  })
})

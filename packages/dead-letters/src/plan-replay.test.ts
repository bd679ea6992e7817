import { orderPlaced } from '@interchange/contracts'
import { HeaderBlock, InterchangeError, deadLetterHeaders as names, type TransportRecord } from '@interchange/messaging'
import { expect, test } from 'vitest'
import { archivalRecord, laneRecord } from './lane-record.ts'
import { toLetter } from './letter.ts'
import { createLetterBook } from './letter-book.ts'
import { letterSources } from './letter-source.ts'
import { planReplay, type ReplaySelection, requireLetters } from './plan-replay.ts'

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

const bookOf = (records: readonly TransportRecord[]) => {
  const book = createLetterBook()
  for (const each of records) book.addLetter(toLetter(source, each))
  return book
}

const admin = (lane: 'read' | 'not-read' | 'missing' | 'no-member') => ({
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
) => planReplay({ book: bookOf(records), admin: admin(lane), selection, replayId: 'r1' })

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
  const planning = { book, admin: admin('read'), selection, replayId: 'r1' }
  expect((await planReplay(planning)).refused.map(({ reason }) => reason)).toEqual(['resolved', 'replaying'])
  expect((await planReplay({ ...planning, force: true })).letters).toHaveLength(2)
})

test('archives what was replayed too often, and sends back what is archived only when forced', async () => {
  const book = bookOf([record(0, { [names.replays]: '10' })])
  const [{ letter } = expect.fail()] = book.list()
  const planning = { book, admin: admin('read'), selection: { letterIds: [letter.id] }, replayId: 'r1' }
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

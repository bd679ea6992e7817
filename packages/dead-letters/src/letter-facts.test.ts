import { HeaderBlock, deadLetterHeaders as names, type TransportRecord } from '@interchange/messaging'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { headerTail } from './header-tail.ts'
import { readLetter } from './letter-facts.ts'

const record = (headers: HeaderBlock): TransportRecord => ({
  topic: 'sales.order-placed.v1.ledger.dlq',
  partition: 2,
  offset: 7,
  timestampMs: 1_000,
  key: Buffer.from('o1'),
  value: Buffer.from([0, 0, 0, 0, 1, 9]),
  headers,
})

const facts = (count: number, more: readonly { name: string; value: string }[] = []) => [
  { name: names.originalHeaderCount, value: String(count) },
  { name: names.reason, value: 'poison' },
  { name: names.code, value: 'ICX_HANDLER_REJECTED' },
  { name: names.partition, value: '2' },
  { name: names.offset, value: '41' },
  { name: names.messageId, value: 'm1' },
  { name: names.fingerprint, value: 'abc123' },
  { name: names.lastFailedAt, value: '2026-01-02T03:04:05.000Z' },
  ...more,
]

test('gives the original back byte for byte: order, duplicates and nulls of its headers', () => {
  const entry = fc.record({
    name: fc.string(),
    value: fc.option(fc.oneof(fc.string(), fc.uint8Array())),
  })
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 200 }), (entries) => {
      const original = HeaderBlock.of(entries)
      const letter = readLetter(record(original.append(facts(entries.length))))
      expect(letter.original.headers.bytes.equals(original.bytes)).toBe(true)
      expect(letter.facts).toMatchObject({ complete: true, messageId: 'm1', offset: 41, reason: 'poison' })
    }),
  )
})

test('reads the failure of a record with more headers than anybody may read', () => {
  const bomb = Array.from({ length: 6_000 }, (_, place) => ({ name: `h${place}`, value: 'x' }))
  const original = HeaderBlock.of(bomb)
  const letter = readLetter(record(original.append(facts(6_000))))
  expect(letter.facts).toMatchObject({ complete: true, code: 'ICX_HANDLER_REJECTED' })
  expect(letter.original.headers.bytes.equals(original.bytes)).toBe(true)
})

test('believes no fact that the original brought along', () => {
  const forged = [
    { name: names.replays, value: '9' },
    { name: names.reason, value: 'fatal' },
    { name: names.originalHeaderCount, value: '0' },
    { name: names.replayId, value: 'forged' },
  ]
  const letter = readLetter(record(HeaderBlock.of(forged).append(facts(4))))
  expect(letter.facts).toMatchObject({ reason: 'poison', replays: 0, replayId: undefined })
  expect(letter.original.headers.entries().map(({ name }) => name)).toEqual(forged.map(({ name }) => name))
})

test('takes the last of two facts of one name', () => {
  const letter = readLetter(record(HeaderBlock.of(facts(0, [{ name: names.code, value: 'ICX_STORE_REFUSED' }]))))
  expect(letter.facts.code).toBe('ICX_STORE_REFUSED')
})

test.each([
  ['no headers at all', HeaderBlock.empty],
  ['a count that is no number', HeaderBlock.of([{ name: names.originalHeaderCount, value: '-1' }])],
  ['a count beyond the headers', HeaderBlock.of([{ name: names.originalHeaderCount, value: '99' }])],
  ['a broken block', new HeaderBlock(Buffer.from([200, 1, 5]))],
  ['an empty block', new HeaderBlock(Buffer.alloc(0))],
])('shows a letter with %s as incomplete, under a name made of its place', (_, headers) => {
  const letter = readLetter(record(headers))
  expect(letter.facts).toMatchObject({ complete: false, reason: 'unknown', fingerprint: 'unknown', replays: 0 })
  expect(letter.facts.messageId).toMatch(/^[0-9a-f-]{36}$/)
})

test('gives back headers that were too broken to append to, and does not call the letter replayable', () => {
  const broken = Buffer.from([200, 1, 5])
  const block = HeaderBlock.of([...facts(0), { name: names.originalHeaders, value: broken }])
  const letter = readLetter(record(block))
  expect(letter.original.headers.bytes).toEqual(broken)
  expect(letter.facts.complete).toBe(false)
})

test('bounds texts and numbers of facts', () => {
  const long = 'x'.repeat(100_000)
  const block = HeaderBlock.of(
    facts(0, [
      { name: names.errorMessage, value: long },
      { name: names.attempts, value: '9'.repeat(400) },
      { name: names.firstFailedAt, value: 'yesterday' },
    ]),
  )
  const { facts: read } = readLetter(record(block))
  expect(read.errorMessage).toHaveLength(4_096)
  expect(read).toMatchObject({ attempts: undefined, firstFailedAtMs: undefined })
  expect(read.lastFailedAtMs).toBe(Date.UTC(2026, 0, 2, 3, 4, 5))
})

test('splits a block anywhere into head and tail', () => {
  const entries = Array.from({ length: 130 }, (_, place) => ({ name: `h${place}`, value: 'x'.repeat(place) }))
  const block = HeaderBlock.of(entries)
  for (const count of [0, 1, 63, 64, 65, 129, 130, 131, -5]) {
    const tail = headerTail(block, count).entries()
    expect(tail.map(({ name }) => name)).toEqual(entries.slice(Math.max(count, 0)).map(({ name }) => name))
  }
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { classify } from '../../failure/classify.ts'
import { HeaderBlock } from '../../record/header-block.ts'
import type { HeaderEntry } from '../../record/header-entry.ts'
import { deadLetterHeaders as names } from '../../record/header-names.ts'
import { effectRoute } from '../../route.ts'
import { compileRoutes } from '../compiled-route.ts'
import { itemTopic, scriptedStore } from '../delivery.fixture.ts'
import { Message } from '../message.ts'
import { ownPartition } from '../owned-partition.ts'
import { deadLetterOf, type LetterFacts } from './dead-letter.ts'

const route = compileRoutes(
  'group.with.dots',
  [
    effectRoute({
      from: itemTopic('orders', 4),
      group: 'group.with.dots',
      store: scriptedStore(),
      handle: () => undefined,
    }),
  ],
  false,
).get('orders')

const messageOf = (
  headers: HeaderBlock,
  replayLane = false,
  value: Buffer | null = Buffer.from([0, 0, 0, 0, 7, 1]),
): Message => {
  if (route === undefined) throw new Error('no route')
  const topic = replayLane ? 'orders.group.with.dots.replay' : 'orders'
  const owner = ownPartition({ topic, partition: 2, epoch: 1 }, route, replayLane, undefined)
  return new Message(
    { topic, partition: 2, offset: 41, timestampMs: 1_000, key: Buffer.from([0xff, 0]), value, headers },
    owner,
    1,
    undefined,
  )
}

const factsOf = (thrown: unknown): LetterFacts => ({
  failure: classify(thrown),
  fingerprint: 'f'.repeat(16),
  attempts: 3,
  firstFailedAtMs: 10_000,
  lastFailedAtMs: 20_000,
  schemaId: 7,
  service: { name: 'svc', version: '1.2.3' },
})

const original: HeaderEntry[] = [
  { name: 'ce_id', value: 'id-1' },
  { name: 'dup', value: '1' },
  { name: 'dup', value: null },
  { name: '__proto__', value: 'x' },
  { name: '', value: Buffer.from([0xff, 0xfe]) },
  { name: 'dlq-attempts', value: 'NaN' },
]

describe('a dead letter', () => {
  it('carries key, value and header block byte for byte, and every fact behind them', () => {
    const block = HeaderBlock.of(original)
    const message = messageOf(block)
    const letter = deadLetterOf(message, factsOf(new TypeError('broken')))
    expect(letter).toMatchObject({ topic: 'orders.group.with.dots.dlq', partition: 2 })
    expect(letter.key).toBe(message.record.key)
    expect(letter.value).toBe(message.record.value)
    const count = Number(letter.headers.text(names.originalHeaderCount))
    expect(count).toBe(original.length)
    expect(letter.headers.take(count).bytes.equals(block.bytes)).toBe(true)
    const facts = Object.fromEntries(
      letter.headers
        .entries()
        .slice(count)
        .map(({ name, value }) => [name, value?.toString()]),
    )
    expect(facts).toMatchObject({
      'dlq-reason': 'poison',
      'dlq-code': 'ICX_HANDLER_CRASHED',
      'dlq-error-type': 'TypeError',
      'dlq-error-message': 'broken',
      'dlq-fingerprint': 'f'.repeat(16),
      'dlq-group': 'group.with.dots',
      'dlq-topic': 'orders',
      'dlq-partition': '2',
      'dlq-offset': '41',
      'dlq-timestamp': '1000',
      'dlq-attempts': '3',
      'dlq-first-failed-at': '1970-01-01T00:00:10.000Z',
      'dlq-last-failed-at': '1970-01-01T00:00:20.000Z',
      'dlq-schema-id': '7',
      'dlq-service': 'svc',
      'dlq-service-version': '1.2.3',
      'dlq-message-id': 'id-1',
      'dlq-replays': '0',
      'dlq-order': 'key',
    })
    expect(facts['dlq-error-stack']).toContain('TypeError: broken')
    expect(facts['dlq-replay-id']).toBeUndefined()
  })

  it('gives any header block back as it was', () => {
    const entry = fc.record({ name: fc.string({ maxLength: 8 }), value: fc.option(fc.string({ maxLength: 20 })) })
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 12 }), (entries) => {
        const block = HeaderBlock.of(entries)
        const { headers } = deadLetterOf(messageOf(block), factsOf('x'))
        expect(headers.take(Number(headers.text(names.originalHeaderCount))).bytes.equals(block.bytes)).toBe(true)
      }),
    )
  })

  it('keeps its facts within 64 KiB and cuts texts between characters, whatever was thrown', () => {
    const error = new Error('𝄞'.repeat(100_000))
    error.name = 'N'.repeat(100_000)
    error.stack = '€'.repeat(100_000)
    const message = messageOf(HeaderBlock.empty)
    const { headers } = deadLetterOf(message, factsOf(error))
    expect(headers.bytes.length).toBeLessThan(16 * 1024)
    expect(headers.get(names.errorMessage)?.length).toBeLessThanOrEqual(1_024)
    expect(headers.get(names.errorStack)?.length).toBeLessThanOrEqual(4_096)
    expect(headers.text(names.errorMessage)?.replaceAll('𝄞', '')).toBe('')
    expect(headers.text(names.errorStack)?.replaceAll('€', '')).toBe('')
  })

  it('leaves the texts out when it has to be brief, and nothing else, and is compressed', () => {
    const long = deadLetterOf(messageOf(HeaderBlock.of(original)), factsOf(new Error('x')))
    expect(long.compressed).toBeUndefined()
    const { headers, compressed } = deadLetterOf(messageOf(HeaderBlock.of(original)), factsOf(new Error('x')), true)
    expect(compressed).toBe(true)
    expect(headers.get(names.errorMessage)).toBeUndefined()
    expect(headers.get(names.errorStack)).toBeUndefined()
    expect(headers.text(names.reason)).toBe('transient')
  })

  it('from the replay lane restores the original block, goes to the original topic, and counts the replay', () => {
    const block = HeaderBlock.of(original)
    const first = deadLetterOf(messageOf(block), factsOf(new Error('first')))
    const lane = first.headers.take(Number(first.headers.text(names.originalHeaderCount))).append([
      { name: names.originalHeaderCount, value: String(original.length) },
      { name: names.offset, value: '41' },
      { name: names.timestamp, value: '1000' },
      { name: names.firstFailedAt, value: '1970-01-01T00:00:10.000Z' },
      { name: names.replays, value: '1' },
      { name: names.replayId, value: 'replay-9' },
    ])
    const again = deadLetterOf(messageOf(lane, true), { ...factsOf(new Error('second')), firstFailedAtMs: 99_000 })
    expect(again.topic).toBe('orders.group.with.dots.dlq')
    expect(again.headers.take(original.length).bytes.equals(block.bytes)).toBe(true)
    expect(again.headers.text(names.topic)).toBe('orders')
    expect(again.headers.text(names.offset)).toBe('41')
    expect(again.headers.text(names.replays)).toBe('2')
    expect(again.headers.text(names.replayId)).toBe('replay-9')
    expect(again.headers.text(names.firstFailedAt)).toBe('1970-01-01T00:00:10.000Z')
    expect(again.headers.entries().filter(({ name }) => name === names.replayId)).toHaveLength(1)
  })

  it('does not believe control headers that came from outside (X44)', () => {
    const forged = HeaderBlock.of([
      { name: names.originalHeaderCount, value: '0' },
      { name: names.replays, value: '1000000000' },
      { name: names.replayId, value: 'forged' },
    ])
    const { headers } = deadLetterOf(messageOf(forged), factsOf('x'))
    expect(headers.take(3).bytes.equals(forged.bytes)).toBe(true)
    expect(headers.text(names.originalHeaderCount)).toBe('3')
    expect(headers.text(names.replays)).toBe('0')
  })

  it('carries a header bomb untouched and a block too broken to append to as one header', () => {
    const bomb = HeaderBlock.of(Array.from({ length: 6_000 }, (_, n) => ({ name: `h${n}`, value: 'x' })))
    expect(deadLetterOf(messageOf(bomb), factsOf('x')).headers.take(6_000).bytes.equals(bomb.bytes)).toBe(true)
    const broken = new HeaderBlock(Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff]))
    const { headers } = deadLetterOf(messageOf(broken), factsOf('x'))
    expect(headers.get(names.originalHeaders)?.equals(broken.bytes)).toBe(true)
    expect(headers.text(names.originalHeaderCount)).toBe('0')
  })
})

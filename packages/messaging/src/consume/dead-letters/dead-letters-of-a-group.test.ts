import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { InterchangeError, notYet, rejected } from '../../failure/failure.ts'
import { type Metrics, noMetrics } from '../../metrics.ts'
import { HeaderBlock } from '../../record/header-block.ts'
import { ceHeaders, deadLetterHeaders as names } from '../../record/header-names.ts'
import { letterFacts } from '../../record/letter-facts.ts'
import { effectRoute, outgoing, publishRoute } from '../../route.ts'
import {
  type Bench,
  createBench,
  frameOf,
  type Item,
  itemTopic,
  quickRetry,
  scriptedStore,
  uniqueName,
  until,
} from '../delivery.fixture.ts'

let bench: Bench
let group: string
const from = itemTopic('orders')
beforeEach(async () => {
  bench = await createBench()
  group = uniqueName('group')
  await bench.topics(group, from)
})
afterEach(() => bench.end())

const letterCodes = (): (string | undefined)[] =>
  bench.letters('orders', group).map(({ headers }) => letterFacts(headers).get(names.code))

describe('a message that fails', () => {
  it.each([
    ['a TypeError', () => (undefined as unknown as Item).id, 'ICX_HANDLER_CRASHED', 'poison', '1'],
    ['a business rejection', () => Promise.reject(rejected('no such country')), 'ICX_HANDLER_REJECTED', 'poison', '1'],
    [
      'an error of no known kind, exhausted',
      () => Promise.reject(new Error('boom')),
      'ICX_HANDLER_FAILED',
      'transient',
      '3',
    ],
    ['a thrown string', () => Promise.reject('boom'), 'ICX_HANDLER_FAILED', 'transient', '3'],
    ['a rejection with undefined', () => Promise.reject(undefined), 'ICX_HANDLER_FAILED', 'transient', '3'],
    [
      'an answer with a then that throws',
      () =>
        Object.defineProperty({}, 'then', {
          get: () => {
            throw new Error('then')
          },
        }),
      'ICX_HANDLER_FAILED',
      'transient',
      '3',
    ],
    [
      'not-yet beyond its budget',
      () => Promise.reject(notYet('customer unknown')),
      'ICX_HANDLER_FAILED',
      'not-yet',
      undefined,
    ],
    ['an answer that names no topic', (): unknown => [null], 'ICX_HANDLER_CRASHED', 'poison', '1'],
    [
      'an answer that cannot be encoded (X63)',
      (): unknown => outgoing(from, { id: 'a', n: 1n as unknown as number }),
      'ICX_HANDLER_CRASHED',
      'poison',
      '1',
    ],
  ])(
    'by %s becomes one letter of its class, and its neighbours go through',
    async (_, fail, code, reason, attempts) => {
      const seen: number[] = []
      await bench.start([
        publishRoute({
          from,
          group,
          retry: quickRetry,
          handle: (item: Item) => {
            if (item.n === 1) return (fail as () => undefined)()
            seen.push(item.n)
            return undefined
          },
        }),
      ])
      for (const n of [0, 1, 2]) await bench.publisher.publish(from, { id: 'a', n })
      await until(async () => (await bench.committed(group, 'orders')) === 3)
      expect(seen).toEqual([0, 2])
      expect(letterCodes()).toEqual([code])
      const [letter] = bench.letters('orders', group)
      expect(letter?.headers.text(names.reason)).toBe(reason)
      if (attempts !== undefined) expect(letter?.headers.text(names.attempts)).toBe(attempts)
      expect(bench.outcomes).toMatchObject([{ outcome: 'dead-lettered', code, failureClass: reason, topic: 'orders' }])
    },
  )

  it.each([
    ['an empty value (X01)', { key: 'a', value: Buffer.alloc(0) }, 'ICX_AVRO_NOT_FRAMED'],
    ['a value without frame (X03)', { key: 'a', value: '{"id":"a"}' }, 'ICX_AVRO_NOT_FRAMED'],
    ['a value that cannot be read (X10)', { key: 'a', value: '\0{"id":' }, 'ICX_AVRO_MALFORMED'],
    ['a tombstone (X22)', { key: 'a', value: null }, 'ICX_CONTRACT_TOMBSTONE'],
    [
      "a key that is not the value's (X24)",
      { key: 'b', value: frameOf({ id: 'a', n: 1 }) },
      'ICX_CONTRACT_KEY_MISMATCH',
    ],
    [
      '6,000 headers (X34)',
      {
        key: 'a',
        value: frameOf({ id: 'a', n: 1 }),
        headers: Array.from({ length: 6_000 }, (_, n) => ({ name: `h${n}`, value: 'x' })),
      },
      'ICX_HEADERS_LIMIT',
    ],
    [
      'headers that cannot be read',
      { key: 'a', value: frameOf({ id: 'a', n: 1 }), headers: new HeaderBlock(Buffer.from([4, 2])) },
      'ICX_HEADERS_MALFORMED',
    ],
    [
      'a message id of a megabyte (X42)',
      { key: 'a', value: frameOf({ id: 'a', n: 1 }), headers: [{ name: ceHeaders.id, value: 'x'.repeat(100_000) }] },
      'ICX_CONTRACT_MESSAGE_ID',
    ],
    [
      'a message id that is not UTF-8 (X38)',
      {
        key: 'a',
        value: frameOf({ id: 'a', n: 1 }),
        headers: [{ name: ceHeaders.id, value: Buffer.from([0x69, 0xff]) }],
      },
      'ICX_CONTRACT_MESSAGE_ID',
    ],
    [
      'an empty message id',
      { key: 'a', value: frameOf({ id: 'a', n: 1 }), headers: [{ name: ceHeaders.id, value: '' }] },
      'ICX_CONTRACT_MESSAGE_ID',
    ],
  ])(
    'with %s is dead-lettered as contract, bytes untouched, at the first, middle and last place',
    async (_, record, code) => {
      const store = scriptedStore()
      const good = (n: number) => ({ key: 'g', value: frameOf({ id: 'g', n }) })
      for (const next of [record, good(1), record, good(2), record]) await bench.write('orders', next)
      await bench.start([effectRoute({ from, group, store, handle: (item: Item) => String(item.n) })])
      await until(async () => (await bench.committed(group, 'orders')) === 5)
      expect(store.effects).toEqual(['1', '2'])
      expect(letterCodes()).toEqual([code, code, code])
      const sources = bench.transport.records('orders').filter(({ offset }) => offset % 2 === 0)
      for (const [index, letter] of bench.letters('orders', group).entries()) {
        const source = sources[index]
        expect(letterFacts(letter.headers).get(names.offset)).toBe(String(source?.offset))
        expect(letter.key).toEqual(source?.key)
        expect(letter.value).toEqual(source?.value)
        const count = Number(letterFacts(letter.headers).get(names.originalHeaderCount))
        if (code !== 'ICX_HEADERS_MALFORMED')
          expect(letter.headers.take(count).bytes.equals(source?.headers.bytes ?? Buffer.alloc(0))).toBe(true)
      }
    },
  )

  it('may be a tombstone that the route skips, or carry a null key', async () => {
    const store = scriptedStore()
    await bench.write('orders', { key: 'a', value: null })
    await bench.write('orders', { key: null, value: frameOf({ id: 'a', n: 1 }) })
    await bench.start([effectRoute({ from, group, store, tombstones: 'skip', handle: (item: Item) => String(item.n) })])
    await until(async () => (await bench.committed(group, 'orders')) === 2)
    expect(store.effects).toEqual(['1'])
    expect(bench.letters('orders', group)).toHaveLength(0)
  })

  it('times out by its deadline, has its signal aborted, and does not hold its partition for ever (X61)', async () => {
    const aborted: string[] = []
    const late: ((value: undefined) => void)[] = []
    await bench.start([
      publishRoute({
        from,
        group,
        timeoutMs: 30,
        retry: { ...quickRetry, attemptsMax: 2 },
        handle: (item: Item, { signal }) => {
          if (item.n !== 0) return undefined
          signal.addEventListener('abort', () => aborted.push(signal.reason.code))
          return new Promise<undefined>((resolve) => late.push(resolve))
        },
      }),
    ])
    for (const n of [0, 1]) await bench.publisher.publish(from, { id: 'a', n })
    await until(async () => (await bench.committed(group, 'orders')) === 2)
    expect(letterCodes()).toEqual(['ICX_HANDLER_TIMEOUT'])
    expect(aborted).toEqual(['ICX_HANDLER_TIMEOUT', 'ICX_HANDLER_TIMEOUT'])
    for (const resolve of late) resolve(undefined)
    expect(bench.errors).toEqual([])
  })

  it('counts once when its promise answers twice (X61)', async () => {
    const twice: unknown = {
      // biome-ignore lint/suspicious/noThenProperty: a promise of a stranger is what this is about.
      then(done: (value: undefined) => void) {
        done(undefined)
        done(undefined)
      },
    }
    let settled = 0
    const metrics: Metrics = {
      ...noMetrics,
      settled(_topic, _group, _outcome, count) {
        settled += count
      },
    }
    const running = await bench.start([publishRoute({ from, group, handle: () => twice as Promise<undefined> })], {
      metrics,
    })
    for (const n of [0, 1, 2]) await bench.publisher.publish(from, { id: 'a', n })
    await until(async () => (await bench.committed(group, 'orders')) === 3)
    expect(running.health()).toMatchObject({ state: 'running', inFlight: 0 })
    expect(settled).toBe(3)
  })

  it('waits as long as the other side asks when it is rate-limited', async () => {
    const times: number[] = []
    await bench.start([
      publishRoute({
        from,
        group,
        retry: quickRetry,
        handle: () => {
          times.push(Date.now())
          if (times.length > 1) return undefined
          throw new InterchangeError('ICX_HANDLER_FAILED', '429', { class: 'rate-limited', retryAfterMs: 120 })
        },
      }),
    ])
    await bench.publisher.publish(from, { id: 'a', n: 0 })
    await until(() => times.length === 2)
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(118)
  })

  it('ends the group when it is fatal, without passing its offset', async () => {
    await bench.start([
      publishRoute({
        from,
        group,
        handle: (item: Item) => {
          if (item.n === 1) throw new InterchangeError('ICX_KAFKA_REFUSED', 'not allowed', { class: 'fatal' })
          return undefined
        },
      }),
    ])
    for (const n of [0, 1, 2]) await bench.publisher.publish(from, { id: `k${n}`, n })
    await until(() => bench.errors.length === 1)
    expect(bench.errors[0]).toMatchObject({ code: 'ICX_KAFKA_REFUSED' })
    expect((await bench.committed(group, 'orders')) ?? 0).toBeLessThanOrEqual(1)
  })

  it('by one entry of a batch dead-letters that entry alone', async () => {
    const store = scriptedStore()
    store.refuse = ({ effects }) => (effects[0] === '2' ? rejected('the ledger refuses it') : undefined)
    for (const n of [0, 1, 2, 3]) await bench.write('orders', { key: 'a', value: frameOf({ id: 'a', n }) })
    await bench.start([effectRoute({ from, group, store, handle: (item: Item) => String(item.n) })])
    await until(async () => (await bench.committed(group, 'orders')) === 4)
    expect(store.effects).toEqual(['0', '1', '3'])
    expect(letterCodes()).toEqual(['ICX_HANDLER_REJECTED'])
  })
})

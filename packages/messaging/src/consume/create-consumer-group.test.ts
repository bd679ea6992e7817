import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { derivedEventId } from '../record/event-id.ts'
import { ceHeaders } from '../record/header-names.ts'
import { effectRoute, outgoing, publishRoute } from '../route.ts'
import {
  type Bench,
  createBench,
  type Item,
  itemTopic,
  quickRetry,
  scriptedStore,
  uniqueName,
  until,
} from './delivery.fixture.ts'

let bench: Bench
beforeEach(async () => {
  bench = await createBench()
})
afterEach(() => bench.end())

describe('a publish route', () => {
  it('publishes what the handler answers, with a derived id, the input time, correlation and causation', async () => {
    const from = itemTopic('from', 2)
    const to = itemTopic('to', 3)
    const group = uniqueName('group')
    await bench.topics(group, from, to)
    await bench.start([
      publishRoute({
        from,
        group,
        handle: (item: Item) => [outgoing(to, item), outgoing(to, { ...item, n: item.n + 1 })],
      }),
    ])
    const timeMs = Date.parse('2026-01-02T03:04:05.678Z')
    const sent = await bench.publisher.publish(from, { id: 'a', n: 1 }, { correlationId: 'c-1', timeMs })
    await until(() => bench.transport.records('to').length === 2)
    const [first, second] = bench.transport.records('to')
    expect(first?.headers.text(ceHeaders.id)).toBe(derivedEventId(sent.messageId, group, 0))
    expect(second?.headers.text(ceHeaders.id)).toBe(derivedEventId(sent.messageId, group, 1))
    expect(first?.headers.text(ceHeaders.time)).toBe('2026-01-02T03:04:05.678Z')
    expect(first?.headers.text(ceHeaders.correlationId)).toBe('c-1')
    expect(first?.headers.text(ceHeaders.causationId)).toBe(sent.messageId)
    await until(async () => (await bench.committed(group, 'from', sent.partition)) === 1)
  })
})

describe('an effect route', () => {
  it('settles handled messages in batches and commits behind them', async () => {
    const from = itemTopic('orders')
    const group = uniqueName('group')
    const store = scriptedStore()
    await bench.topics(group, from)
    const items = Array.from({ length: 1_000 }, (_, n): Item => ({ id: `k${n % 7}`, n }))
    await Promise.all(items.map((item) => bench.publisher.publish(from, item)))
    await bench.start([effectRoute({ from, group, store, handle: (item: Item) => `${item.id}:${item.n}` })])
    await until(async () => (await bench.committed(group, 'orders')) === 1_000)
    expect(store.effects).toHaveLength(1_000)
    expect(store.batches.length).toBeLessThan(50)
    for (let key = 0; key < 7; key++) {
      const numbers = store.effects
        .filter((effect) => effect.startsWith(`k${key}:`))
        .map((effect) => Number(effect.slice(3)))
      expect(numbers).toEqual(numbers.toSorted((a, b) => a - b))
    }
  })

  it('retries a transient failure in place, keeps the order of the key, and reports the message as resolved', async () => {
    const from = itemTopic('retried')
    const group = uniqueName('group')
    const store = scriptedStore()
    await bench.topics(group, from)
    await bench.start([
      effectRoute({
        from,
        group,
        store,
        retry: quickRetry,
        handle: async (item: Item, { attempt }) => {
          if (item.n === 0 && attempt < 3) throw new Error('not now')
          return `${item.id}:${item.n}:${attempt}`
        },
      }),
    ])
    for (const [id, n] of [
      ['a', 0],
      ['a', 1],
      ['b', 2],
      ['a', 3],
    ] as const)
      await bench.publisher.publish(from, { id, n })
    await until(() => store.effects.length === 4)
    expect(store.effects.filter((effect) => effect.startsWith('a'))).toEqual(['a:0:3', 'a:1:1', 'a:3:1'])
    expect(bench.outcomes).toMatchObject([{ outcome: 'resolved', attempts: 3, topic: 'retried', replayId: undefined }])
    expect(bench.letters('retried', group)).toHaveLength(0)
  })
})

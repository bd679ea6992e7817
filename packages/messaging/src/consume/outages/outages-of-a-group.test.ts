import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { InterchangeError, rejected } from '../../failure/failure.ts'
import { deadLetterHeaders as names } from '../../record/header-names.ts'
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
const from = itemTopic('orders', 2)
const to = itemTopic('shipped', 2)
beforeEach(async () => {
  bench = await createBench()
  group = uniqueName('group')
  await bench.topics(group, from, to)
})
afterEach(() => bench.end())

const send = async (count: number, keys = 10): Promise<void> => {
  await Promise.all(Array.from({ length: count }, (_, n) => bench.publisher.publish(from, { id: `k${n % keys}`, n })))
}
const committedSum = async (): Promise<number> =>
  ((await bench.committed(group, 'orders', 0)) ?? 0) + ((await bench.committed(group, 'orders', 1)) ?? 0)

describe('an outage', () => {
  it('of what a handler calls makes the group wait, probe one at a time, and lose and bury nothing', async () => {
    let away = true
    let atOnce = 0
    let mostAtOnce = 0
    let calls = 0
    const handled: number[] = []
    const running = await bench.start([
      publishRoute({
        from,
        group,
        handle: async (item: Item) => {
          calls++
          atOnce++
          if (calls > 60) mostAtOnce = Math.max(mostAtOnce, atOnce)
          await new Promise((resolve) => setTimeout(resolve, 1))
          atOnce--
          if (away) throw new InterchangeError('ICX_STORE_UNAVAILABLE', 'breaker open', { class: 'outage' })
          handled.push(item.n)
          return undefined
        },
      }),
    ])
    await send(50)
    await until(() => calls > 80)
    expect(mostAtOnce).toBe(1)
    expect(running.health()).toMatchObject({ state: 'degraded' })
    expect(running.health().detail).toContain('breaker open')
    expect(await committedSum()).toBe(0)
    away = false
    await until(async () => (await committedSum()) === 50)
    expect(handled.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, n) => n))
    for (let key = 0; key < 10; key++) {
      const order = handled.filter((n) => n % 10 === key)
      expect(order).toEqual(order.toSorted((a, b) => a - b))
    }
    expect(bench.letters('orders', group)).toHaveLength(0)
    expect(running.health().state).toBe('running')
    expect(bench.outcomes.every(({ outcome }) => outcome === 'resolved')).toBe(true)
  })

  it('that nobody names is recognised by many messages failing in a row, and buries nothing', async () => {
    let away = true
    const running = await bench.start([
      publishRoute({
        from,
        group,
        retry: quickRetry,
        handle: async (item: Item) => {
          if (away) throw new Error(`connect ECONNREFUSED while handling ${item.n}`)
          return undefined
        },
      }),
    ])
    await send(40, 40)
    await until(() => running.health().state === 'degraded')
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(bench.letters('orders', group)).toHaveLength(0)
    away = false
    await until(async () => (await committedSum()) === 40)
    expect(bench.letters('orders', group)).toHaveLength(0)
  })

  it('is none where the registry takes its time, which is not the time of the handler', async () => {
    bench.codec.registry = 'slow'
    bench.codec.knowsSchema = false
    await send(4)
    const handled: number[] = []
    const handle = ({ n }: Item): undefined => void handled.push(n)
    const running = await bench.start([
      publishRoute({ from, group, timeoutMs: 20, retry: { ...quickRetry, attemptsMax: 1 }, handle }),
    ])
    await until(async () => (await committedSum()) === 4)
    expect(handled).toHaveLength(4)
    expect(running.health().state).toBe('running')
    expect(bench.letters('orders', group)).toHaveLength(0)
  })

  it('of the registry makes messages wait for their schema, asked for once at a time', async () => {
    bench.codec.knowsSchema = false
    bench.codec.registry = 'away'
    const store = scriptedStore()
    await send(30)
    const running = await bench.start([effectRoute({ from, group, store, handle: (item: Item) => String(item.n) })])
    await until(() => bench.codec.resolved > 5 && running.health().state === 'degraded')
    expect(store.effects).toEqual([])
    const asked = bench.codec.resolved
    bench.codec.registry = 'there'
    await until(async () => (await committedSum()) === 30)
    expect(bench.codec.resolved).toBeLessThanOrEqual(asked + 2)
    expect(bench.letters('orders', group)).toHaveLength(0)
    expect(store.effects).toHaveLength(30)
  })

  it('of the database repeats the whole batch until it is decided', async () => {
    const store = scriptedStore()
    store.away = true
    const running = await bench.start([effectRoute({ from, group, store, handle: (item: Item) => String(item.n) })])
    await send(40)
    await until(() => store.calls > 3 && running.health().state === 'degraded')
    expect(await committedSum()).toBe(0)
    store.away = false
    await until(async () => (await committedSum()) === 40)
    expect(store.effects).toHaveLength(40)
    expect(bench.letters('orders', group)).toHaveLength(0)
  })

  it('of Kafka for what a route publishes holds the offsets, and keeps the order of each key', async () => {
    let blocked = false
    await bench.end()
    bench = await createBench({
      around: (transport) => ({
        ...transport,
        createProducer: async () => {
          const producer = await transport.createProducer()
          return {
            ...producer,
            async send(records) {
              if (!blocked || records[0]?.topic !== 'shipped') return producer.send(records)
              const error = new InterchangeError('ICX_KAFKA_UNAVAILABLE', 'no leader', { class: 'outage' })
              return records.map(() => ({ status: 'failed' as const, error }))
            },
          }
        },
      }),
    })
    await bench.topics(group, from, to)
    blocked = true
    const running = await bench.start([publishRoute({ from, group, handle: (item: Item) => outgoing(to, item) })])
    await send(60)
    await until(() => running.health().state === 'degraded')
    expect(running.health().detail).toContain('no leader')
    await new Promise((resolve) => setTimeout(resolve, 250))
    expect(running.health().inFlight).toBe(60)
    expect(bench.outcomes).toEqual([])
    expect(await committedSum()).toBe(0)
    blocked = false
    await until(async () => (await committedSum()) === 60)
    const last = new Map<string, number>()
    for (const { key, value } of bench.transport.records('shipped')) {
      const { n } = JSON.parse(value?.toString('utf8', 1) ?? '{}') as Item
      expect(n).toBeGreaterThan(last.get(String(key)) ?? -1)
      last.set(String(key), n)
    }
    await until(() => running.health().state === 'running')
  })

  it('of the broker for commits degrades the group and loses no offset', async () => {
    const running = await bench.start([publishRoute({ from, group, handle: () => undefined })])
    await send(10)
    await until(async () => (await committedSum()) === 10)
    await send(10)
    bench.transport.setReachable(false)
    bench.transport.setReachable(true)
    await until(async () => (await committedSum()) === 20)
    expect(running.health()).toMatchObject({ state: 'running', inFlight: 0, progressAgeMs: 0 })
  })
})

describe('a schema that is missing', () => {
  it('is asked for once, however many messages need it', async () => {
    bench.codec.knowsSchema = false
    const store = scriptedStore()
    await send(40, 40)
    await bench.start([effectRoute({ from, group, store, handle: (item: Item) => String(item.n) })])
    await until(async () => (await committedSum()) === 40)
    expect(bench.codec.resolved).toBe(1)
  })

  it('that stays missing after it was resolved is tried again, then buried', async () => {
    bench.codec.knowsSchema = false
    bench.codec.registry = 'silent'
    await send(1)
    await bench.start([publishRoute({ from, group, retry: quickRetry, handle: () => undefined })])
    await until(async () => (await committedSum()) === 1)
    expect(bench.codec.resolved).toBe(quickRetry.attemptsMax)
    const [letter] = bench.letters('orders', group)
    expect(letter?.headers.text(names.code)).toBe('ICX_AVRO_SCHEMA_UNKNOWN')
  })
})

describe('a flood', () => {
  it('of letters with one cause stops the group instead of burying everything, and lets one at a time try', async () => {
    let broken = true
    const running = await bench.start(
      [
        publishRoute({
          from,
          group,
          handle: (item: Item) => {
            if (broken) throw rejected(`mapping ${item.n} is missing`)
            return undefined
          },
        }),
      ],
      { limits: { floodPauseMs: 40, floodPauseMsMax: 400 } },
    )
    await send(200)
    await until(() => running.health().state === 'degraded')
    expect(running.health().detail).toContain('too many letters')
    const buried = bench.letters('orders', group).length
    expect(buried).toBeLessThanOrEqual(25)
    broken = false
    await until(async () => (await committedSum()) === 200)
    expect(bench.letters('orders', group).length).toBeLessThan(30)
    await until(() => running.health().state === 'running')
  })

  it('is not what honest letters of several causes among good messages are', async () => {
    const countries = ['EIRE', 'Narnia', 'Unspecified', 'Elbonia']
    const running = await bench.start([
      publishRoute({
        from,
        group,
        handle: (item: Item) => {
          if (item.n % 5 === 0) throw rejected(`no country for ${countries[(item.n / 5) % 4]}`)
          return undefined
        },
      }),
    ])
    await send(1_000, 1_000)
    await until(async () => (await committedSum()) === 1_000)
    expect(bench.letters('orders', group)).toHaveLength(200)
    expect(running.health().state).toBe('running')
    const prints = new Set(bench.letters('orders', group).map(({ headers }) => headers.text(names.fingerprint)))
    expect(prints.size).toBe(4)
  })
})

describe('not-yet', () => {
  it('waits for what is missing without spending attempts or holding other keys', async () => {
    const one = itemTopic('one')
    await bench.topics(group, one)
    let arrived = false
    const done: string[] = []
    await bench.start([
      publishRoute({
        from: one,
        group,
        retry: { ...quickRetry, attemptsMax: 1, notYetMsMax: 5_000 },
        handle: (item: Item, { attempt }) => {
          if (item.id === 'order' && !arrived)
            throw new InterchangeError('ICX_HANDLER_FAILED', 'no customer', { class: 'not-yet' })
          if (item.id === 'customer') arrived = attempt > 0
          done.push(item.id)
          return undefined
        },
      }),
    ])
    for (const id of ['order', 'other', 'customer']) await bench.write('one', { key: id, value: frameOf({ id, n: 0 }) })
    await until(async () => (await bench.committed(group, 'one')) === 3)
    expect(done).toEqual(['other', 'customer', 'order'])
    expect(bench.letters('one', group)).toHaveLength(0)
  })
})

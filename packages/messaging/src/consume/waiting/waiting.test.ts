import { afterEach, describe, expect, it } from 'vitest'
import { InterchangeError, notYet, rejected } from '../../failure/failure.ts'
import type { RetryPolicy } from '../../failure/retry-policy.ts'
import { createMemoryWaitingRoom, type MemoryWaitingRoom, seededRandom } from '../../memory/index.ts'
import { letterFacts } from '../../record/letter-facts.ts'
import { type EffectRoute, effectRoute } from '../../route.ts'
import { replayLaneName } from '../../topic.ts'
import type { Transport, TransportConsumer } from '../../transport.ts'
import {
  type Bench,
  createBench,
  type Item,
  itemTopic,
  type ScriptedStore,
  scriptedStore,
  uniqueName,
  until,
} from '../delivery.fixture.ts'

let bench: Bench
afterEach(() => bench.end())

const from = itemTopic('orders')
const soon: Partial<RetryPolicy> = {
  attemptsMax: 2,
  backoffMs: 1,
  backoffMsMax: 2,
  waitingBackoffMs: 20,
  waitingBackoffMsMax: 40,
}

interface Setting {
  readonly group: string
  readonly room: MemoryWaitingRoom
  readonly store: ScriptedStore
  /** Keys whose messages fail as these errors. */
  readonly failing: Map<string, () => Error>
  /** Every call of the handler: `key:n`. */
  readonly handled: string[]
  readonly consumers: TransportConsumer[]
  route(more?: Partial<EffectRoute<Item, string>>): EffectRoute<Item, string>
  send(...items: readonly string[]): Promise<void>
}

/** A route on a store with a waiting room. Items are written `key:n`. */
const open = async (topic = from): Promise<Setting> => {
  const consumers: TransportConsumer[] = []
  const around = (transport: Transport): Transport => ({
    ...transport,
    createConsumer: async (options) => {
      const consumer = await transport.createConsumer(options)
      consumers.push(consumer)
      return consumer
    },
  })
  bench = await createBench({ around })
  const group = uniqueName('group')
  await bench.topics(group, topic)
  const room = createMemoryWaitingRoom()
  const store = scriptedStore(room)
  const failing = new Map<string, () => Error>()
  const handled: string[] = []
  return {
    group,
    room,
    store,
    failing,
    handled,
    consumers,
    route: (more = {}) =>
      effectRoute({
        from: topic,
        group,
        store,
        retry: soon,
        handle: (item: Item) => {
          handled.push(`${item.id}:${item.n}`)
          const fail = failing.get(item.id)
          if (fail !== undefined) throw fail()
          return `${item.id}:${item.n}`
        },
        ...more,
      }),
    async send(...items) {
      await Promise.all(
        items.map((text) => {
          const [id = '', n = 0] = text.split(':')
          return bench.publisher.publish(topic, { id, n: Number(n) })
        }),
      )
    },
  }
}

const later = (): Error => notYet('no customer')
const down = (): Error => new Error('connection reset')
const ofKey = (list: readonly string[], key: string): readonly string[] =>
  list.filter((text) => text.startsWith(`${key}:`))
const committedIs = (group: string, offset: number): Promise<void> =>
  until(async () => (await bench.committed(group, 'orders')) === offset)

describe('a message that must wait', () => {
  it('goes into the room with the later ones of its key, the offset passes, and other keys go on', async () => {
    const { group, room, store, failing, route, send } = await open()
    failing.set('a', later)
    await bench.start([route()])
    await send('a:1', 'b:1', 'a:2', 'b:2', 'a:3')
    await committedIs(group, 5)
    expect(room.records(group).map(({ offset }) => offset)).toEqual([0, 2, 4])
    expect(store.effects).toEqual(['b:1', 'b:2'])
    await send('a:4', 'b:3')
    await committedIs(group, 7)
    expect(room.records(group)).toHaveLength(4)
    failing.clear()
    await until(() => store.effects.length === 7)
    expect(ofKey(store.effects, 'a')).toEqual(['a:1', 'a:2', 'a:3', 'a:4'])
    await until(() => room.records(group).length === 0)
    expect(bench.letters('orders', group)).toHaveLength(0)
  })

  it('carries its bytes, what went wrong and when it is due; those behind it have no attempt', async () => {
    const { group, room, failing, route, send } = await open()
    failing.set('a', down)
    await bench.start([route({ retry: { ...soon, waitingBackoffMs: 60_000, waitingBackoffMsMax: 60_000 } })])
    const sentAtMs = Date.now()
    await send('a:1', 'a:2')
    await committedIs(group, 2)
    const [first, second] = room.records(group)
    const [record] = bench.transport.records('orders')
    expect(first).toMatchObject({ key: record?.key, value: record?.value, headers: record?.headers.bytes, attempts: 2 })
    expect(first?.failure).toMatchObject({ failureClass: 'transient', attemptsSpent: 2, message: 'connection reset' })
    expect(first?.dueMs).toBeGreaterThanOrEqual(sentAtMs + 30_000)
    expect(second).toMatchObject({ attempts: 0, failure: undefined })
  })

  it('is never tried early, nor more than a second late', async () => {
    const { group, room, failing, handled, route, send } = await open()
    failing.set('a', down)
    const tries: number[] = []
    const dues: number[] = []
    const { put } = room
    room.put = async (claim, records) => {
      dues.push(...records.map(({ dueMs }) => dueMs))
      await put(claim, records)
    }
    const { handle, ...rest } = route()
    await bench.start([
      {
        ...rest,
        handle: (item: Item, context) => {
          tries.push(Date.now())
          return handle(item, context)
        },
      },
    ])
    await send('a:1')
    await until(() => dues.length >= 5)
    failing.clear()
    await until(() => room.records(group).length === 0)
    // Two tries in place, then one for each due time.
    expect(handled.length).toBe(2 + dues.length)
    for (const [index, dueMs] of dues.entries()) {
      const lateMs = (tries[2 + index] ?? 0) - dueMs
      expect(lateMs).toBeGreaterThanOrEqual(0)
      expect(lateMs).toBeLessThan(1_000)
    }
  })

  it('becomes a letter when its budget is spent, in order, and leaves the room', async () => {
    const { group, room, store, failing, route, send } = await open()
    failing.set('a', down)
    await bench.start([route({ retry: { ...soon, waitingAttemptsMax: 2 } })])
    await send('a:1', 'a:2', 'b:1')
    await until(() => bench.letters('orders', group).length === 2)
    const facts = bench.letters('orders', group).map(({ headers }) => letterFacts(headers))
    expect(facts.map((letter) => [letter.get('dlq-offset'), letter.get('dlq-attempts')])).toEqual([
      ['0', '4'],
      ['1', '4'],
    ])
    await until(() => room.records(group).length === 0)
    expect(store.effects).toEqual(['b:1'])
  })

  it('that is broken behind one that waits is buried in its turn', async () => {
    const { group, room, store, failing, route, send } = await open()
    failing.set('a', later)
    const { handle, ...rest } = route()
    await bench.start([
      {
        ...rest,
        handle: (item: Item, context) => {
          if (item.n === 2) throw rejected('two')
          return handle(item, context)
        },
      },
    ])
    await send('a:1', 'a:2', 'a:3')
    await committedIs(group, 3)
    expect(bench.letters('orders', group)).toHaveLength(0)
    failing.clear()
    await until(() => store.effects.length === 2)
    expect(bench.letters('orders', group)).toHaveLength(1)
    await until(() => room.records(group).length === 0)
  })

  it('whom the other side asked to wait long waits durably at once, and as long as it was asked', async () => {
    const { group, room, failing, handled, route, send } = await open()
    const asked = new InterchangeError('ICX_HANDLER_FAILED', '429', { class: 'rate-limited', retryAfterMs: 30_000 })
    failing.set('a', () => asked)
    const startedAtMs = Date.now()
    await bench.start([route()])
    await send('a:1')
    await committedIs(group, 1)
    expect(handled).toHaveLength(1)
    expect(room.records(group)[0]?.dueMs).toBeGreaterThanOrEqual(startedAtMs + 30_000)
  })

  it('waits in place while the room cannot be written, and the offset with it', async () => {
    const { group, room, store, failing, route, send } = await open()
    failing.set('a', later)
    const running = await bench.start([route()])
    await until(() => running.health().assigned > 0)
    await send('c:1')
    await committedIs(group, 1)
    room.away = true
    await send('a:1', 'b:1')
    await until(() => running.health().state === 'degraded')
    await until(() => store.effects.includes('b:1'))
    expect(await bench.committed(group, 'orders')).toBe(1)
    room.away = false
    await committedIs(group, 3)
    await until(() => running.health().state === 'running')
  })

  it('behind a null key holds back what has no key, and nothing else', async () => {
    const { group, room, store, route } = await open()
    let missing = true
    const { handle, ...rest } = route()
    await bench.start([
      {
        ...rest,
        handle: (item: Item, context) => {
          if (item.n === 0 && missing) throw later()
          return handle(item, context)
        },
      },
    ])
    const value = (id: string, n: number): string => `\0${JSON.stringify({ id, n })}`
    await bench.write('orders', { value: value('x', 0) })
    await bench.write('orders', { value: value('y', 1) })
    await bench.write('orders', { key: 'z', value: value('z', 2) })
    await committedIs(group, 3)
    expect(store.effects).toEqual(['z:2'])
    missing = false
    await until(() => room.records(group).length === 0)
    expect(store.effects).toEqual(['z:2', 'x:0', 'y:1'])
  })

  it('on a route without a room, or of another order, waits in place', async () => {
    const { group, room, failing, route, send } = await open()
    failing.set('a', later)
    await bench.start([route({ ordering: 'partition', retry: { ...soon, notYetMsMax: 60_000 } })])
    await send('a:1', 'b:1')
    await until(() => bench.transport.records('orders').length === 2)
    await new Promise((resolve) => setTimeout(resolve, 40))
    expect(room.records(group)).toEqual([])
    expect((await bench.committed(group, 'orders')) ?? 0).toBe(0)
  })
})

describe('a message that waits', () => {
  it('keeps the one behind it from starting while that is still being written', async () => {
    const { group, room, store, failing, handled, route, send } = await open()
    failing.set('a', later)
    // Long enough for the second to arrive while the first waits.
    await bench.start([route({ retry: { ...soon, waitingBackoffMs: 400, waitingBackoffMsMax: 400 } })])
    await send('a:1')
    await committedIs(group, 1)
    expect(handled).toHaveLength(2)
    let writeOn = (): void => undefined
    const held = new Promise<void>((resolve) => {
      writeOn = resolve
    })
    let puts = 0
    const { put } = room
    room.put = async (claim, records) => {
      puts++
      await held
      await put(claim, records)
    }
    failing.clear()
    await send('a:2')
    await until(() => puts === 1 && store.effects.length === 1)
    await new Promise((resolve) => setTimeout(resolve, 30))
    expect(store.effects).toEqual(['a:1'])
    writeOn()
    await until(() => store.effects.length === 2)
    await until(() => room.records(group).length === 0)
  })

  it('with a due time of its own is not tried early when the one before it has left', async () => {
    const { group, room, store, handled, route, send } = await open()
    await send('a:0', 'a:1')
    const [claimed] = await room.claim(group, [{ topic: 'orders', partition: 0 }])
    if (claimed === undefined) throw new Error('no claim')
    const dueMs = Date.now() + 250
    const rows = bench.transport.records('orders').map(({ offset, timestampMs, key, value, headers }) => ({
      ...{ offset, timestampMs, key, value, headers: headers.bytes, messageId: `m${offset}` },
      ...{ dueMs: offset === 0 ? 0 : dueMs, attempts: 3, failure: undefined },
    }))
    await room.put(claimed.claim, rows)
    await bench.start([route()])
    await until(() => store.effects.length === 1)
    expect(handled).toEqual(['a:0'])
    await until(() => store.effects.length === 2)
    expect(Date.now()).toBeGreaterThanOrEqual(dueMs)
    expect(handled).toEqual(['a:0', 'a:1'])
  })

  it('for something that never comes becomes a letter after its own budget', async () => {
    const { group, room, failing, route, send } = await open()
    failing.set('a', later)
    await bench.start([route({ retry: { ...soon, waitingNotYetMsMax: 60, waitingAttemptsMax: 1_000 } })])
    const sentAtMs = Date.now()
    await send('a:1')
    await until(() => bench.letters('orders', group).length === 1)
    expect(Date.now() - sentAtMs).toBeGreaterThanOrEqual(60)
    await until(() => room.records(group).length === 0)
  })

  it('on the replay lane waits in place: its outcome is owed', async () => {
    const { group, room, failing, handled, route } = await open()
    failing.set('a', down)
    await bench.start([route({ retry: { ...soon, attemptsMax: 4 } })])
    const seen: number[] = []
    const { put } = room
    room.put = async (claim, records) => {
      seen.push(records.length)
      await put(claim, records)
    }
    await bench.write(replayLaneName('orders', group), { key: 'a', value: `\0${JSON.stringify({ id: 'a', n: 1 })}` })
    await until(() => bench.letters('orders', group).length === 1)
    expect(handled).toHaveLength(4)
    expect(seen).toEqual([])
  })
})

describe('the caps', () => {
  it.each(['waitingKeyBytesMax', 'waitingPartitionBytesMax'] as const)(
    'of %s pause the partition, keep the order, and let it go on',
    async (cap) => {
      const { group, room, store, failing, route, send } = await open()
      failing.set('a', later)
      await bench.start([route()], { limits: { [cap]: 1_000, partitionRecordsMax: 4 } })
      const sent = Array.from({ length: 40 }, (_, n) => `a:${n}`)
      await send(...sent)
      await until(() => room.records(group).length > 0)
      await new Promise((resolve) => setTimeout(resolve, 60))
      const inRoom = room.records(group).length
      expect(inRoom).toBeGreaterThan(0)
      expect(inRoom).toBeLessThan(10)
      expect(await bench.committed(group, 'orders')).toBe(inRoom)
      failing.clear()
      await until(() => store.effects.length === 40)
      expect(store.effects).toEqual(sent)
      await committedIs(group, 40)
      expect(room.records(group)).toEqual([])
      await send('a:40')
      await until(() => store.effects.length === 41)
    },
  )

  it('let nothing overtake a message that found no room, neither while it waits nor while it is tried', async () => {
    const { group, room, store, failing, route } = await open()
    failing.set('a', later)
    const write = (n: number, pad = ''): Promise<number> =>
      bench.write('orders', { key: 'a', value: `\0${JSON.stringify({ id: 'a', n, pad })}` })
    let letGo: (() => void) | undefined
    const { handle, ...rest } = route()
    await bench.start(
      [
        {
          ...rest,
          handle: async (item: Item, context) => {
            if (item.n === 1)
              await new Promise<void>((resolve) => {
                letGo = resolve
              })
            return handle(item, context)
          },
        },
      ],
      { limits: { waitingKeyBytesMax: 1_000 } },
    )
    await write(0)
    await committedIs(group, 1)
    // One batch, so that all of it is here when the second finds no room.
    await Promise.all([write(1, 'x'.repeat(1_000)), write(2)])
    await new Promise((resolve) => setTimeout(resolve, 60))
    expect(room.records(group).map(({ offset }) => offset)).toEqual([0])
    failing.clear()
    await until(() => letGo !== undefined)
    await until(() => room.records(group).length === 0)
    await write(3)
    await new Promise((resolve) => setTimeout(resolve, 60))
    expect(room.records(group)).toEqual([])
    expect(await bench.committed(group, 'orders')).toBe(1)
    letGo?.()
    await until(() => store.effects.length === 4)
    expect(store.effects).toEqual(['a:0', 'a:1', 'a:2', 'a:3'])
    await committedIs(group, 4)
  })
})

describe('another owner', () => {
  it('after a restart goes on with what waits before newer records of the key, not early', async () => {
    const { group, room, store, failing, handled, route, send } = await open()
    failing.set('a', later)
    const before = await bench.start([route({ retry: { ...soon, waitingBackoffMs: 300, waitingBackoffMsMax: 300 } })])
    await send('a:1', 'a:2')
    await committedIs(group, 2)
    await before.stop(500)
    const dueMs = room.records(group)[0]?.dueMs ?? 0
    failing.clear()
    await send('a:3', 'b:1')
    const count = handled.length
    let firstAtMs = 0
    const { handle, ...rest } = route()
    await bench.start([
      {
        ...rest,
        handle: (item: Item, context) => {
          if (item.id === 'a' && firstAtMs === 0) firstAtMs = Date.now()
          return handle(item, context)
        },
      },
    ])
    await until(() => store.effects.length === 4)
    expect(ofKey(handled.slice(count), 'a')).toEqual(['a:1', 'a:2', 'a:3'])
    expect(ofKey(store.effects, 'a')).toEqual(['a:1', 'a:2', 'a:3'])
    expect(store.effects[0]).toBe('b:1')
    expect(firstAtMs).toBeGreaterThanOrEqual(dueMs)
    expect(room.records(group)).toEqual([])
  })

  it('handles nothing before it knows what waits', async () => {
    const { group, room, store, failing, route, send } = await open()
    failing.set('a', later)
    const before = await bench.start([route()])
    await send('a:1')
    await committedIs(group, 1)
    await before.stop(500)
    failing.clear()
    room.away = true
    await send('a:2', 'b:1')
    const after = await bench.start([route()])
    await until(() => after.health().state === 'degraded')
    expect(store.effects).toEqual([])
    room.away = false
    await until(() => store.effects.length === 3)
    expect(ofKey(store.effects, 'a')).toEqual(['a:1', 'a:2'])
  })

  it('takes over from a member that dies with records written that it could not commit', async () => {
    const { group, room, store, failing, consumers, route, send } = await open()
    failing.set('a', later)
    await bench.start([route()], { limits: { commitIntervalMs: 60_000 } })
    await bench.start([route()])
    await send('a:1', 'a:2', 'b:1')
    await until(() => room.records(group).length === 2)
    const dead = consumers[0]
    if (dead === undefined) throw new Error('no consumer')
    await bench.transport.crash(dead)
    failing.clear()
    await send('a:3')
    await until(() => store.effects.length === 4)
    expect(ofKey(store.effects, 'a')).toEqual(['a:1', 'a:2', 'a:3'])
    expect(new Set(store.effects).size).toBe(4)
    await committedIs(group, 4)
    await until(() => room.records(group).length === 0)
  })

  it('fences a member that does not know yet: it settles nothing of what waited, and puts nothing there', async () => {
    const { group, room, store, failing, route, send } = await open()
    failing.set('a', later)
    const before = await bench.start([route()])
    await send('a:1')
    await committedIs(group, 1)
    await room.claim(group, [{ topic: 'orders', partition: 0 }])
    failing.clear()
    failing.set('b', later)
    await send('b:1')
    await until(() => bench.logged.some(({ message }) => message === 'fenced'))
    await send('c:1')
    await new Promise((resolve) => setTimeout(resolve, 60))
    expect(store.effects).toEqual([])
    expect(room.records(group)).toHaveLength(1)
    expect(await bench.committed(group, 'orders')).toBe(1)
    await before.stop(500)
    failing.clear()
    await bench.start([route()])
    await until(() => store.effects.length === 3)
    await committedIs(group, 3)
  })

  it.each([1, 2, 3, 4, 5, 6])(
    'keeps each key in order, once, while sessions are lost and everything fails now and then, seed %i',
    async (seed) => {
      const random = seededRandom(seed)
      const topic = itemTopic('orders', 3)
      const { group, room, store, consumers, route, send } = await open(topic)
      const own = route({
        timeoutMs: 5_000,
        retry: { ...soon, attemptsMax: 1, waitingBackoffMs: 4, waitingBackoffMsMax: 8, waitingAttemptsMax: 1_000 },
        handle: async (item: Item) => {
          await new Promise((resolve) => setTimeout(resolve, random() * 3))
          if (random() < 0.25) throw random() < 0.5 ? later() : new Error(`flaky ${random()}`)
          return `${item.id}:${item.n}`
        },
      })
      for (let member = 0; member < 3; member++)
        await bench.start([own], {
          limits: { revokeDrainMsMax: 2, outageAfterMessages: 1_000, waitingKeyBytesMax: 2_000 },
        })
      const sent = Array.from({ length: 240 }, (_, n) => `k${n % 11}:${n}`)
      const sending = send(...sent)
      for (let round = 0; round < 3; round++) {
        for (const consumer of consumers) {
          await new Promise((resolve) => setTimeout(resolve, 15))
          await bench.transport.expire(consumer, 5 + round * 3)
        }
      }
      await sending
      await until(() => store.effects.length >= sent.length, 20_000)
      await until(() => room.records(group).length === 0, 20_000)
      expect([...store.effects].sort()).toEqual([...sent].sort())
      for (let key = 0; key < 11; key++) expect(ofKey(store.effects, `k${key}`)).toEqual(ofKey(sent, `k${key}`))
      expect(bench.letters('orders', group)).toHaveLength(0)
      expect(bench.errors).toEqual([])
    },
    30_000,
  )
})

import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../memory/index.ts'
import { type Item, itemTopic, until } from '../delivery.fixture.ts'
import { groupWithRoom, later, ofKey, soon } from './group-with-room.fixture.ts'

describe('another owner', () => {
  it('after a restart goes on with what waits before newer records of the key, not early', async () => {
    const { bench, group, room, store, failing, handled, route, send, committedIs } = await groupWithRoom()
    failing.set('a', later)
    const before = await bench.start([route({ retry: { ...soon, waitingBackoffMs: 300, waitingBackoffMsMax: 300 } })])
    await send('a:1', 'a:2')
    await committedIs(2)
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
    const { bench, room, store, failing, route, send, committedIs } = await groupWithRoom()
    failing.set('a', later)
    const before = await bench.start([route()])
    await send('a:1')
    await committedIs(1)
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
    const { bench, group, room, store, failing, consumers, route, send, committedIs } = await groupWithRoom()
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
    await committedIs(4)
    await until(() => room.records(group).length === 0)
  })

  it('fences a member that does not know yet: it settles nothing of what waited, and puts nothing there', async () => {
    const { bench, group, room, store, failing, route, send, committedIs } = await groupWithRoom()
    failing.set('a', later)
    const before = await bench.start([route()])
    await send('a:1')
    await committedIs(1)
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
    await committedIs(3)
  })

  it.each([1, 2, 3, 4, 5, 6])(
    'keeps each key in order, once, while sessions are lost and everything fails now and then, seed %i',
    async (seed) => {
      const random = seededRandom(seed)
      const topic = itemTopic('orders', 3)
      const { bench, group, room, store, consumers, route, send } = await groupWithRoom(topic)
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

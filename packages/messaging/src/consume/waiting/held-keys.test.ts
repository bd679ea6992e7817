import { describe, expect, it } from 'vitest'
import { rejected } from '../../failure/failure.ts'
import { createMemoryWaitingRoom, seededRandom } from '../../memory/index.ts'
import { type Item, itemTopic, scriptedStore, until } from '../delivery.fixture.ts'
import { ofKey } from './group-with-room.fixture.ts'
import { holdingGroup } from './holding-group.fixture.ts'

const from = itemTopic('orders')
const quick = { limits: { heldKeysCheckMs: 10 } }
const broken = (): Error => rejected('broken')

describe('a held key', () => {
  it('the group does not end because nobody resolves the letter, and health says what is held', async () => {
    const { bench, store, failing, route, send, archive, committedIs } = await holdingGroup()
    failing.set('a:1', broken)
    const limits = { waitingKeyBytesMax: 400, waitingPartitionBytesMax: 100_000, noProgressMsMax: 60 }
    const running = await bench.start([route({ timeoutMs: 40 })], { limits: { ...quick.limits, ...limits } })
    await send('a:1', ...Array.from({ length: 12 }, (_, n) => `a:${n + 2}`))
    await until(() => running.health().state === 'degraded')
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(bench.errors).toEqual([])
    expect(running.health()).toMatchObject({ state: 'degraded' })
    expect(running.health().detail).toContain('orders/0')
    await archive()
    await until(() => ofKey(store.effects, 'a').length === 12)
    await until(() => running.health().state === 'running')
    await committedIs(13)
  })

  it('stays held across a restart, and goes on in order when it is let go afterwards', async () => {
    const { bench, group, room, store, failing, route, send, held, replay, committedIs } = await holdingGroup()
    failing.set('a:1', broken)
    const before = await bench.start([route()], quick)
    await send('a:1', 'a:2')
    await committedIs(2)
    await before.stop(500)
    failing.clear()
    await send('a:3', 'b:1')
    await bench.start([route()], quick)
    await committedIs(4)
    expect(store.effects).toEqual(['b:1'])
    expect(await held()).toEqual([0])
    await replay()
    await until(() => store.effects.length === 4)
    expect(ofKey(store.effects, 'a')).toEqual(['a:1', 'a:2', 'a:3'])
    await until(() => room.records(group).length === 0)
  })

  it('stays held when its owner dies before it could commit, and the letter is not written again', async () => {
    const { bench, group, store, failing, consumers, route, send, held, replay, committedIs } = await holdingGroup()
    failing.set('a:1', broken)
    await bench.start([route()], { limits: { ...quick.limits, commitIntervalMs: 60_000 } })
    await send('a:1', 'a:2')
    await until(async () => (await held()).length === 1)
    const [dead] = consumers
    if (dead === undefined) throw new Error('no consumer')
    await bench.start([route()], quick)
    await bench.transport.crash(dead)
    await send('a:3')
    await committedIs(3)
    expect(store.effects).toEqual([])
    expect(bench.letters('orders', group)).toHaveLength(1)
    failing.clear()
    await replay()
    await until(() => store.effects.length === 3)
    expect(store.effects).toEqual(['a:1', 'a:2', 'a:3'])
  })

  it('is let go by whichever member reads the replay lane', async () => {
    const { bench, store, failing, route, send, replay, committedIs } = await holdingGroup()
    failing.set('a:1', broken)
    const first = await bench.start([route()], quick)
    const second = await bench.start([route()], quick)
    // The topic and its lane are one partition each: one member has the one, the other the other.
    await until(() => first.health().assigned === 1 && second.health().assigned === 1)
    await send('a:1', 'a:2')
    await committedIs(2)
    failing.clear()
    await replay()
    await until(() => store.effects.length === 2)
    expect(store.effects).toEqual(['a:1', 'a:2'])
  })

  it('does not pass its offset while the hold cannot be written', async () => {
    const { bench, group, room, store, failing, route, send, held, committedIs } = await holdingGroup()
    failing.set('a:1', broken)
    const running = await bench.start([route()], quick)
    await send('c:1')
    await committedIs(1)
    room.away = true
    await send('a:1', 'a:2', 'b:1')
    await until(() => running.health().state === 'degraded' && store.effects.includes('b:1'))
    expect(await bench.committed(group, 'orders')).toBe(1)
    room.away = false
    await committedIs(4)
    expect(await held()).toEqual([1])
    expect(ofKey(store.effects, 'a')).toEqual([])
    await until(() => running.health().state === 'running')
  })

  it('is asked for in vain while the room is away, which health tells', async () => {
    const { bench, room, store, failing, route, send, replay, committedIs } = await holdingGroup()
    failing.set('a:1', broken)
    const running = await bench.start([route()], quick)
    await send('a:1', 'a:2')
    await committedIs(2)
    room.away = true
    await until(() => running.health().detail.startsWith('held keys: '))
    room.away = false
    await until(() => running.health().state === 'running')
    failing.clear()
    await replay()
    await until(() => store.effects.length === 2)
  })
})

describe('held keys', () => {
  it.each([1, 2, 3, 4, 5, 6])(
    'keep each key in order, once, while sessions are lost and letters are replayed, seed %i',
    async (seed) => {
      const random = seededRandom(seed)
      const { bench, group, room, store, consumers, route, held, replay } = await holdingGroup()
      const own = route({
        timeoutMs: 5_000,
        retry: { attemptsMax: 1, waitingAttemptsMax: 1_000, waitingBackoffMs: 4, waitingBackoffMsMax: 8 },
        handle: async (item: Item) => {
          await new Promise((resolve) => setTimeout(resolve, random() * 3))
          if (random() < 0.1) throw rejected(`broken ${random()}`)
          if (random() < 0.1) throw new Error(`flaky ${random()}`)
          return `${item.id}:${item.n}`
        },
      })
      const limits = {
        ...{ heldKeysCheckMs: 5, revokeDrainMsMax: 2, outageAfterMessages: 1_000, waitingKeyBytesMax: 2_000 },
        floodLetters: { inARow: 1_000, ratio: 1, window: 200 },
      }
      for (let member = 0; member < 3; member++) await bench.start([own], { limits })
      const sent = Array.from({ length: 160 }, (_, n) => `k${n % 7}:${n}`)
      const sending = Promise.all(
        sent.map((text, n) => bench.publisher.publish(from, { id: text.split(':')[0] ?? '', n })),
      )
      let replayed = 0
      /** Every letter once, by its place; what was written twice for one message is a duplicate by its inbox row. */
      const replayNew = async (): Promise<void> => {
        const letters = bench.letters('orders', group)
        for (; replayed < letters.length; replayed++) await replay(letters[replayed])
      }
      for (let round = 0; round < 4; round++) {
        for (const consumer of consumers) {
          await new Promise((resolve) => setTimeout(resolve, 15))
          await bench.transport.expire(consumer, 5 + round * 3)
          await replayNew()
        }
      }
      await sending
      await until(async () => {
        await replayNew()
        return store.effects.length >= sent.length && (await held()).length === 0 && room.records(group).length === 0
      }, 20_000)
      expect([...store.effects].sort()).toEqual([...sent].sort())
      for (let key = 0; key < 7; key++) expect(ofKey(store.effects, `k${key}`)).toEqual(ofKey(sent, `k${key}`))
      expect(bench.letters('orders', group).length).toBeGreaterThan(0)
      expect(bench.errors).toEqual([])
    },
    60_000,
  )
})

describe('a route that asks for hold', () => {
  it.each([
    ['without a waiting room', {}, () => scriptedStore()],
    ['with another order', { ordering: 'none' as const }, () => scriptedStore(createMemoryWaitingRoom())],
    [
      'with a room that cannot hold keys',
      {},
      () => {
        const { keys: _, ...room } = createMemoryWaitingRoom()
        return { ...scriptedStore(), waiting: room }
      },
    ],
  ])('%s is refused at start', async (_case, more, store) => {
    const { bench, route } = await holdingGroup()
    await expect(bench.start([route({ ...more, store: store() })])).rejects.toMatchObject({
      code: 'ICX_CONFIG_INVALID',
      failureClass: 'fatal',
      message: expect.stringContaining("afterDeadLetter 'hold'"),
    })
  })
})

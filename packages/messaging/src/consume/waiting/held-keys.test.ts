import { afterEach, describe, expect, it } from 'vitest'
import { InterchangeError, notYet, rejected } from '../../failure/failure.ts'
import { createMemoryWaitingRoom, type MemoryWaitingRoom, seededRandom } from '../../memory/index.ts'
import type { HeaderEntry } from '../../record/header-entry.ts'
import { deadLetterHeaders } from '../../record/header-names.ts'
import { letterFacts } from '../../record/letter-facts.ts'
import { type EffectRoute, effectRoute } from '../../route.ts'
import { replayLaneName } from '../../topic.ts'
import type { Transport, TransportConsumer, TransportRecord } from '../../transport.ts'
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

interface Setting {
  readonly group: string
  readonly room: MemoryWaitingRoom
  readonly store: ScriptedStore
  /** Items that fail, as `key:n`, and how. */
  readonly failing: Map<string, () => Error>
  readonly consumers: TransportConsumer[]
  route(more?: Partial<EffectRoute<Item, string>>): EffectRoute<Item, string>
  /** One after another, so that the log has them in this order. */
  send(...items: readonly string[]): Promise<void>
  held(): Promise<readonly number[]>
  /** Sends the newest letter back as the replay service does. */
  replay(): Promise<void>
  archive(): Promise<void>
}

/** What the replay service puts behind the headers of the original. */
const toLane = async (
  group: string,
  letter: TransportRecord,
  value: Buffer | null,
  fact: HeaderEntry,
): Promise<void> => {
  const facts = letterFacts(letter.headers)
  const kept = [deadLetterHeaders.originalHeaderCount, deadLetterHeaders.messageId, deadLetterHeaders.offset]
  const original = letter.headers.take(Number(facts.get(deadLetterHeaders.originalHeaderCount)))
  const headers = original.append([...kept.map((name) => ({ name, value: facts.get(name) ?? '' })), fact])
  await bench.write(replayLaneName('orders', group), { key: letter.key, value, headers })
}
const sendBack = async (group: string, letter: TransportRecord | undefined): Promise<void> => {
  if (letter === undefined) throw new Error('no letter')
  await toLane(group, letter, letter.value, { name: deadLetterHeaders.replayId, value: 'replay-1' })
}
const archive = (group: string, letter: TransportRecord): Promise<void> =>
  toLane(group, letter, null, { name: deadLetterHeaders.archivedAt, value: '2026-01-01T00:00:00.000Z' })

const open = async (): Promise<Setting> => {
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
  await bench.topics(group, from)
  const room = createMemoryWaitingRoom()
  const store = scriptedStore(room)
  const failing = new Map<string, () => Error>()
  const newestLetter = (): TransportRecord => {
    const letter = bench.letters('orders', group).at(-1)
    if (letter === undefined) throw new Error('no letter')
    return letter
  }
  return {
    group,
    room,
    store,
    failing,
    consumers,
    route: (more = {}) =>
      effectRoute({
        from,
        group,
        store,
        afterDeadLetter: 'hold',
        retry: { attemptsMax: 1, waitingAttemptsMax: 1, waitingBackoffMs: 5, waitingBackoffMsMax: 10 },
        handle: (item: Item) => {
          const text = `${item.id}:${item.n}`
          const fail = failing.get(text)
          if (fail !== undefined) throw fail()
          return text
        },
        ...more,
      }),
    async send(...items) {
      for (const text of items) {
        const [id = '', n = 0] = text.split(':')
        await bench.publisher.publish(from, { id, n: Number(n) })
      }
    },
    held: async () => (await room.keys.held(group, [{ topic: 'orders', partition: 0 }])).map(({ offset }) => offset),
    replay: () => sendBack(group, newestLetter()),
    archive: () => archive(group, newestLetter()),
  }
}

const quick = { limits: { heldKeysCheckMs: 10 } }
const broken = (): Error => rejected('broken')
const committedIs = (group: string, offset: number): Promise<void> =>
  until(async () => (await bench.committed(group, 'orders')) === offset)
const ofKey = (list: readonly string[], key: string): readonly string[] =>
  list.filter((text) => text.startsWith(`${key}:`))

describe('after a dead letter on a route that holds', () => {
  it('later messages of the key wait durably, the offsets pass, and other keys go on', async () => {
    const { group, room, store, failing, route, send, held } = await open()
    failing.set('a:1', broken)
    await bench.start([route()], quick)
    await send('a:0', 'a:1', 'b:1', 'a:2', 'b:2', 'a:3')
    await committedIs(group, 6)
    expect(store.effects).toEqual(['a:0', 'b:1', 'b:2'])
    expect(await held()).toEqual([1])
    expect(room.records(group).map(({ offset, attempts }) => [offset, attempts])).toEqual([
      [3, 0],
      [5, 0],
    ])
    expect(bench.letters('orders', group)).toHaveLength(1)
    await until(() => bench.outcomes.length === 1)
    expect(bench.outcomes).toMatchObject([{ outcome: 'dead-lettered' }])
  })

  it('the key goes on in order once the letter was replayed with success', async () => {
    const { group, room, store, failing, route, send, held, replay } = await open()
    failing.set('a:1', broken)
    await bench.start([route()], quick)
    await send('a:1', 'a:2', 'a:3')
    await committedIs(group, 3)
    failing.clear()
    await replay()
    await until(() => store.effects.length === 3)
    expect(store.effects).toEqual(['a:1', 'a:2', 'a:3'])
    await until(() => room.records(group).length === 0)
    expect(await held()).toEqual([])
    await send('a:4')
    await committedIs(group, 4)
  })

  it('the key is not held when the letter was resolved before the hold could be written', async () => {
    const { group, room, store, failing, route, send, held, replay } = await open()
    const { hold } = room.keys
    let holds = (): void => undefined
    const replayed = new Promise<void>((resolve) => {
      holds = resolve
    })
    const keys = { ...room.keys, hold: (...given: Parameters<typeof hold>) => replayed.then(() => hold(...given)) }
    failing.set('a:1', broken)
    await bench.start([route({ store: { ...store, waiting: { ...room, keys } } })], quick)
    await send('a:1', 'a:2')
    await until(() => bench.letters('orders', group).length === 1)
    failing.clear()
    await replay()
    await until(() => store.effects.length === 1)
    await until(async () => (await bench.committed(group, replayLaneName('orders', group))) === 1)
    holds()
    await until(() => store.effects.length === 2)
    expect(store.effects).toEqual(['a:1', 'a:2'])
    expect(await held()).toEqual([])
    await committedIs(group, 2)
  })

  it('the key stays held when the replay fails again', async () => {
    const { group, room, store, failing, route, send, held, replay } = await open()
    failing.set('a:1', broken)
    await bench.start([route()], quick)
    await send('a:1', 'a:2')
    await committedIs(group, 2)
    await replay()
    await until(() => bench.outcomes.some(({ outcome }) => outcome === 'failed-again'))
    expect(await held()).toEqual([0])
    expect(room.records(group)).toHaveLength(1)
    failing.clear()
    await replay()
    await until(() => store.effects.length === 2)
    expect(store.effects).toEqual(['a:1', 'a:2'])
  })

  it('the key goes on without the letter when a person has archived it', async () => {
    const { group, store, failing, route, send, held, archive } = await open()
    failing.set('a:1', broken)
    await bench.start([route()], quick)
    await send('a:1', 'a:2')
    await committedIs(group, 2)
    await archive()
    await until(() => store.effects.length === 1)
    expect(store.effects).toEqual(['a:2'])
    expect(await held()).toEqual([])
    expect(bench.letters('orders', group)).toHaveLength(1)
  })

  it('what says archived elsewhere than on the replay lane is a broken message', async () => {
    const { group, route } = await open()
    await bench.start([route()], quick)
    await bench.write('orders', { key: 'a', headers: [{ name: deadLetterHeaders.archivedAt, value: 'now' }] })
    await until(() => bench.letters('orders', group).length === 1)
  })

  it('a message that waited before it failed for good holds its key in its place', async () => {
    const { group, room, store, failing, route, send, held, replay } = await open()
    failing.set('a:1', () => notYet('no customer'))
    await bench.start([route()], quick)
    await send('a:1', 'a:2', 'b:1')
    await committedIs(group, 3)
    expect(room.records(group)).toHaveLength(2)
    failing.set('a:1', broken)
    await until(async () => (await held()).length === 1)
    expect(room.records(group).map(({ offset }) => offset)).toEqual([1])
    failing.clear()
    await replay()
    await until(() => store.effects.length === 3)
    expect(store.effects).toEqual(['b:1', 'a:1', 'a:2'])
  })

  it('what the store refuses holds its key too: none of it is handed to the store before', async () => {
    const { group, store, route, send, held } = await open()
    store.refuse = ({ effects }) =>
      effects.includes('a:1') ? new InterchangeError('ICX_STORE_REFUSED', 'no', { class: 'poison' }) : undefined
    await send('a:1', 'a:2', 'b:1', 'a:3')
    await bench.start([route()], quick)
    await committedIs(group, 4)
    expect(store.effects).toEqual(['b:1'])
    expect(await held()).toEqual([0])
  })

  it('without a key holds what has no key', async () => {
    const { group, store, route } = await open()
    await bench.start([route()], quick)
    await bench.write('orders', { value: 'not framed' })
    await bench.write('orders', { value: `\0${JSON.stringify({ id: 'x', n: 1 })}` })
    await bench.write('orders', { key: 'y', value: `\0${JSON.stringify({ id: 'y', n: 1 })}` })
    await committedIs(group, 3)
    expect(store.effects).toEqual(['y:1'])
  })

  it('two letters of two keys are let go each by its own', async () => {
    const { group, store, failing, route, send, held, replay } = await open()
    failing.set('a:1', broken).set('b:1', () => rejected('b'))
    await bench.start([route()], quick)
    await send('a:1')
    await committedIs(group, 1)
    await send('b:1', 'a:2', 'b:2')
    await committedIs(group, 4)
    failing.clear()
    await replay()
    await until(() => store.effects.length === 2)
    expect(store.effects).toEqual(['b:1', 'b:2'])
    expect(await held()).toEqual([0])
  })

  it('the partition pauses when what waits behind the letter is too much, and goes on afterwards', async () => {
    const { group, room, store, failing, route, send, held, replay } = await open()
    failing.set('a:0', broken)
    await bench.start([route()], { limits: { ...quick.limits, waitingKeyBytesMax: 600, partitionRecordsMax: 4 } })
    await send(...Array.from({ length: 20 }, (_, n) => `a:${n}`))
    await until(() => room.records(group).length > 0)
    await new Promise((resolve) => setTimeout(resolve, 60))
    expect(await bench.committed(group, 'orders')).toBeLessThan(20)
    expect(await held()).toEqual([0])
    failing.clear()
    await replay()
    await until(() => store.effects.length === 20)
    expect(store.effects).toEqual(Array.from({ length: 20 }, (_, n) => `a:${n}`))
    await committedIs(group, 20)
  })
})

describe('a held key', () => {
  it('the group does not end because nobody resolves the letter, and health says what is held', async () => {
    const { group, failing, store, route, send, archive } = await open()
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
    await committedIs(group, 13)
  })

  it('stays held across a restart, and goes on in order when it is let go afterwards', async () => {
    const { group, room, store, failing, route, send, held, replay } = await open()
    failing.set('a:1', broken)
    const before = await bench.start([route()], quick)
    await send('a:1', 'a:2')
    await committedIs(group, 2)
    await before.stop(500)
    failing.clear()
    await send('a:3', 'b:1')
    await bench.start([route()], quick)
    await committedIs(group, 4)
    expect(store.effects).toEqual(['b:1'])
    expect(await held()).toEqual([0])
    await replay()
    await until(() => store.effects.length === 4)
    expect(ofKey(store.effects, 'a')).toEqual(['a:1', 'a:2', 'a:3'])
    await until(() => room.records(group).length === 0)
  })

  it('stays held when its owner dies before it could commit, and the letter is not written again', async () => {
    const { group, store, failing, consumers, route, send, held, replay } = await open()
    failing.set('a:1', broken)
    await bench.start([route()], { limits: { ...quick.limits, commitIntervalMs: 60_000 } })
    await send('a:1', 'a:2')
    await until(async () => (await held()).length === 1)
    const [dead] = consumers
    if (dead === undefined) throw new Error('no consumer')
    await bench.start([route()], quick)
    await bench.transport.crash(dead)
    await send('a:3')
    await committedIs(group, 3)
    expect(store.effects).toEqual([])
    expect(bench.letters('orders', group)).toHaveLength(1)
    failing.clear()
    await replay()
    await until(() => store.effects.length === 3)
    expect(store.effects).toEqual(['a:1', 'a:2', 'a:3'])
  })

  it('is let go by whichever member reads the replay lane', async () => {
    const { group, store, failing, route, send, replay } = await open()
    failing.set('a:1', broken)
    const first = await bench.start([route()], quick)
    const second = await bench.start([route()], quick)
    // The topic and its lane are one partition each: one member has the one, the other the other.
    await until(() => first.health().assigned === 1 && second.health().assigned === 1)
    await send('a:1', 'a:2')
    await committedIs(group, 2)
    failing.clear()
    await replay()
    await until(() => store.effects.length === 2)
    expect(store.effects).toEqual(['a:1', 'a:2'])
  })

  it('does not pass its offset while the hold cannot be written', async () => {
    const { group, room, store, failing, route, send, held } = await open()
    failing.set('a:1', broken)
    const running = await bench.start([route()], quick)
    await send('c:1')
    await committedIs(group, 1)
    room.away = true
    await send('a:1', 'a:2', 'b:1')
    await until(() => running.health().state === 'degraded' && store.effects.includes('b:1'))
    expect(await bench.committed(group, 'orders')).toBe(1)
    room.away = false
    await committedIs(group, 4)
    expect(await held()).toEqual([1])
    expect(ofKey(store.effects, 'a')).toEqual([])
    await until(() => running.health().state === 'running')
  })

  it('is asked for in vain while the room is away, which health tells', async () => {
    const { group, room, store, failing, route, send, replay } = await open()
    failing.set('a:1', broken)
    const running = await bench.start([route()], quick)
    await send('a:1', 'a:2')
    await committedIs(group, 2)
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
      const { group, room, store, consumers, route, held } = await open()
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
        for (; replayed < letters.length; replayed++) await sendBack(group, letters[replayed])
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
    const { route } = await open()
    await expect(bench.start([route({ ...more, store: store() })])).rejects.toMatchObject({
      code: 'ICX_CONFIG_INVALID',
      failureClass: 'fatal',
      message: expect.stringContaining("afterDeadLetter 'hold'"),
    })
  })
})

import { afterEach, describe, expect, it } from 'vitest'
import { rejected } from '../../failure/failure.ts'
import { seededRandom } from '../../memory/index.ts'
import { ceHeaders } from '../../record/header-names.ts'
import { letterFacts } from '../../record/letter-facts.ts'
import { type Answer, effectRoute, type HandlerContext, type Outgoing, outgoing, publishRoute } from '../../route.ts'
import { deadLetterTopicName, replayLaneName } from '../../topic.ts'
import type { Transactions, Transport, TransportConsumer } from '../../transport.ts'
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
afterEach(() => bench.end())

const from = itemTopic('orders')
const to = itemTopic('posted')
const limits = { transactionIntervalMs: 5 }

type Handle = (item: Item, context: HandlerContext) => Answer<Outgoing>

const transactional = (group: string, handle: Handle = (item) => outgoing(to, item), source = from) =>
  publishRoute({ from: source, group, delivery: 'transactional', retry: quickRetry, handle })

const items = (topic: string): Item[] =>
  bench.transport.records(topic).map(({ value }) => JSON.parse(value?.toString('utf8', 1) ?? 'null'))
const numbers = (topic: string): number[] => items(topic).map(({ n }) => n)
const publish = (count: number, first = 0) =>
  Promise.all(Array.from({ length: count }, (_, n) => bench.publisher.publish(from, { id: `k${n % 7}`, n: first + n })))
const range = (count: number): number[] => Array.from({ length: count }, (_, n) => n)

/** Replaces what a group gets of its transport's transactions. */
const withTransactions =
  (change: (transactions: Transactions) => Transactions) =>
  (transport: Transport): Transport => ({
    ...transport,
    createTransactions: async () => {
      const { createTransactions } = transport
      if (createTransactions === undefined) throw new Error('no transactions')
      return change(await createTransactions())
    },
  })

describe('a transactional route', () => {
  it('writes each output once and in order, commits with it, and goes on behind it after a restart', async () => {
    bench = await createBench()
    const group = uniqueName('transform')
    await bench.topics(group, from, to)
    const first = await bench.start([transactional(group)], { limits })
    await publish(50)
    await until(async () => (await bench.committed(group, from.name)) === 50)
    await first.stop(2_000)
    await bench.start([transactional(group)], { limits })
    await publish(10, 50)
    await until(async () => (await bench.committed(group, from.name)) === 60)
    expect(numbers(to.name)).toEqual(range(60))
    expect(bench.errors).toEqual([])
  })

  it('shows nothing behind a message that is not handled, and then everything up to the next such one', async () => {
    bench = await createBench()
    const group = uniqueName('transform')
    await bench.topics(group, from, to)
    const release = Promise.withResolvers<void>()
    let handled = 0
    await bench.start(
      [
        transactional(group, async (item) => {
          if (item.n === 3) await release.promise
          handled++
          return outgoing(to, item)
        }),
      ],
      { limits },
    )
    await publish(7)
    await until(async () => handled === 6 && (await bench.committed(group, from.name)) === 3)
    expect(numbers(to.name)).toEqual([0, 1, 2])
    release.resolve()
    await until(() => items(to.name).length === 7)
    expect(numbers(to.name)).toEqual(range(7))
  })

  it('writes a dead letter, the outputs around it and the offset in one transaction', async () => {
    let committed = 0
    const around = withTransactions((transactions) => ({
      ...transactions,
      async takeOver(id) {
        const producer = await transactions.takeOver(id)
        return {
          ...producer,
          async commit() {
            // What is open is in the log, and nobody else's to see.
            committed++
            await producer.commit()
          },
        }
      },
    }))
    bench = await createBench({ around })
    const group = uniqueName('transform')
    await bench.topics(group, from, to)
    await publish(5)
    const handle: Handle = (item) => {
      if (item.n === 2) throw rejected('not this one')
      return outgoing(to, item)
    }
    await bench.start([transactional(group, handle)], { limits: { transactionIntervalMs: 50 } })
    await until(async () => (await bench.committed(group, from.name)) === 5)
    expect(committed).toBe(1)
    expect(numbers(to.name)).toEqual([0, 1, 3, 4])
    const [letter] = bench.letters(from.name, group)
    expect(letter && letterFacts(letter.headers).get('dlq-offset')).toBe('2')
    expect(bench.outcomes.map(({ outcome }) => outcome)).toEqual(['dead-lettered'])
  })

  it('handles nothing before it has fenced the former owner, and nothing which that one has committed (C5)', async () => {
    let fenced = false
    const early: number[] = []
    const group = uniqueName('transform')
    const around = withTransactions((transactions) => ({
      ...transactions,
      async takeOver(id) {
        const producer = await transactions.takeOver(id)
        await new Promise((resolve) => setTimeout(resolve, 30))
        const former = await transactions.takeOver(`${id}-former`)
        former.begin()
        await former.sendOffsets({ group, offsets: [{ topic: from.name, partition: 0, offset: 4 }] })
        await former.commit()
        fenced = true
        return producer
      },
    }))
    bench = await createBench({ around })
    await bench.topics(group, from, to)
    await publish(6)
    await bench.start(
      [
        transactional(group, (item) => {
          if (!fenced) early.push(item.n)
          return outgoing(to, item)
        }),
      ],
      { limits },
    )
    await until(async () => (await bench.committed(group, from.name)) === 6)
    expect(numbers(to.name)).toEqual([4, 5])
    expect(early).toEqual([])
  })

  it('turns an output that Kafka refuses into a letter, and writes its neighbours', async () => {
    bench = await createBench()
    const group = uniqueName('transform')
    const admin = await bench.transport.createAdmin()
    const configs = { 'max.message.bytes': '1000' }
    await admin.createTopics([{ name: to.name, partitions: 1, replicationFactor: 1, configs }])
    await bench.topics(group, from)
    await publish(9)
    const handle: Handle = (item) => outgoing(to, item.n % 4 === 1 ? { ...item, id: 'x'.repeat(2_000) } : item)
    await bench.start([transactional(group, handle)], { limits })
    await until(async () => (await bench.committed(group, from.name)) === 9)
    expect(numbers(to.name)).toEqual([0, 2, 3, 4, 6, 7, 8])
    const offsets = bench.letters(from.name, group).map(({ headers }) => letterFacts(headers).get('dlq-offset'))
    expect(offsets).toEqual(['1', '5'])
    expect(bench.errors).toEqual([])
  })

  it('shortens a letter that is too large, and holds the offset of one that stays so', async () => {
    bench = await createBench()
    const group = uniqueName('transform')
    const admin = await bench.transport.createAdmin()
    const value = frameOf({ id: 'k', n: 1 })
    const create = (name: string, bytes: number) =>
      admin.createTopics([
        { name, partitions: 1, replicationFactor: 1, configs: { 'max.message.bytes': String(bytes) } },
      ])
    await create(deadLetterTopicName(from.name, group), 1_700)
    await bench.topics(group, from, to)
    await bench.write(from.name, { key: 'k', value })
    await bench.write(from.name, { key: 'k', value: `\0${JSON.stringify({ id: 'k', n: 2, text: 'x'.repeat(2_000) })}` })
    const handle: Handle = () => {
      throw rejected('y'.repeat(1_000))
    }
    const running = await bench.start([transactional(group, handle)], { limits })
    await until(async () => (await bench.committed(group, from.name)) === 1, 3_000)
    await until(() => running.health().detail.includes('dead-letter'), 10_000)
    expect(bench.letters(from.name, group)).toHaveLength(1)
    expect(await bench.committed(group, from.name)).toBe(1)
  }, 30_000)

  it('buries an answer that cannot be encoded, and skips tombstones where the route does', async () => {
    bench = await createBench()
    const group = uniqueName('transform')
    await bench.topics(group, from, to)
    await publish(2)
    await bench.write(from.name, { key: 'k', value: null })
    const route = transactional(group, (item) =>
      outgoing(to, item.n === 1 ? ({ id: { toString: undefined } } as unknown as Item) : item),
    )
    await bench.start([{ ...route, tombstones: 'skip' }], { limits })
    await until(async () => (await bench.committed(group, from.name)) === 3)
    expect(numbers(to.name)).toEqual([0])
    expect(bench.letters(from.name, group)).toHaveLength(1)
  })

  it('answers replays with an outcome, from the lane that it reads in transactions too', async () => {
    bench = await createBench()
    const group = uniqueName('transform')
    await bench.topics(group, from, to)
    await bench.start([transactional(group)], { limits })
    const headers = [
      { name: ceHeaders.id, value: 'replayed' },
      { name: 'dlq-replay-id', value: 'r1' },
    ]
    const lane = replayLaneName(from.name, group)
    await bench.write(lane, { key: 'k', value: frameOf({ id: 'k', n: 8 }), headers })
    await until(async () => (await bench.committed(group, lane)) === 1)
    expect(numbers(to.name)).toEqual([8])
    expect(bench.outcomes).toMatchObject([{ outcome: 'resolved', replayId: 'r1' }])
  })

  it('waits for a broker that is away and goes on, with nothing lost and nothing twice', async () => {
    bench = await createBench()
    const group = uniqueName('transform')
    await bench.topics(group, from, to)
    await publish(40)
    let cut = false
    const handle: Handle = (item) => {
      if (item.n === 25 && !cut) bench.transport.setReachable(false)
      cut ||= item.n === 25
      return outgoing(to, item)
    }
    const running = await bench.start([transactional(group, handle)], { limits })
    await until(() => running.health().detail.includes('transaction'))
    bench.transport.setReachable(true)
    await until(async () => (await bench.committed(group, from.name)) === 40)
    expect(numbers(to.name)).toEqual(range(40))
    await until(() => running.health().state === 'running')
  })
})

describe('transactions are refused at the start', () => {
  const start = async (around: (transport: Transport) => Transport, given = {}) => {
    bench = await createBench({ around })
    const group = uniqueName('transform')
    await bench.topics(group, from, to)
    return bench.start([transactional(group)], given)
  }

  it.each([
    ['has none', ({ createTransactions: _left, ...rest }: Transport): Transport => rest, 'it writes none'],
    [
      'does not fence',
      (transport: Transport): Transport => ({ ...transport, gaps: { transactions: 'a zombie writes on (C2)' } }),
      'a zombie writes on (C2)',
    ],
    [
      'leaks aborted records',
      (transport: Transport): Transport => ({ ...transport, gaps: { 'read-committed': 'aborted records leak (B16)' } }),
      'aborted records leak (B16)',
    ],
  ])('on a driver that %s', async (_what, around, reason) => {
    const refused = { code: 'ICX_CONFIG_INVALID', failureClass: 'fatal', message: expect.stringContaining(reason) }
    await expect(start(around)).rejects.toMatchObject(refused)
  })

  it('for a group that reads what is not committed, and for a route with a store', async () => {
    const uncommitted = { limits: { isolation: 'read_uncommitted' as const } }
    await expect(start((transport) => transport, uncommitted)).rejects.toMatchObject({ code: 'ICX_CONFIG_INVALID' })
    const group = uniqueName('transform')
    const route = {
      ...effectRoute({ from, group, store: scriptedStore(), handle: () => 'x' }),
      delivery: 'transactional',
    }
    await expect(bench.start([route])).rejects.toMatchObject({ code: 'ICX_CONFIG_INVALID' })
  })
})

describe.each([1, 2, 3, 4])('members that lose sessions, requests and answers, seed %i', (seed) => {
  it('leave every output and letter exactly once, each key in its order', async () => {
    const random = seededRandom(seed)
    const consumers: TransportConsumer[] = []
    const around = (transport: Transport): Transport => ({
      ...transport,
      createConsumer: async (options) => {
        const consumer = await transport.createConsumer(options)
        consumers.push(consumer)
        return consumer
      },
    })
    bench = await createBench({
      around,
      memory: { faults: { seed, answerLost: 0.01, recordLost: 0.005, delayMaxMs: 3 } },
    })
    const source = itemTopic('orders', 4)
    const target = itemTopic('posted', 4)
    const group = uniqueName('transform')
    await bench.topics(group, source, target)
    const isBad = (n: number): boolean => n % 89 === 7
    const handle: Handle = async (item, { attempt }) => {
      await new Promise((resolve) => setTimeout(resolve, random() * 3))
      if (isBad(item.n)) throw rejected(`bad ${item.id}`)
      if (attempt === 1 && random() < 0.03) throw new Error('flaky')
      return outgoing(target, item)
    }
    const eager = { limits: { ...limits, revokeDrainMsMax: 3, sessionTimeoutMs: 30, transactionMessagesMax: 20 } }
    for (let member = 0; member < 3; member++) await bench.start([transactional(group, handle, source)], eager)
    const total = 300
    for (let n = 0; n < total; n++) {
      const record = { partition: n % 4, key: `k${n % 24}`, value: frameOf({ id: `k${n % 24}`, n }) }
      // Once each: what is there in the end counts, whether the answer was lost or the record.
      await bench.write(source.name, record).catch(() => undefined)
      if (n % 100 === 50) void bench.transport.expire(consumers[(n / 50) % 3] as TransportConsumer, 5 + seed)
    }
    const all = async (): Promise<number> => {
      const offsets = await Promise.all([0, 1, 2, 3].map((index) => bench.committed(group, source.name, index)))
      return offsets.reduce<number>((sum, offset) => sum + (offset ?? 0), 0)
    }
    await until(async () => (await all()) >= bench.transport.records(source.name).length, 30_000)
    const written = items(target.name).map(({ n }) => n)
    const sources = items(source.name).map(({ n }) => n)
    expect(written.toSorted((a, b) => a - b)).toEqual(sources.filter((n) => !isBad(n)).toSorted((a, b) => a - b))
    for (let key = 0; key < 24; key++) {
      const ofKey = items(target.name).filter(({ id }) => id === `k${key}`)
      expect(ofKey.map(({ n }) => n)).toEqual(ofKey.map(({ n }) => n).toSorted((a, b) => a - b))
    }
    const buried = bench.letters(source.name, group).map(({ value }) => JSON.parse(value?.toString('utf8', 1) ?? '').n)
    expect(buried.toSorted((a, b) => a - b)).toEqual(sources.filter(isBad).toSorted((a, b) => a - b))
    expect(bench.errors).toEqual([])
  }, 60_000)
})

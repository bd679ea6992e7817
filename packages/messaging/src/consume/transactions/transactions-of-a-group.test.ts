import { afterEach, describe, expect, it } from 'vitest'
import { rejected } from '../../failure/failure.ts'
import { ceHeaders } from '../../record/header-names.ts'
import { letterFacts } from '../../record/letter-facts.ts'
import { outgoing } from '../../route.ts'
import { deadLetterTopicName, replayLaneName } from '../../topic.ts'
import type { Transactions, Transport } from '../../transport.ts'
import { type Bench, createBench, frameOf, type Item, uniqueName, until } from '../delivery.fixture.ts'
import { from, type Handle, itemsOf, limits, to, transactional } from './transactional-route.fixture.ts'

let bench: Bench
afterEach(() => bench.end())

const numbers = (topic: string): number[] => itemsOf(bench, topic).map(({ n }) => n)
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
    await until(() => itemsOf(bench, to.name).length === 7)
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

import { afterEach, describe, expect, it } from 'vitest'
import { rejected } from '../../failure/failure.ts'
import { seededRandom } from '../../memory/index.ts'
import { outgoing } from '../../route.ts'
import type { Transport, TransportConsumer } from '../../transport.ts'
import { type Bench, createBench, frameOf, itemTopic, uniqueName, until } from '../delivery.fixture.ts'
import { type Handle, itemsOf, limits, transactional } from './transactional-route.fixture.ts'

let bench: Bench
afterEach(() => bench.end())

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
    const written = itemsOf(bench, target.name).map(({ n }) => n)
    const sources = itemsOf(bench, source.name).map(({ n }) => n)
    expect(written.toSorted((a, b) => a - b)).toEqual(sources.filter((n) => !isBad(n)).toSorted((a, b) => a - b))
    for (let key = 0; key < 24; key++) {
      const ofKey = itemsOf(bench, target.name).filter(({ id }) => id === `k${key}`)
      expect(ofKey.map(({ n }) => n)).toEqual(ofKey.map(({ n }) => n).toSorted((a, b) => a - b))
    }
    const buried = bench.letters(source.name, group).map(({ value }) => JSON.parse(value?.toString('utf8', 1) ?? '').n)
    expect(buried.toSorted((a, b) => a - b)).toEqual(sources.filter(isBad).toSorted((a, b) => a - b))
    expect(bench.errors).toEqual([])
  }, 60_000)
})

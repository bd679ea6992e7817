import { afterEach, describe, expect, it } from 'vitest'
import { rejected } from '../failure/failure.ts'
import { seededRandom } from '../memory/index.ts'
import { unknownForAll } from '../publish/queued-send.ts'
import { ceHeaders } from '../record/header-names.ts'
import { letterFacts } from '../record/letter-facts.ts'
import { effectRoute, outgoing, publishRoute } from '../route.ts'
import type { CommitOffset, Transport, TransportConsumer } from '../transport.ts'
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
afterEach(() => bench.end())

const total = 600
const from = itemTopic('orders', 4)
const to = itemTopic('posted', 4)

/** Hands out the consumers, so that a test can take their sessions, and keeps what was committed. */
const observed = (random: () => number) => {
  const consumers: TransportConsumer[] = []
  const committed: CommitOffset[] = []
  const around = (transport: Transport): Transport => ({
    ...transport,
    createProducer: async () => {
      const producer = await transport.createProducer()
      // A request of one partition is one batch to Kafka: all of it is written, or nothing.
      return {
        ...producer,
        async send(records) {
          const lost = random() < 0.04
          const outcomes = lost ? [] : await producer.send(records)
          return lost || random() < 0.04 ? unknownForAll(records.length, undefined) : outcomes
        },
      }
    },
    createConsumer: async (options) => {
      const consumer = await transport.createConsumer(options)
      consumers.push(consumer)
      return new Proxy(consumer, {
        get: (target, name, receiver) =>
          name !== 'commit'
            ? Reflect.get(target, name, receiver)
            : async (offsets: readonly CommitOffset[]) => {
                const stale = await target.commit(offsets)
                committed.push(
                  ...offsets.filter(
                    ({ topic, partition }) => !stale.some((s) => s.topic === topic && s.partition === partition),
                  ),
                )
                return stale
              },
      })
    },
  })
  return { around, consumers, committed }
}

describe.each([1, 2, 3, 4])(
  'a pipeline whose broker loses answers, repeats records and takes sessions away, seed %i',
  (seed) => {
    it('loses nothing, does everything once, keeps each key in order, and buries only what is broken', async () => {
      const random = seededRandom(seed)
      const { around, consumers, committed } = observed(random)
      bench = await createBench({
        around,
        memory: { faults: { seed, duplicated: 0.01, delayMaxMs: 2 } },
        publisher: { deadlineMs: 30_000 },
      })
      const [posting, ledger] = [uniqueName('posting'), uniqueName('ledger')]
      await bench.topics(posting, from, to)
      await bench.topics(ledger, from, to)
      const store = scriptedStore()
      const flaky = (item: Item, attempt: number): void => {
        if (item.n % 97 === 5) throw rejected(`bad ${item.id}`)
        if (attempt === 1 && random() < 0.03) throw new Error('flaky')
      }
      const post = publishRoute({
        from,
        group: posting,
        retry: quickRetry,
        handle: async (item: Item, { attempt }) => {
          await new Promise((resolve) => setTimeout(resolve, random() * 3))
          flaky(item, attempt)
          return outgoing(to, item)
        },
      })
      const book = effectRoute({
        from: to,
        group: ledger,
        store,
        retry: quickRetry,
        batchMax: 20,
        handle: (item: Item) => `${item.id}:${item.n}`,
      })
      for (const route of [post, post, book, book]) await bench.start([route], { limits: { revokeDrainMsMax: 3 } })
      const sent = Array.from({ length: total }, (_, n) => bench.publisher.publish(from, { id: `k${n % 23}`, n }))
      for (const [index, consumer] of consumers.entries()) {
        await new Promise((resolve) => setTimeout(resolve, 15))
        await bench.transport.expire(consumer, 5 + index * 3)
      }
      await Promise.all(sent)
      const broken = Array.from({ length: total }, (_, n) => n).filter((n) => n % 97 === 5)
      const buried = (): Set<string | undefined> =>
        new Set(bench.letters('orders', posting).map(({ headers }) => headers.text(ceHeaders.id)))
      await until(() => store.effects.length === total - broken.length && buried().size === broken.length, 15_000)

      expect(new Set(store.effects).size).toBe(store.effects.length)
      expect(bench.letters('posted', ledger)).toHaveLength(0)
      for (const { headers } of bench.letters('orders', posting))
        expect(letterFacts(headers).get('dlq-code')).toBe('ICX_HANDLER_REJECTED')
      for (let key = 0; key < 23; key++) {
        const order = store.effects
          .filter((effect) => effect.startsWith(`k${key}:`))
          .map((effect) => Number(effect.split(':')[1]))
        expect(order).toEqual(order.toSorted((a, b) => a - b))
      }
      const highest = new Map<string, number>()
      for (const { topic, partition, offset } of committed) {
        const place = `${topic}/${partition}`
        expect(offset).toBeGreaterThanOrEqual(highest.get(place) ?? 0)
        highest.set(place, offset)
      }
      expect(bench.errors).toEqual([])
    }, 30_000)
  },
)

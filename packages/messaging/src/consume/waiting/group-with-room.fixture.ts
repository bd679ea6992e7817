import { onTestFinished } from 'vitest'
import { notYet } from '../../failure/failure.ts'
import type { RetryPolicy } from '../../failure/retry-policy.ts'
import { createMemoryWaitingRoom, type MemoryWaitingRoom } from '../../memory/index.ts'
import { type EffectRoute, effectRoute } from '../../route.ts'
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

/** Two tries in place, and then in the room. */
export const soon: Partial<RetryPolicy> = {
  attemptsMax: 2,
  backoffMs: 1,
  backoffMsMax: 2,
  waitingBackoffMs: 20,
  waitingBackoffMsMax: 40,
}

export interface GroupWithRoom {
  readonly bench: Bench
  readonly group: string
  readonly room: MemoryWaitingRoom
  readonly store: ScriptedStore
  /** What fails, a key or a single item, and how. */
  readonly failing: Map<string, () => Error>
  /** Every call of the handler. */
  readonly handled: readonly string[]
  readonly consumers: readonly TransportConsumer[]
  route(more?: Partial<EffectRoute<Item, string>>): EffectRoute<Item, string>
  send(...items: readonly string[]): Promise<void>
  /** Waits until it is. */
  committedIs(offset: number): Promise<void>
}

/** A group on `orders`, its route on a store with a waiting room. Items are written `key:n`. Ends with the test. */
export const groupWithRoom = async (topic = itemTopic('orders')): Promise<GroupWithRoom> => {
  const consumers: TransportConsumer[] = []
  const around = (transport: Transport): Transport => ({
    ...transport,
    createConsumer: async (options) => {
      const consumer = await transport.createConsumer(options)
      consumers.push(consumer)
      return consumer
    },
  })
  const bench = await createBench({ around })
  onTestFinished(() => bench.end())
  const group = uniqueName('group')
  await bench.topics(group, topic)
  const room = createMemoryWaitingRoom()
  const store = scriptedStore(room)
  const failing = new Map<string, () => Error>()
  const handled: string[] = []
  return {
    bench,
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
        handle: ({ id, n }: Item) => {
          const text = `${id}:${n}`
          handled.push(text)
          const fail = failing.get(id) ?? failing.get(text)
          if (fail !== undefined) throw fail()
          return text
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
    committedIs: (offset) => until(async () => (await bench.committed(group, 'orders')) === offset),
  }
}

export const later = (): Error => notYet('no customer')

export const ofKey = (list: readonly string[], key: string): readonly string[] =>
  list.filter((text) => text.startsWith(`${key}:`))

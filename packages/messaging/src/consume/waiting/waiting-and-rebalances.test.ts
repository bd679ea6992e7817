import { afterEach, describe, expect, it } from 'vitest'
import { type Clock, systemClock } from '../../clock.ts'
import type { EffectStore } from '../../effect-store.ts'
import { notYet } from '../../failure/failure.ts'
import type { RetryPolicy } from '../../failure/retry-policy.ts'
import { createMemoryWaitingRoom } from '../../memory/index.ts'
import { effectRoute } from '../../route.ts'
import type { ConsumerOptions, Transport, TransportConsumer } from '../../transport.ts'
import type { WaitingRoom } from '../../waiting-room.ts'
import { type Bench, createBench, type Item, itemTopic, scriptedStore, uniqueName, until } from '../delivery.fixture.ts'

let bench: Bench
afterEach(() => bench.end())

const from = itemTopic('orders')
const retry: Partial<RetryPolicy> = { attemptsMax: 2, backoffMs: 1, backoffMsMax: 2, waitingBackoffMs: 20 }
const patienceMs = 20_000

/** A group whose rebalances and fetches are the test's. Items are written `key:n`. */
const open = async (around: (room: WaitingRoom) => Partial<WaitingRoom> = () => ({})) => {
  let options: ConsumerOptions | undefined
  const consumer: TransportConsumer = {
    pause: () => undefined,
    resume: () => undefined,
    seek: () => undefined,
    commit: async () => [],
    assignment: () => [],
    close: async () => undefined,
  }
  const strings = (transport: Transport): Transport => ({
    ...transport,
    async createConsumer(given) {
      options = given
      return consumer
    },
  })
  bench = await createBench({ around: strings })
  const group = uniqueName('group')
  await bench.topics(group, from)
  const room = createMemoryWaitingRoom()
  const store = scriptedStore(room)
  const failing = new Set<string>()
  const handled: string[] = []
  const route = effectRoute({
    from,
    group,
    store: { ...store, waiting: { ...room, ...around(room) } },
    retry,
    handle: ({ id, n }: Item) => {
      handled.push(`${id}:${n}`)
      if (failing.has(`${id}:${n}`)) throw id === 'down' ? new Error('down') : notYet('no customer')
      return `${id}:${n}`
    },
  })
  return {
    group,
    room,
    store,
    failing,
    handled,
    route,
    async deliver(epoch: number, ...items: readonly string[]) {
      const before = bench.transport.records('orders').length
      for (const text of items) {
        const [id = '', n = 0] = text.split(':')
        await bench.publisher.publish(from, { id, n: Number(n) })
      }
      const records = bench.transport.records('orders').slice(before)
      const nextOffset = before + records.length
      options?.onBatch({ topic: 'orders', partition: 0, epoch, records, nextOffset, highWatermark: nextOffset })
    },
    /** What was delivered before, from that offset on. */
    deliverAgain(epoch: number, offset: number) {
      const records = bench.transport.records('orders').slice(offset)
      const nextOffset = offset + records.length
      options?.onBatch({ topic: 'orders', partition: 0, epoch, records, nextOffset, highWatermark: nextOffset })
    },
    assign: (epoch: number, partitions = [0]) =>
      options?.onAssigned(partitions.map((partition) => ({ topic: 'orders', partition, epoch }))),
    revoke: async (epoch: number) => options?.onRevoked([{ topic: 'orders', partition: 0, epoch }]),
  }
}

/** Settles nothing before `committing` is resolved. */
const heldBack = (store: EffectStore<string>) => {
  const committing = Promise.withResolvers<void>()
  const settle: typeof store.settle = async (...given) => {
    await committing.promise
    return await store.settle(...given)
  }
  return { committing, slow: { ...store, settle } }
}

describe('a message that must wait', () => {
  it('is not written into the room ahead of one of its key that is handled and not committed', async () => {
    const { room, group, store, failing, handled, route, deliver, assign } = await open()
    const { slow, committing } = heldBack(route.store)
    failing.add('a:2')
    await bench.start([{ ...route, store: slow }])
    assign(1)
    await deliver(1, 'a:1', 'a:2')
    await until(() => handled.filter((text) => text === 'a:2').length >= 4, patienceMs)
    expect(room.records(group)).toEqual([])
    committing.resolve()
    await until(() => room.records(group).length === 1, patienceMs)
    expect(store.effects).toEqual(['a:1'])
  })

  it('is tried once though room for it appears at the moment its wait in place is over', async () => {
    const { failing, handled, store, route, deliver, assign } = await open()
    const waits: (() => void)[] = []
    let aheadMs = 0
    const clock: Clock = {
      now: () => Date.now() + aheadMs,
      after(delayMs, run) {
        if (delayMs < 10_000 || delayMs > 40_000) return systemClock.after(delayMs, run)
        waits.push(run)
        return () => undefined
      },
    }
    const settling = Promise.withResolvers<void>()
    const committing = Promise.withResolvers<void>()
    const slow = {
      ...route.store,
      async settle(...given: Parameters<typeof store.settle>) {
        settling.resolve()
        await committing.promise
        return await store.settle(...given)
      },
    }
    const forEver = new Promise<string>(() => undefined)
    await bench.start(
      [
        {
          ...route,
          store: slow,
          retry: { attemptsMax: 1, waitingBackoffMs: 30_000 },
          handle(item: Item, context) {
            const answer = route.handle(item, context)
            return item.id === 'b' ? forEver : answer
          },
        },
      ],
      { clock, limits: { waitingPartitionBytesMax: 1 } },
    )
    assign(1)
    failing.add('a:1').add('b:1')
    await deliver(1, 'a:1')
    await until(() => waits.length === 1, patienceMs)
    await deliver(1, 'b:1')
    await until(() => waits.length === 2, patienceMs)
    aheadMs = 60_000
    failing.clear()
    const [first, second] = waits
    first?.()
    await settling.promise
    // Its wait is over, and what was in the room leaves, before anything else can happen.
    second?.()
    committing.resolve()
    await until(() => store.effects.length === 1, patienceMs)
    await new Promise((resolve) => setTimeout(resolve, 60))
    expect(handled).toEqual(['a:1', 'b:1', 'a:1', 'b:1'])
  })

  it('is not overtaken by a later one of its key when its claim is void', async () => {
    const { group, room, store, failing, handled, route, deliver, assign } = await open()
    const { slow, committing } = heldBack(route.store)
    failing.add('a:1')
    await bench.start([{ ...route, store: slow, batchMax: 1 }])
    assign(1)
    await deliver(1, 'a:1')
    await until(() => room.records(group).length === 1, patienceMs)
    failing.clear()
    const tries = handled.length
    await until(() => handled.length > tries, patienceMs)
    await deliver(1, 'a:2')
    await until(() => handled.includes('a:2'), patienceMs)
    await room.claim(group, [{ topic: 'orders', partition: 0 }])
    committing.resolve()
    await until(() => bench.logged.some(({ message }) => message === 'fenced'), patienceMs)
    await new Promise((resolve) => setTimeout(resolve, 30))
    expect(store.effects).toEqual([])
  })

  it('is not overtaken by a later one of its key that was handled behind it before the partition was assigned anew', async () => {
    const { group, room, store, failing, handled, route, deliver, deliverAgain, assign } = await open()
    const { slow, committing } = heldBack(route.store)
    failing.add('a:1')
    await bench.start([{ ...route, store: slow, batchMax: 1 }])
    assign(1)
    await deliver(1, 'a:1')
    await until(() => room.records(group).length === 1, patienceMs)
    failing.clear()
    const tries = handled.length
    await until(() => handled.length > tries, patienceMs)
    await deliver(1, 'a:2')
    await until(() => handled.includes('a:2'), patienceMs)
    // Lost without a word and ours again: the first is taken out of the room anew, the second is read anew.
    assign(2)
    deliverAgain(2, 1)
    await until(() => handled.filter((text) => text === 'a:1').length === tries + 2, patienceMs)
    committing.resolve()
    await until(() => store.effects.length === 2, patienceMs)
    expect(store.effects).toEqual(['a:1', 'a:2'])
  })

  it('leaves the room as a letter only when its outcome is told', async () => {
    const { room, group, failing, route, deliver, assign } = await open()
    let told = 0
    let taken = false
    failing.add('down:1')
    await bench.start([{ ...route, retry: { ...retry, waitingAttemptsMax: 1 } }], {
      reportOutcome: async () => {
        told++
        if (!taken) throw new Error('nobody takes it')
      },
    })
    assign(1)
    await deliver(1, 'down:1')
    await until(() => told === 1, patienceMs)
    expect(bench.letters('orders', group)).toHaveLength(1)
    expect(room.records(group)).toHaveLength(1)
    taken = true
    await until(() => room.records(group).length === 0, patienceMs)
    expect(told).toBeGreaterThan(1)
  })
})

describe('a partition that goes away', () => {
  it('takes with it what was taken over and waits for another try in place', async () => {
    const { room, group, failing, handled, route, deliver, assign, revoke } = await open()
    failing.add('a:1').add('a:2')
    const backoffMs = 300
    await bench.start([{ ...route, retry: { ...retry, backoffMs, backoffMsMax: backoffMs } }], { random: () => 0.99 })
    assign(1)
    await deliver(1, 'a:1', 'a:2')
    await until(() => room.records(group).length === 2, patienceMs)
    await revoke(1)
    failing.delete('a:1')
    assign(2)
    // It waited behind the first and has had no attempt: its next one is in place.
    await until(() => handled.includes('a:2'), patienceMs)
    await revoke(2)
    const tries = handled.length
    await new Promise((resolve) => setTimeout(resolve, 2 * backoffMs))
    expect(handled.length).toBe(tries)
  })

  it('is let go only when its claim is decided, which would void the next owner’s', async () => {
    const deciding = Promise.withResolvers<void>()
    const { assign, revoke, route } = await open((room) => ({
      async claim(...given) {
        await deciding.promise
        return await room.claim(...given)
      },
    }))
    await bench.start([route], { limits: { revokeDrainMsMax: patienceMs } })
    assign(1)
    let gone = false
    const leaving = revoke(1).then(() => {
      gone = true
    })
    await new Promise((resolve) => setTimeout(resolve, 30))
    expect(gone).toBe(false)
    deciding.resolve()
    await leaving
  })

  it('begins no handler whose schema comes when it has begun to go', async () => {
    const { handled, route, deliver, assign, revoke } = await open()
    const asked = Promise.withResolvers<void>()
    const coming = Promise.withResolvers<void>()
    const codec = {
      ...bench.codec,
      async resolve() {
        asked.resolve()
        await coming.promise
        bench.codec.knowsSchema = true
      },
    }
    bench.codec.knowsSchema = false
    await bench.start([route], { codec, limits: { revokeDrainMsMax: patienceMs } })
    assign(1)
    await deliver(1, 'a:1')
    await asked.promise
    const leaving = revoke(1)
    coming.resolve()
    await leaving
    expect(handled).toEqual([])
  })

  it('without a word is forgotten when the next assignment comes without it', async () => {
    const { route, assign } = await open()
    const running = await bench.start([route])
    assign(1)
    expect(running.health().assigned).toBe(1)
    assign(2, [])
    expect(running.health().assigned).toBe(0)
  })
})

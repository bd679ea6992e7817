import { afterEach, describe, expect, it } from 'vitest'
import { effectRoute, publishRoute } from '../route.ts'
import type { CommitOffset, ConsumerOptions, RecordBatch, Transport, TransportConsumer } from '../transport.ts'
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
} from './delivery.fixture.ts'

let bench: Bench
afterEach(() => bench.end())

/** The transport's consumer, with its strings in our hands. */
const puppet = () => {
  const commits: CommitOffset[][] = []
  const paused = new Set<number>()
  const strings: { options?: ConsumerOptions; consumer: TransportConsumer } = {
    consumer: {
      pause: (list) => {
        for (const { partition } of list) paused.add(partition)
      },
      resume: (list) => {
        for (const { partition } of list) paused.delete(partition)
      },
      seek: () => undefined,
      commit: async (offsets) => {
        commits.push([...offsets])
        return []
      },
      assignment: () => [],
      close: async () => undefined,
    },
  }
  const around = (transport: Transport): Transport => ({
    ...transport,
    createConsumer: async (options) => {
      strings.options = options
      return strings.consumer
    },
  })
  const deliver = async (epoch: number, offsets: readonly number[], keys = ['a']): Promise<void> => {
    const records = []
    for (const [index, offset] of offsets.entries()) {
      const id = keys[index % keys.length] ?? 'a'
      const { headers } = bench.transport.records('blank')[0] ?? { headers: undefined }
      if (headers === undefined) throw new Error('no blank')
      const value = Buffer.from(frameOf({ id, n: offset }))
      records.push({ topic: 'orders', partition: 0, offset, timestampMs: 1, key: Buffer.from(id), value, headers })
    }
    const batch: RecordBatch = {
      topic: 'orders',
      partition: 0,
      epoch,
      records,
      nextOffset: (offsets.at(-1) ?? -1) + 1,
      highWatermark: 1_000,
    }
    strings.options?.onBatch(batch)
  }
  const assign = (epoch: number): void => strings.options?.onAssigned([{ topic: 'orders', partition: 0, epoch }])
  const revoke = async (epoch: number): Promise<void> => {
    await strings.options?.onRevoked([{ topic: 'orders', partition: 0, epoch }])
  }
  return { around, deliver, assign, revoke, commits, paused }
}

const from = itemTopic('orders')
const open = async () => {
  const strings = puppet()
  bench = await createBench({ around: strings.around })
  const group = uniqueName('group')
  await bench.topics(group, from, itemTopic('blank'))
  await bench.write('blank', {})
  return { ...strings, group }
}
const gatedHandler = () => {
  const started: number[] = []
  const gates = new Map<number, (value: undefined) => void>()
  return {
    started,
    handle: (item: Item): Promise<undefined> => {
      started.push(item.n)
      return new Promise((resolve) => gates.set(item.n, resolve))
    },
    finish: (n: number): void => gates.get(n)?.(undefined),
  }
}

describe('a rebalance', () => {
  it('lets what is under way end, starts nothing more, commits with the epoch, and only then lets go', async () => {
    const { deliver, assign, revoke, commits, group } = await open()
    const { started, handle, finish } = gatedHandler()
    await bench.start([publishRoute({ from, group, handle })], {
      limits: { commitIntervalMs: 60_000, revokeDrainMsMax: 2_000 },
    })
    assign(4)
    await deliver(4, [10, 11, 12], ['a', 'b', 'a'])
    await until(() => started.length === 2)
    let gone = false
    const leaving = revoke(4).then(() => {
      gone = true
    })
    await deliver(4, [13], ['c'])
    finish(11)
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(gone).toBe(false)
    finish(10)
    await leaving
    expect(started).toEqual([10, 11])
    expect(commits).toEqual([[{ topic: 'orders', partition: 0, offset: 12, epoch: 4 }]])
  })

  it('gives a partition away with a handler still running, after its bound, and commits nothing past it', async () => {
    const { deliver, assign, revoke, commits, group } = await open()
    const { started, handle, finish } = gatedHandler()
    await bench.start([publishRoute({ from, group, handle })], {
      limits: { commitIntervalMs: 1, revokeDrainMsMax: 30 },
    })
    assign(1)
    await deliver(1, [0, 1], ['a', 'b'])
    await until(() => started.length === 2)
    finish(1)
    await revoke(1)
    finish(0)
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(commits).toEqual([])
  })

  it('drops a record that comes again while its first delivery is still in flight, and counts that delivery', async () => {
    const { deliver, assign, revoke, commits, group } = await open()
    const { started, handle, finish } = gatedHandler()
    await bench.start([publishRoute({ from, group, handle })], {
      limits: { commitIntervalMs: 1, revokeDrainMsMax: 20 },
    })
    assign(1)
    await deliver(1, [0, 1, 2], ['a', 'b', 'a'])
    await until(() => started.length === 2)
    await revoke(1)
    assign(2)
    await deliver(2, [0, 1, 2], ['a', 'b', 'a'])
    finish(1)
    finish(0)
    await until(() => started.length === 3)
    expect(started).toEqual([0, 1, 2])
    finish(2)
    await until(() => commits.at(-1)?.[0]?.offset === 3)
    expect(commits.flat().every(({ epoch }) => epoch === 2)).toBe(true)
  })

  it('does not handle a record twice at once that comes back two assignments later', async () => {
    const { deliver, assign, revoke, commits, group } = await open()
    const { started, handle, finish } = gatedHandler()
    await bench.start([publishRoute({ from, group, handle })], {
      limits: { commitIntervalMs: 1, revokeDrainMsMax: 20 },
    })
    assign(1)
    await deliver(1, [0])
    await until(() => started.length === 1)
    await revoke(1)
    assign(2)
    await revoke(2)
    assign(3)
    await deliver(3, [0, 1], ['a', 'b'])
    await until(() => started.includes(1))
    expect(started).toEqual([0, 1])
    finish(0)
    finish(1)
    await until(() => commits.at(-1)?.[0]?.offset === 2)
  })

  it('does not move an offset back when another member went on in the meantime', async () => {
    const { deliver, assign, revoke, commits, group } = await open()
    const { started, handle, finish } = gatedHandler()
    await bench.start([publishRoute({ from, group, handle })], {
      limits: { commitIntervalMs: 1, revokeDrainMsMax: 10 },
    })
    assign(1)
    await deliver(1, [5])
    await until(() => started.length === 1)
    await revoke(1)
    assign(3)
    await deliver(3, [50])
    await until(() => started.length === 2)
    finish(5)
    finish(50)
    await until(() => commits.length > 0)
    expect(commits.flat()).toEqual([{ topic: 'orders', partition: 0, offset: 51, epoch: 3 }])
  })

  it('forgets what waits for another attempt: the next owner gets it again', async () => {
    const { deliver, assign, revoke, commits, group } = await open()
    let attempts = 0
    const running = await bench.start(
      [
        publishRoute({
          from,
          group,
          retry: { ...quickRetry, backoffMs: 40, backoffMsMax: 40 },
          handle: () => {
            attempts++
            throw new Error('not now')
          },
        }),
      ],
      { random: () => 0.99 },
    )
    assign(1)
    await deliver(1, [0])
    await until(() => attempts === 1)
    await revoke(1)
    await new Promise((resolve) => setTimeout(resolve, 80))
    expect(attempts).toBe(1)
    expect(commits).toEqual([])
    expect(running.health()).toMatchObject({ inFlight: 0, assigned: 0 })
  })

  it('tries nothing again that fails while it is being given away', async () => {
    const { deliver, assign, revoke, commits, group } = await open()
    let attempts = 0
    let fail = (): void => undefined
    await bench.start([
      publishRoute({
        from,
        group,
        retry: quickRetry,
        handle: () => {
          attempts++
          return new Promise<undefined>((_, reject) => {
            fail = () => reject(new Error('late'))
          })
        },
      }),
    ])
    assign(1)
    await deliver(1, [0])
    await until(() => attempts === 1)
    const leaving = revoke(1)
    fail()
    await leaving
    await new Promise((resolve) => setTimeout(resolve, 40))
    expect(attempts).toBe(1)
    expect(commits).toEqual([])
  })

  it('ignores batches of an epoch that is over, and records it has had already', async () => {
    const { deliver, assign, commits, group } = await open()
    const seen: number[] = []
    await bench.start([publishRoute({ from, group, handle: (item: Item) => void seen.push(item.n) as undefined })])
    assign(2)
    await deliver(1, [7])
    await deliver(2, [0, 1])
    await deliver(2, [1, 2])
    await until(() => commits.at(-1)?.[0]?.offset === 3)
    expect(seen).toEqual([0, 1, 2])
  })

  it('drops handled effects of an assignment that has ended instead of writing them', async () => {
    const { deliver, assign, revoke, group } = await open()
    const store = scriptedStore()
    store.away = true
    await bench.start([effectRoute({ from, group, store, batchMax: 1, handle: (item: Item) => String(item.n) })], {
      limits: { revokeDrainMsMax: 10 },
    })
    assign(1)
    await deliver(1, [0, 1])
    await until(() => store.calls > 1)
    await revoke(1)
    store.away = false
    await until(() => store.effects.length > 0)
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(store.effects).toEqual(['0'])
  })
})

describe('back-pressure', () => {
  it('pauses a partition at its bound and resumes it at half of that', async () => {
    const { deliver, assign, paused, commits, group } = await open()
    const { started, handle, finish } = gatedHandler()
    await bench.start([publishRoute({ from, group, ordering: 'none', handle })], { limits: { partitionRecordsMax: 4 } })
    assign(1)
    await deliver(1, [0, 1, 2])
    expect(paused.has(0)).toBe(false)
    await deliver(1, [3])
    expect(paused.has(0)).toBe(true)
    await until(() => started.length === 4)
    // The window counts from its lowest open record: settled ones behind it still take room.
    finish(1)
    finish(2)
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(paused.has(0)).toBe(true)
    finish(0)
    await until(() => !paused.has(0))
    finish(3)
    await until(() => commits.at(-1)?.[0]?.offset === 4)
  })

  it('runs no more handlers at once than the route says', async () => {
    const { deliver, assign, commits, group } = await open()
    let now = 0
    let most = 0
    await bench.start([
      publishRoute({
        from,
        group,
        concurrencyMax: 3,
        ordering: 'none',
        handle: async () => {
          most = Math.max(most, ++now)
          await new Promise((resolve) => setTimeout(resolve, 1))
          now--
          return undefined
        },
      }),
    ])
    assign(1)
    await deliver(
      1,
      Array.from({ length: 40 }, (_, n) => n),
    )
    await until(() => commits.at(-1)?.[0]?.offset === 40)
    expect(most).toBe(3)
  })

  it.each([
    ['key', 1],
    ['partition', 1],
    ['none', 20],
  ] as const)('with ordering %s runs at most %i of one key at once', async (ordering, expected) => {
    const { deliver, assign, commits, group } = await open()
    let now = 0
    let most = 0
    await bench.start([
      publishRoute({
        from,
        group,
        ordering,
        handle: async () => {
          most = Math.max(most, ++now)
          await new Promise((resolve) => setTimeout(resolve, 2))
          now--
          return undefined
        },
      }),
    ])
    assign(1)
    await deliver(
      1,
      Array.from({ length: 20 }, (_, n) => n),
    )
    await until(() => commits.at(-1)?.[0]?.offset === 20)
    expect(most).toBe(expected)
  })
})

describe('stopping', () => {
  it('lets what is under way settle, commits it, starts nothing more, and is idempotent', async () => {
    const { deliver, assign, commits, group } = await open()
    const { started, handle, finish } = gatedHandler()
    const running = await bench.start([publishRoute({ from, group, handle })], { limits: { commitIntervalMs: 60_000 } })
    assign(1)
    await deliver(1, [0, 1])
    await until(() => started.length === 1)
    const stopped = running.stop(2_000)
    expect(running.stop(1)).toBe(stopped)
    finish(0)
    await stopped
    expect(started).toEqual([0])
    expect(commits).toEqual([[{ topic: 'orders', partition: 0, offset: 1, epoch: 1 }]])
    expect(running.health().state).toBe('stopped')
  })

  it('aborts a handler that does not end, and ends in time without passing its offset', async () => {
    const { deliver, assign, commits, group } = await open()
    let aborted = false
    const running = await bench.start([
      publishRoute({
        from,
        group,
        handle: (_: Item, { signal }) => {
          signal.addEventListener('abort', () => {
            aborted = true
          })
          return new Promise<undefined>(() => undefined)
        },
      }),
    ])
    assign(1)
    await deliver(1, [0])
    await until(() => running.health().inFlight === 1)
    await new Promise((resolve) => setTimeout(resolve, 10))
    const startedAtMs = Date.now()
    await running.stop(200)
    expect(Date.now() - startedAtMs).toBeLessThan(400)
    expect(aborted).toBe(true)
    expect(commits).toEqual([])
  })

  it('ends in time while the database is away', async () => {
    const { deliver, assign, commits, group } = await open()
    const store = scriptedStore()
    store.away = true
    const running = await bench.start([
      effectRoute({ from, group, store, retry: quickRetry, handle: (item: Item) => String(item.n) }),
    ])
    assign(1)
    await deliver(1, [0, 1])
    await until(() => store.calls > 1)
    await running.stop(300)
    expect(commits).toEqual([])
    store.away = false
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(store.effects).toEqual([])
  })
})

describe('a group without progress', () => {
  it('ends and says so when a message is neither settled nor probed for too long', async () => {
    const { deliver, assign, group } = await open()
    const running = await bench.start(
      [publishRoute({ from, group, handle: () => new Promise<undefined>(() => undefined) })],
      { limits: { noProgressMsMax: 50 } },
    )
    assign(1)
    await deliver(1, [0])
    await until(() => bench.errors.length === 1)
    expect(bench.errors[0]).toMatchObject({ code: 'ICX_GROUP_STALLED', failureClass: 'fatal' })
    expect(running.health().state).toBe('failed')
  })

  it('is healthy when it is idle', async () => {
    const { assign, group } = await open()
    const running = await bench.start([publishRoute({ from, group, handle: () => undefined })], {
      limits: { noProgressMsMax: 20 },
    })
    assign(1)
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(running.health()).toMatchObject({ state: 'running', progressAgeMs: 0, inFlight: 0 })
    expect(bench.errors).toEqual([])
  })
})

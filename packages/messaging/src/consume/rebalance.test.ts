import { describe, expect, it } from 'vitest'
import { effectRoute, publishRoute } from '../route.ts'
import { type Item, quickRetry, scriptedStore, until } from './delivery.fixture.ts'
import { drivenGroup } from './driven-group.fixture.ts'
import { gatedHandler } from './gated-handler.fixture.ts'

describe('a rebalance', () => {
  it('lets what is under way end, starts nothing more, commits with the epoch, and only then lets go', async () => {
    const { bench, from, deliver, assign, revoke, commits, group } = await drivenGroup()
    const { started, handle, finish } = gatedHandler()
    await bench.start([publishRoute({ from, group, handle })], {
      limits: { commitIntervalMs: 60_000, revokeDrainMsMax: 2_000 },
    })
    assign(4)
    deliver(4, [10, 11, 12], ['a', 'b', 'a'])
    await until(() => started.length === 2)
    let gone = false
    const leaving = revoke(4).then(() => {
      gone = true
    })
    deliver(4, [13], ['c'])
    finish(11)
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(gone).toBe(false)
    finish(10)
    await leaving
    expect(started).toEqual([10, 11])
    expect(commits).toEqual([[{ topic: 'orders', partition: 0, offset: 12, epoch: 4 }]])
  })

  it('gives a partition away with a handler still running, after its bound, and commits nothing past it', async () => {
    const { bench, from, deliver, assign, revoke, commits, group } = await drivenGroup()
    const { started, handle, finish } = gatedHandler()
    await bench.start([publishRoute({ from, group, handle })], {
      limits: { commitIntervalMs: 1, revokeDrainMsMax: 30 },
    })
    assign(1)
    deliver(1, [0, 1], ['a', 'b'])
    await until(() => started.length === 2)
    finish(1)
    await revoke(1)
    finish(0)
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(commits).toEqual([])
  })

  it('drops a record that comes again while its first delivery is still in flight, and counts that delivery', async () => {
    const { bench, from, deliver, assign, revoke, commits, group } = await drivenGroup()
    const { started, handle, finish } = gatedHandler()
    await bench.start([publishRoute({ from, group, handle })], {
      limits: { commitIntervalMs: 1, revokeDrainMsMax: 20 },
    })
    assign(1)
    deliver(1, [0, 1, 2], ['a', 'b', 'a'])
    await until(() => started.length === 2)
    await revoke(1)
    assign(2)
    deliver(2, [0, 1, 2], ['a', 'b', 'a'])
    finish(1)
    finish(0)
    await until(() => started.length === 3)
    expect(started).toEqual([0, 1, 2])
    finish(2)
    await until(() => commits.at(-1)?.[0]?.offset === 3)
    expect(commits.flat().every(({ epoch }) => epoch === 2)).toBe(true)
  })

  it('does not handle a record twice at once that comes back two assignments later', async () => {
    const { bench, from, deliver, assign, revoke, commits, group } = await drivenGroup()
    const { started, handle, finish } = gatedHandler()
    await bench.start([publishRoute({ from, group, handle })], {
      limits: { commitIntervalMs: 1, revokeDrainMsMax: 20 },
    })
    assign(1)
    deliver(1, [0])
    await until(() => started.length === 1)
    await revoke(1)
    assign(2)
    await revoke(2)
    assign(3)
    deliver(3, [0, 1], ['a', 'b'])
    await until(() => started.includes(1))
    expect(started).toEqual([0, 1])
    finish(0)
    finish(1)
    await until(() => commits.at(-1)?.[0]?.offset === 2)
  })

  it('does not move an offset back when another member went on in the meantime', async () => {
    const { bench, from, deliver, assign, revoke, commits, group } = await drivenGroup()
    const { started, handle, finish } = gatedHandler()
    await bench.start([publishRoute({ from, group, handle })], {
      limits: { commitIntervalMs: 1, revokeDrainMsMax: 10 },
    })
    assign(1)
    deliver(1, [5])
    await until(() => started.length === 1)
    await revoke(1)
    assign(3)
    deliver(3, [50])
    await until(() => started.length === 2)
    finish(5)
    finish(50)
    await until(() => commits.length > 0)
    expect(commits.flat()).toEqual([{ topic: 'orders', partition: 0, offset: 51, epoch: 3 }])
  })

  it('forgets what waits for another attempt: the next owner gets it again', async () => {
    const { bench, from, deliver, assign, revoke, commits, group } = await drivenGroup()
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
    deliver(1, [0])
    await until(() => attempts === 1)
    await revoke(1)
    await new Promise((resolve) => setTimeout(resolve, 80))
    expect(attempts).toBe(1)
    expect(commits).toEqual([])
    expect(running.health()).toMatchObject({ inFlight: 0, assigned: 0 })
  })

  it('tries nothing again that fails while it is being given away', async () => {
    const { bench, from, deliver, assign, revoke, commits, group } = await drivenGroup()
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
    deliver(1, [0])
    await until(() => attempts === 1)
    const leaving = revoke(1)
    fail()
    await leaving
    await new Promise((resolve) => setTimeout(resolve, 40))
    expect(attempts).toBe(1)
    expect(commits).toEqual([])
  })

  it('ignores batches of an epoch that is over, and records it has had already', async () => {
    const { bench, from, deliver, assign, commits, group } = await drivenGroup()
    const seen: number[] = []
    await bench.start([publishRoute({ from, group, handle: (item: Item) => void seen.push(item.n) as undefined })])
    assign(2)
    deliver(1, [7])
    deliver(2, [0, 1])
    deliver(2, [1, 2])
    await until(() => commits.at(-1)?.[0]?.offset === 3)
    expect(seen).toEqual([0, 1, 2])
  })

  it('drops handled effects of an assignment that has ended instead of writing them', async () => {
    const { bench, from, deliver, assign, revoke, group } = await drivenGroup()
    const store = scriptedStore()
    store.away = true
    await bench.start([effectRoute({ from, group, store, batchMax: 1, handle: (item: Item) => String(item.n) })], {
      limits: { revokeDrainMsMax: 10 },
    })
    assign(1)
    deliver(1, [0, 1])
    await until(() => store.calls > 1)
    await revoke(1)
    store.away = false
    await until(() => store.effects.length > 0)
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(store.effects).toEqual(['0'])
  })
})

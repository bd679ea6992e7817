import { describe, expect, it } from 'vitest'
import { effectRoute, publishRoute } from '../route.ts'
import { type Item, quickRetry, scriptedStore, until } from './delivery.fixture.ts'
import { drivenGroup } from './driven-group.fixture.ts'
import { gatedHandler } from './gated-handler.fixture.ts'

describe('stopping', () => {
  it('lets what is under way settle, commits it, starts nothing more, and is idempotent', async () => {
    const { bench, from, deliver, assign, commits, group } = await drivenGroup()
    const { started, handle, finish } = gatedHandler()
    const running = await bench.start([publishRoute({ from, group, handle })], { limits: { commitIntervalMs: 60_000 } })
    assign(1)
    deliver(1, [0, 1])
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
    const { bench, from, deliver, assign, commits, group } = await drivenGroup()
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
    deliver(1, [0])
    await until(() => running.health().inFlight === 1)
    await new Promise((resolve) => setTimeout(resolve, 10))
    const startedAtMs = Date.now()
    await running.stop(200)
    expect(Date.now() - startedAtMs).toBeLessThan(400)
    expect(aborted).toBe(true)
    expect(commits).toEqual([])
  })

  it('ends in time while the database is away', async () => {
    const { bench, from, deliver, assign, commits, group } = await drivenGroup()
    const store = scriptedStore()
    store.away = true
    const running = await bench.start([
      effectRoute({ from, group, store, retry: quickRetry, handle: (item: Item) => String(item.n) }),
    ])
    assign(1)
    deliver(1, [0, 1])
    await until(() => store.calls > 1)
    await running.stop(300)
    expect(commits).toEqual([])
    store.away = false
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(store.effects).toEqual([])
  })
})

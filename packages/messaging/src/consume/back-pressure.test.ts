import { describe, expect, it } from 'vitest'
import { publishRoute } from '../route.ts'
import { until } from './delivery.fixture.ts'
import { drivenGroup } from './driven-group.fixture.ts'
import { gatedHandler } from './gated-handler.fixture.ts'

/** A handler that takes so long, and tells how many of its calls were under way at once. */
const countingHandler = (handlingMs: number) => {
  let now = 0
  let most = 0
  return {
    most: () => most,
    async handle(): Promise<undefined> {
      most = Math.max(most, ++now)
      await new Promise((resolve) => setTimeout(resolve, handlingMs))
      now--
    },
  }
}

describe('back-pressure', () => {
  it('pauses a partition at its bound and resumes it at half of that', async () => {
    const { bench, from, deliver, assign, paused, commits, group } = await drivenGroup()
    const { started, handle, finish } = gatedHandler()
    await bench.start([publishRoute({ from, group, ordering: 'none', handle })], { limits: { partitionRecordsMax: 4 } })
    assign(1)
    deliver(1, [0, 1, 2])
    expect(paused.has(0)).toBe(false)
    deliver(1, [3])
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
    const { bench, from, deliver, assign, commits, group } = await drivenGroup()
    const counting = countingHandler(1)
    await bench.start([
      publishRoute({
        from,
        group,
        concurrencyMax: 3,
        ordering: 'none',
        handle: counting.handle,
      }),
    ])
    assign(1)
    deliver(
      1,
      Array.from({ length: 40 }, (_, n) => n),
    )
    await until(() => commits.at(-1)?.[0]?.offset === 40)
    expect(counting.most()).toBe(3)
  })

  it.each([
    ['key', 1],
    ['partition', 1],
    ['none', 20],
  ] as const)('with ordering %s runs at most %i of one key at once', async (ordering, expected) => {
    const { bench, from, deliver, assign, commits, group } = await drivenGroup()
    const counting = countingHandler(2)
    await bench.start([
      publishRoute({
        from,
        group,
        ordering,
        handle: counting.handle,
      }),
    ])
    assign(1)
    deliver(
      1,
      Array.from({ length: 20 }, (_, n) => n),
    )
    await until(() => commits.at(-1)?.[0]?.offset === 20)
    expect(counting.most()).toBe(expected)
  })
})

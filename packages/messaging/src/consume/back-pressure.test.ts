import { afterEach, describe, expect, it } from 'vitest'
import { publishRoute } from '../route.ts'
import { type Bench, createBench, itemTopic, uniqueName, until } from './delivery.fixture.ts'
import { drivenConsumer } from './driven-consumer.fixture.ts'
import { gatedHandler } from './gated-handler.fixture.ts'

let bench: Bench
afterEach(() => bench.end())

const from = itemTopic('orders')
const open = async () => {
  const { around, ...driven } = drivenConsumer()
  bench = await createBench({ around })
  const group = uniqueName('group')
  await bench.topics(group, from)
  return { ...driven, group }
}

describe('back-pressure', () => {
  it('pauses a partition at its bound and resumes it at half of that', async () => {
    const { deliver, assign, paused, commits, group } = await open()
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
    deliver(
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
    deliver(
      1,
      Array.from({ length: 20 }, (_, n) => n),
    )
    await until(() => commits.at(-1)?.[0]?.offset === 20)
    expect(most).toBe(expected)
  })
})

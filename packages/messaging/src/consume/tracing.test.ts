import { afterEach, describe, expect, it } from 'vitest'
import { publishRoute } from '../route.ts'
import { type Bench, createBench, type Item, itemTopic, quickRetry, uniqueName, until } from './delivery.fixture.ts'

let bench: Bench
afterEach(() => bench.end())

describe('tracing', () => {
  it('exports the span of a failing message whatever the sampling, and no other', async () => {
    bench = await createBench()
    const [from, group] = [itemTopic('orders'), uniqueName('group')]
    await bench.topics(group, from)
    const forced: (boolean | undefined)[] = []
    const ended: boolean[] = []
    await bench.start(
      [
        publishRoute({
          from,
          group,
          retry: quickRetry,
          handle: (item: Item, { attempt }) => {
            if (item.n === 1 && attempt === 1) throw new Error('once')
            return undefined
          },
        }),
      ],
      {
        tracing: {
          startProcess: (_, __, failing) => {
            forced.push(failing)
            return failing === true
              ? { headers: () => [], run: (work) => work(), end: ({ ok }) => void ended.push(ok) }
              : undefined
          },
          startSend: () => undefined,
        },
      },
    )
    for (const n of [0, 1]) await bench.publisher.publish(from, { id: 'a', n })
    await until(async () => (await bench.committed(group, 'orders')) === 2)
    expect(forced).toEqual([false, false, true, true])
    expect(ended).toEqual([false, true])
  })
})

import { afterEach, describe, expect, it } from 'vitest'
import type { EffectStore } from '../effect-store.ts'
import { InterchangeError } from '../failure/failure.ts'
import { effectRoute } from '../route.ts'
import { type Bench, createBench, type Item, itemTopic, quickRetry, uniqueName, until } from './delivery.fixture.ts'

let bench: Bench
afterEach(() => bench.end())

describe('a group that stops while the database refuses a batch', () => {
  it('settles nothing after the batch it gives up: a later effect of a key never overtakes an earlier one', async () => {
    bench = await createBench()
    const [from, group] = [itemTopic(uniqueName('orders')), uniqueName('ledger')]
    await bench.topics(group, from)
    let refused = 0
    const settled: string[] = []
    const store: EffectStore<string> = {
      async settle(_group, entries) {
        const effects = entries.flatMap((entry) => entry.effects)
        if (effects.includes('k:1')) {
          refused++
          throw new InterchangeError('ICX_STORE_UNAVAILABLE', 'database away', { class: 'outage' })
        }
        settled.push(...effects)
        return entries.map(() => 'done')
      },
    }
    const handle = (item: Item): string => `${item.id}:${item.n}`
    const route = effectRoute({ from, group, store, batchMax: 1, retry: quickRetry, handle })
    const running = await bench.start([route])
    await Promise.all([1, 2, 3].map((n) => bench.publisher.publish(from, { id: 'k', n })))
    await until(() => refused > 0)
    await running.stop(1_000)
    expect(settled).toEqual([])
  })
})

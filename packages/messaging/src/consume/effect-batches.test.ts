import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import type { EffectStore } from '../effect-store.ts'
import { effectRoute } from '../route.ts'
import { type Bench, createBench, type Item, itemTopic, uniqueName, until } from './delivery.fixture.ts'

let bench: Bench
afterEach(() => bench.end())

/** Takes a while for each batch, and sees which partitions are under way together. */
const watchedStore = () => {
  const seen = { effects: [] as string[], atOnceMax: 0, shared: [] as number[] }
  const underWay: number[][] = []
  const store: EffectStore<string> = {
    async settle(_group, entries) {
      const mine = [...new Set(entries.map(({ partition }) => partition))]
      seen.shared.push(...mine.filter((partition) => underWay.some((others) => others.includes(partition))))
      underWay.push(mine)
      seen.atOnceMax = Math.max(seen.atOnceMax, underWay.length)
      await pause(1)
      seen.effects.push(...entries.flatMap((entry) => entry.effects))
      underWay.splice(underWay.indexOf(mine), 1)
      return entries.map(() => 'done')
    },
  }
  return { store, seen }
}

describe('transactions of effects', () => {
  it.each([
    { batchesMax: undefined, wanted: 3 },
    { batchesMax: 1, wanted: 1 },
    { batchesMax: 2, wanted: 2 },
  ])(
    'are $wanted at once where $batchesMax are asked for, never two of a partition',
    async ({ batchesMax, wanted }) => {
      bench = await createBench()
      const [from, group] = [itemTopic(uniqueName('orders'), 6), uniqueName('ledger')]
      await bench.topics(group, from)
      const { store, seen } = watchedStore()
      const handle = (item: Item): string => `${item.id}:${item.n}`
      await bench.start([
        effectRoute({ from, group, store, batchMax: 4, handle, ...(batchesMax !== undefined && { batchesMax }) }),
      ])
      const items = Array.from({ length: 240 }, (_, n) => ({ id: `k${n % 24}`, n }))
      await Promise.all(items.map((item) => bench.publisher.publish(from, item)))
      await until(() => seen.effects.length === items.length)
      expect(seen.atOnceMax).toBe(wanted)
      expect(seen.shared).toEqual([])
      for (let key = 0; key < 24; key++) {
        const order = seen.effects
          .filter((effect) => effect.startsWith(`k${key}:`))
          .map((effect) => Number(effect.split(':')[1]))
        expect(order).toEqual(order.toSorted((a, b) => a - b))
      }
    },
  )
})

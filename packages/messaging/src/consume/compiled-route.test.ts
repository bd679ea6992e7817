import { afterEach, describe, expect, it } from 'vitest'
import { outgoing, publishRoute } from '../route.ts'
import { type Bench, createBench, type Item, itemTopic, uniqueName } from './delivery.fixture.ts'

let bench: Bench
afterEach(() => bench.end())

describe('configuration', () => {
  it('refuses routes that cannot be one group', async () => {
    bench = await createBench()
    const [from, group] = [itemTopic('orders'), uniqueName('group')]
    await bench.topics(group, from)
    const other = itemTopic('other')
    const route = publishRoute({ from, group, handle: (item: Item) => outgoing(other, item) })
    for (const routes of [[], [route, route], [route, { ...route, from: other, group: 'another' }]]) {
      await expect(bench.start(routes)).rejects.toMatchObject({ code: 'ICX_CONFIG_INVALID' })
    }
    await expect(bench.start([route], { publisher: undefined })).rejects.toMatchObject({ code: 'ICX_CONFIG_INVALID' })
    await expect(bench.start([{ ...route, concurrencyMax: 0 }])).rejects.toMatchObject({ code: 'ICX_CONFIG_INVALID' })
  })
})

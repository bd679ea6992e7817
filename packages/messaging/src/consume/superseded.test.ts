import { afterEach, expect, it } from 'vitest'
import { InterchangeError } from '../failure/failure.ts'
import { deadLetterHeaders } from '../record/header-names.ts'
import { effectRoute, publishRoute } from '../route.ts'
import { replayLaneName } from '../topic.ts'
import {
  type Bench,
  createBench,
  frameOf,
  type Item,
  itemTopic,
  quickRetry,
  type ScriptedStore,
  scriptedStore,
  uniqueName,
  until,
} from './delivery.fixture.ts'

let bench: Bench
afterEach(() => bench.end())

const from = itemTopic('orders')

interface Setting {
  readonly group: string
  readonly store: ScriptedStore
  /** Sends the item back as the replay service does. */
  replay(item: Item): Promise<void>
}

const open = async (): Promise<Setting> => {
  bench = await createBench()
  const group = uniqueName('group')
  await bench.topics(group, from)
  return {
    group,
    store: scriptedStore(),
    async replay(item) {
      const headers = [{ name: deadLetterHeaders.replayId, value: `replay-${item.n}` }]
      await bench.write(replayLaneName('orders', group), { key: item.id, value: frameOf(item), headers })
    },
  }
}

/** Effects say what version a key has; a replay below it comes too late. */
const versions = ({ store }: Setting, asked: number[] = []) => ({
  handle: ({ id, n }: Item) => `${id}:${n}`,
  async supersededBy({ id, n }: Item) {
    asked.push(n)
    const newer = store.effects.map((effect) => effect.split(':')).find(([key, of]) => key === id && Number(of) > n)
    return newer === undefined ? undefined : `version ${newer[1]}`
  },
})

it('a replayed message that something newer has overtaken is settled without effect and answered as superseded', async () => {
  const setting = await open()
  const { group, store, replay } = setting
  await bench.start([effectRoute({ from, group, store, ...versions(setting) })])
  await bench.publisher.publish(from, { id: 'a', n: 5 })
  await until(() => store.effects.length === 1)
  await replay({ id: 'a', n: 4 })
  await until(() => bench.outcomes.length === 1)
  expect(bench.outcomes).toMatchObject([{ outcome: 'superseded', replayId: 'replay-4' }])
  expect(store.effects).toEqual(['a:5'])
  await until(async () => (await bench.committed(group, replayLaneName('orders', group))) === 1)
})

it('a replayed message that nothing has overtaken is handled, and what is not replayed is never asked about', async () => {
  const setting = await open()
  const { group, store, replay } = setting
  const asked: number[] = []
  await bench.start([effectRoute({ from, group, store, ...versions(setting, asked) })])
  await bench.publisher.publish(from, { id: 'a', n: 5 })
  await bench.publisher.publish(from, { id: 'a', n: 4 })
  await until(() => store.effects.length === 2)
  await replay({ id: 'a', n: 6 })
  await replay({ id: 'b', n: 1 })
  await until(() => bench.outcomes.length === 2)
  expect(bench.outcomes.every(({ outcome }) => outcome === 'resolved')).toBe(true)
  expect(store.effects).toEqual(['a:5', 'a:4', 'a:6', 'b:1'])
  expect(asked).toEqual([6, 1])
})

it('failing to find out is a failed attempt', async () => {
  const { group, replay } = await open()
  let tries = 0
  const supersededBy = (): undefined => {
    tries++
    if (tries < 3) throw new InterchangeError('ICX_STORE_CONTENTION', 'deadlock', { class: 'transient' })
  }
  await bench.start([publishRoute({ from, group, retry: quickRetry, supersededBy, handle: () => undefined })])
  await replay({ id: 'a', n: 1 })
  await until(() => bench.outcomes.length === 1)
  expect(bench.outcomes).toMatchObject([{ outcome: 'resolved', attempts: 3 }])
})

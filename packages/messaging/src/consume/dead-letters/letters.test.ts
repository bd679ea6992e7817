import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { rejected } from '../../failure/failure.ts'
import { deadLetterHeaders as names } from '../../record/header-names.ts'
import { publishRoute } from '../../route.ts'
import { replayLaneName } from '../../topic.ts'
import { type Bench, createBench, frameOf, itemTopic, uniqueName, until } from '../delivery.fixture.ts'

let bench: Bench
let group: string
beforeEach(async () => {
  bench = await createBench()
  group = uniqueName('group')
})
afterEach(() => bench.end())

describe('a letter that cannot be written', () => {
  it('holds the offset, is alarmed, and is written when the topic takes it', async () => {
    const stuck = itemTopic('stuck')
    const admin = await bench.transport.createAdmin()
    for (const name of ['stuck', replayLaneName('stuck', group)]) {
      await admin.createTopics([{ name, partitions: 1, replicationFactor: 1, configs: {} }])
    }
    const running = await bench.start([
      publishRoute({
        from: stuck,
        group,
        handle: () => {
          throw rejected('no')
        },
      }),
    ])
    await bench.publisher.publish(stuck, { id: 'a', n: 1 })
    await until(() => running.health().state === 'degraded')
    expect(running.health().detail).toContain('no letter of stuck can be written')
    expect(bench.logged.some(({ level, message }) => level === 'error' && message === 'degraded')).toBe(true)
    expect(await bench.committed(group, 'stuck')).toBeUndefined()
    await admin.createTopics([{ name: `stuck.${group}.dlq`, partitions: 1, replicationFactor: 1, configs: {} }])
    await until(async () => (await bench.committed(group, 'stuck')) === 1)
    expect(bench.letters('stuck', group)).toHaveLength(1)
    expect(running.health().state).toBe('running')
  })

  it('is written without its texts when they make it too large', async () => {
    const large = itemTopic('large')
    const admin = await bench.transport.createAdmin()
    const value = frameOf({ id: 'a', n: 1 })
    const limit = { 'max.message.bytes': String(value.length + 1_600) }
    for (const [name, configs] of [
      ['large', {}],
      [replayLaneName('large', group), {}],
      [`large.${group}.dlq`, limit],
    ] as const) {
      await admin.createTopics([{ name, partitions: 1, replicationFactor: 1, configs }])
    }
    await bench.write('large', { key: 'a', value })
    await bench.start([
      publishRoute({
        from: large,
        group,
        handle: () => {
          throw rejected('x'.repeat(5_000))
        },
      }),
    ])
    await until(() => bench.letters('large', group).length === 1)
    expect(bench.letters('large', group)[0]?.headers.get(names.errorMessage)).toBeUndefined()
    expect(bench.letters('large', group)[0]?.value?.toString()).toBe(value)
  })
})

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { EffectStore, SettleEntry } from '../../effect-store.ts'
import { rejected } from '../../failure/failure.ts'
import { ceHeaders, deadLetterHeaders as names } from '../../record/header-names.ts'
import { effectRoute, publishRoute } from '../../route.ts'
import { replayLaneName } from '../../topic.ts'
import {
  type Bench,
  createBench,
  frameOf,
  type Item,
  itemTopic,
  quickRetry,
  scriptedStore,
  uniqueName,
  until,
} from '../delivery.fixture.ts'

let bench: Bench
let group: string
const from = itemTopic('orders')
beforeEach(async () => {
  bench = await createBench()
  group = uniqueName('group')
  await bench.topics(group, from)
})
afterEach(() => bench.end())

describe('a replayed message', () => {
  const replay = (n: number) => ({
    key: 'a',
    value: frameOf({ id: 'a', n }),
    headers: [
      { name: ceHeaders.id, value: `id-${n}` },
      { name: names.originalHeaderCount, value: '1' },
      { name: names.replayId, value: 'replay-1' },
    ],
  })

  it('is reported as resolved, failed-again or duplicate under its replay id, and only to this group', async () => {
    const store = scriptedStore()
    await bench.start([
      effectRoute({
        from,
        group,
        store,
        handle: (item: Item, { replayId }) => {
          if (item.n === 2) throw rejected('still no')
          return `${item.n} ${replayId}`
        },
      }),
    ])
    for (const n of [1, 2, 1]) await bench.write(replayLaneName('orders', group), replay(n))
    await until(() => bench.outcomes.length === 3)
    expect(store.effects).toEqual(['1 replay-1'])
    expect(
      bench.outcomes.map(({ messageId, outcome, replayId, topic }) => [messageId, outcome, replayId, topic]).toSorted(),
    ).toEqual([
      ['id-1', 'duplicate', 'replay-1', 'orders'],
      ['id-1', 'resolved', 'replay-1', 'orders'],
      ['id-2', 'failed-again', 'replay-1', 'orders'],
    ])
    const [letter] = bench.letters('orders', group)
    expect(letter?.headers.text(names.replays)).toBe('1')
    expect(
      letter?.headers
        .take(1)
        .entries()
        .map(({ name }) => name),
    ).toEqual([ceHeaders.id])
  })

  it('is not one because a stranger says so on the source topic (X44)', async () => {
    const seen: (string | undefined)[] = []
    await bench.start([
      publishRoute({
        from,
        group,
        handle: (_: Item, { replayId }) => {
          seen.push(replayId)
          return undefined
        },
      }),
    ])
    await bench.write('orders', replay(1))
    await until(async () => (await bench.committed(group, 'orders')) === 1)
    expect(seen).toEqual([undefined])
    expect(bench.outcomes).toEqual([])
  })

  it('keeps its offset until the outcome is taken', async () => {
    let taken = 0
    let away = true
    const running = await bench.start([publishRoute({ from, group, handle: () => undefined })], {
      reportOutcome: async () => {
        if (away) throw new Error('desk away')
        taken++
      },
    })
    const lane = replayLaneName('orders', group)
    await bench.write(lane, replay(1))
    await until(() => running.health().state === 'degraded')
    expect(running.health().detail).toContain('outcome')
    expect(await bench.committed(group, lane)).toBeUndefined()
    away = false
    await until(async () => (await bench.committed(group, lane)) === 1)
    expect(taken).toBe(1)
    expect(running.health().state).toBe('running')
  })

  it('is told of by a store that tells outcomes, as is one that failed before, and reported by nobody else', async () => {
    const plain = scriptedStore()
    const told: (SettleEntry<string>['delivery'] | 'first try')[] = []
    const store: EffectStore<string> = {
      tellsOutcomes: true,
      settle(settling, entries) {
        told.push(...entries.map(({ delivery }) => delivery ?? 'first try'))
        return plain.settle(settling, entries)
      },
    }
    let failures = 0
    const handle = ({ n }: Item): string => {
      if (n === 2) throw rejected('still no')
      if (n === 4 && failures++ === 0) throw new Error('not now')
      return String(n)
    }
    await bench.start([effectRoute({ from, group, store, retry: quickRetry, handle })])
    await bench.write('orders', { key: 'b', value: frameOf({ id: 'b', n: 3 }) })
    await bench.write('orders', { key: 'b', value: frameOf({ id: 'b', n: 4 }) })
    const lane = replayLaneName('orders', group)
    for (const n of [1, 2, 1]) await bench.write(lane, replay(n))
    await until(
      async () => (await bench.committed(group, lane)) === 3 && (await bench.committed(group, 'orders')) === 2,
    )

    const facts = { group, topic: 'orders', replayId: undefined, attempts: 1, code: undefined, failureClass: undefined }
    const atMs = expect.any(Number)
    const replayed = { ...facts, messageId: 'id-1', replayId: 'replay-1', atMs }
    const failed = { ...facts, attempts: 2, code: 'ICX_HANDLER_FAILED', failureClass: 'transient', atMs }
    expect(told).toHaveLength(4)
    expect(told).toEqual(
      expect.arrayContaining(['first try', replayed, replayed, { ...failed, messageId: expect.any(String) }]),
    )
    expect(bench.outcomes.map(({ messageId, outcome }) => [messageId, outcome])).toEqual([['id-2', 'failed-again']])
  })
})

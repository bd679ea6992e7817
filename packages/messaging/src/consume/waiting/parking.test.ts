import { describe, expect, it } from 'vitest'
import { InterchangeError, rejected } from '../../failure/failure.ts'
import { letterFacts } from '../../record/letter-facts.ts'
import { type Item, until } from '../delivery.fixture.ts'
import { groupWithRoom, later, ofKey, soon } from './group-with-room.fixture.ts'

const down = (): Error => new Error('connection reset')

describe('a message that must wait', () => {
  it('goes into the room with the later ones of its key, the offset passes, and other keys go on', async () => {
    const { bench, group, room, store, failing, route, send, committedIs } = await groupWithRoom()
    failing.set('a', later)
    await bench.start([route()])
    await send('a:1', 'b:1', 'a:2', 'b:2', 'a:3')
    await committedIs(5)
    expect(room.records(group).map(({ offset }) => offset)).toEqual([0, 2, 4])
    expect(store.effects).toEqual(['b:1', 'b:2'])
    await send('a:4', 'b:3')
    await committedIs(7)
    expect(room.records(group)).toHaveLength(4)
    failing.clear()
    await until(() => store.effects.length === 7)
    expect(ofKey(store.effects, 'a')).toEqual(['a:1', 'a:2', 'a:3', 'a:4'])
    await until(() => room.records(group).length === 0)
    expect(bench.letters('orders', group)).toHaveLength(0)
  })

  it('carries its bytes, what went wrong and when it is due; those behind it have no attempt', async () => {
    const { bench, group, room, failing, route, send, committedIs } = await groupWithRoom()
    failing.set('a', down)
    await bench.start([route({ retry: { ...soon, waitingBackoffMs: 60_000, waitingBackoffMsMax: 60_000 } })])
    const sentAtMs = Date.now()
    await send('a:1', 'a:2')
    await committedIs(2)
    const [first, second] = room.records(group)
    const [record] = bench.transport.records('orders')
    expect(first).toMatchObject({ key: record?.key, value: record?.value, headers: record?.headers.bytes, attempts: 2 })
    expect(first?.failure).toMatchObject({ failureClass: 'transient', attemptsSpent: 2, message: 'connection reset' })
    expect(first?.dueMs).toBeGreaterThanOrEqual(sentAtMs + 30_000)
    expect(second).toMatchObject({ attempts: 0, failure: undefined })
  })

  it('is never tried early, nor more than a second late', async () => {
    const { bench, group, room, failing, handled, route, send } = await groupWithRoom()
    failing.set('a', down)
    const tries: number[] = []
    const dues: number[] = []
    const { put } = room
    room.put = async (claim, records) => {
      dues.push(...records.map(({ dueMs }) => dueMs))
      await put(claim, records)
    }
    const { handle, ...rest } = route()
    await bench.start([
      {
        ...rest,
        handle: (item: Item, context) => {
          tries.push(Date.now())
          return handle(item, context)
        },
      },
    ])
    await send('a:1')
    await until(() => dues.length >= 5)
    failing.clear()
    await until(() => room.records(group).length === 0)
    // Two tries in place, then one for each due time.
    expect(handled.length).toBe(2 + dues.length)
    for (const [index, dueMs] of dues.entries()) {
      const lateMs = (tries[2 + index] ?? 0) - dueMs
      expect(lateMs).toBeGreaterThanOrEqual(0)
      expect(lateMs).toBeLessThan(1_000)
    }
  })

  it('becomes a letter when its budget is spent, in order, and leaves the room', async () => {
    const { bench, group, room, store, failing, route, send } = await groupWithRoom()
    failing.set('a', down)
    await bench.start([route({ retry: { ...soon, waitingAttemptsMax: 2 } })])
    await send('a:1', 'a:2', 'b:1')
    await until(() => bench.letters('orders', group).length === 2)
    const facts = bench.letters('orders', group).map(({ headers }) => letterFacts(headers))
    expect(facts.map((letter) => [letter.get('dlq-offset'), letter.get('dlq-attempts')])).toEqual([
      ['0', '4'],
      ['1', '4'],
    ])
    await until(() => room.records(group).length === 0)
    expect(store.effects).toEqual(['b:1'])
  })

  it('that is broken behind one that waits is buried in its turn', async () => {
    const { bench, group, room, store, failing, route, send, committedIs } = await groupWithRoom()
    failing.set('a', later)
    const { handle, ...rest } = route()
    await bench.start([
      {
        ...rest,
        handle: (item: Item, context) => {
          if (item.n === 2) throw rejected('two')
          return handle(item, context)
        },
      },
    ])
    await send('a:1', 'a:2', 'a:3')
    await committedIs(3)
    expect(bench.letters('orders', group)).toHaveLength(0)
    failing.clear()
    await until(() => store.effects.length === 2)
    expect(bench.letters('orders', group)).toHaveLength(1)
    await until(() => room.records(group).length === 0)
  })

  it('whom the other side asked to wait long waits durably at once, and as long as it was asked', async () => {
    const { bench, group, room, failing, handled, route, send, committedIs } = await groupWithRoom()
    const asked = new InterchangeError('ICX_HANDLER_FAILED', '429', { class: 'rate-limited', retryAfterMs: 30_000 })
    failing.set('a', () => asked)
    const startedAtMs = Date.now()
    await bench.start([route()])
    await send('a:1')
    await committedIs(1)
    expect(handled).toHaveLength(1)
    expect(room.records(group)[0]?.dueMs).toBeGreaterThanOrEqual(startedAtMs + 30_000)
  })

  it('waits in place while the room cannot be written, and the offset with it', async () => {
    const { bench, group, room, store, failing, route, send, committedIs } = await groupWithRoom()
    failing.set('a', later)
    const running = await bench.start([route()])
    await until(() => running.health().assigned > 0)
    await send('c:1')
    await committedIs(1)
    room.away = true
    await send('a:1', 'b:1')
    await until(() => running.health().state === 'degraded')
    await until(() => store.effects.includes('b:1'))
    expect(await bench.committed(group, 'orders')).toBe(1)
    room.away = false
    await committedIs(3)
    await until(() => running.health().state === 'running')
  })

  it('behind a null key holds back what has no key, and nothing else', async () => {
    const { bench, group, room, store, route, committedIs } = await groupWithRoom()
    let missing = true
    const { handle, ...rest } = route()
    await bench.start([
      {
        ...rest,
        handle: (item: Item, context) => {
          if (item.n === 0 && missing) throw later()
          return handle(item, context)
        },
      },
    ])
    const value = (id: string, n: number): string => `\0${JSON.stringify({ id, n })}`
    await bench.write('orders', { value: value('x', 0) })
    await bench.write('orders', { value: value('y', 1) })
    await bench.write('orders', { key: 'z', value: value('z', 2) })
    await committedIs(3)
    expect(store.effects).toEqual(['z:2'])
    missing = false
    await until(() => room.records(group).length === 0)
    expect(store.effects).toEqual(['z:2', 'x:0', 'y:1'])
  })

  it('on a route without a room, or of another order, waits in place', async () => {
    const { bench, group, room, failing, route, send } = await groupWithRoom()
    failing.set('a', later)
    await bench.start([route({ ordering: 'partition', retry: { ...soon, notYetMsMax: 60_000 } })])
    await send('a:1', 'b:1')
    await until(() => bench.transport.records('orders').length === 2)
    await new Promise((resolve) => setTimeout(resolve, 40))
    expect(room.records(group)).toEqual([])
    expect((await bench.committed(group, 'orders')) ?? 0).toBe(0)
  })
})

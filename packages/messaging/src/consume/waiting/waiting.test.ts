import { describe, expect, it } from 'vitest'
import { replayLaneName } from '../../topic.ts'
import { until } from '../delivery.fixture.ts'
import { groupWithRoom, later, soon } from './group-with-room.fixture.ts'

const down = (): Error => new Error('connection reset')

describe('a message that waits', () => {
  it('keeps the one behind it from starting while that is still being written', async () => {
    const { bench, group, room, store, failing, handled, route, send, committedIs } = await groupWithRoom()
    failing.set('a', later)
    // Long enough for the second to arrive while the first waits.
    await bench.start([route({ retry: { ...soon, waitingBackoffMs: 400, waitingBackoffMsMax: 400 } })])
    await send('a:1')
    await committedIs(1)
    expect(handled).toHaveLength(2)
    let writeOn = (): void => undefined
    const held = new Promise<void>((resolve) => {
      writeOn = resolve
    })
    let puts = 0
    const { put } = room
    room.put = async (claim, records) => {
      puts++
      await held
      await put(claim, records)
    }
    failing.clear()
    await send('a:2')
    await until(() => puts === 1 && store.effects.length === 1)
    await new Promise((resolve) => setTimeout(resolve, 30))
    expect(store.effects).toEqual(['a:1'])
    writeOn()
    await until(() => store.effects.length === 2)
    await until(() => room.records(group).length === 0)
  })

  it('with a due time of its own is not tried early when the one before it has left', async () => {
    const { bench, group, room, store, handled, route, send } = await groupWithRoom()
    await send('a:0', 'a:1')
    const [claimed] = await room.claim(group, [{ topic: 'orders', partition: 0 }])
    if (claimed === undefined) throw new Error('no claim')
    const dueMs = Date.now() + 250
    const rows = bench.transport.records('orders').map(({ offset, timestampMs, key, value, headers }) => ({
      ...{ offset, timestampMs, key, value, headers: headers.bytes, messageId: `m${offset}` },
      ...{ dueMs: offset === 0 ? 0 : dueMs, attempts: 3, failure: undefined },
    }))
    await room.put(claimed.claim, rows)
    await bench.start([route()])
    await until(() => store.effects.length === 1)
    expect(handled).toEqual(['a:0'])
    await until(() => store.effects.length === 2)
    expect(Date.now()).toBeGreaterThanOrEqual(dueMs)
    expect(handled).toEqual(['a:0', 'a:1'])
  })

  it('for something that never comes becomes a letter after its own budget', async () => {
    const { bench, group, room, failing, route, send } = await groupWithRoom()
    failing.set('a', later)
    await bench.start([route({ retry: { ...soon, waitingNotYetMsMax: 60, waitingAttemptsMax: 1_000 } })])
    const sentAtMs = Date.now()
    await send('a:1')
    await until(() => bench.letters('orders', group).length === 1)
    expect(Date.now() - sentAtMs).toBeGreaterThanOrEqual(60)
    await until(() => room.records(group).length === 0)
  })

  it('on the replay lane waits in place: its outcome is owed', async () => {
    const { bench, group, room, failing, handled, route } = await groupWithRoom()
    failing.set('a', down)
    await bench.start([route({ retry: { ...soon, attemptsMax: 4 } })])
    const seen: number[] = []
    const { put } = room
    room.put = async (claim, records) => {
      seen.push(records.length)
      await put(claim, records)
    }
    await bench.write(replayLaneName('orders', group), { key: 'a', value: `\0${JSON.stringify({ id: 'a', n: 1 })}` })
    await until(() => bench.letters('orders', group).length === 1)
    expect(handled).toHaveLength(4)
    expect(seen).toEqual([])
  })
})

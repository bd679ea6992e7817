import { describe, expect, it } from 'vitest'
import { type Item, until } from '../delivery.fixture.ts'
import { groupWithRoom, later } from './group-with-room.fixture.ts'

describe('the caps', () => {
  it.each(['waitingKeyBytesMax', 'waitingPartitionBytesMax'] as const)(
    'of %s pause the partition, keep the order, and let it go on',
    async (cap) => {
      const { bench, group, room, store, failing, route, send, committedIs } = await groupWithRoom()
      failing.set('a', later)
      await bench.start([route()], { limits: { [cap]: 1_000, partitionRecordsMax: 4 } })
      const sent = Array.from({ length: 40 }, (_, n) => `a:${n}`)
      await send(...sent)
      await until(() => room.records(group).length > 0)
      await new Promise((resolve) => setTimeout(resolve, 60))
      const inRoom = room.records(group).length
      expect(inRoom).toBeGreaterThan(0)
      expect(inRoom).toBeLessThan(10)
      expect(await bench.committed(group, 'orders')).toBe(inRoom)
      failing.clear()
      await until(() => store.effects.length === 40)
      expect(store.effects).toEqual(sent)
      await committedIs(40)
      expect(room.records(group)).toEqual([])
      await send('a:40')
      await until(() => store.effects.length === 41)
    },
  )

  it('let nothing overtake a message that found no room, neither while it waits nor while it is tried', async () => {
    const { bench, group, room, store, failing, route, committedIs } = await groupWithRoom()
    failing.set('a', later)
    const write = (n: number, pad = ''): Promise<number> =>
      bench.write('orders', { key: 'a', value: `\0${JSON.stringify({ id: 'a', n, pad })}` })
    let letGo: (() => void) | undefined
    const { handle, ...rest } = route()
    await bench.start(
      [
        {
          ...rest,
          handle: async (item: Item, context) => {
            if (item.n === 1)
              await new Promise<void>((resolve) => {
                letGo = resolve
              })
            return handle(item, context)
          },
        },
      ],
      { limits: { waitingKeyBytesMax: 1_000 } },
    )
    await write(0)
    await committedIs(1)
    // One batch, so that all of it is here when the second finds no room.
    await Promise.all([write(1, 'x'.repeat(1_000)), write(2)])
    await new Promise((resolve) => setTimeout(resolve, 60))
    expect(room.records(group).map(({ offset }) => offset)).toEqual([0])
    failing.clear()
    await until(() => letGo !== undefined)
    await until(() => room.records(group).length === 0)
    await write(3)
    await new Promise((resolve) => setTimeout(resolve, 60))
    expect(room.records(group)).toEqual([])
    expect(await bench.committed(group, 'orders')).toBe(1)
    letGo?.()
    await until(() => store.effects.length === 4)
    expect(store.effects).toEqual(['a:0', 'a:1', 'a:2', 'a:3'])
    await committedIs(4)
  })
})

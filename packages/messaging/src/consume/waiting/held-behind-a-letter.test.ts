import { describe, expect, it } from 'vitest'
import { InterchangeError, notYet, rejected } from '../../failure/failure.ts'
import { deadLetterHeaders } from '../../record/header-names.ts'
import { replayLaneName } from '../../topic.ts'
import { until } from '../delivery.fixture.ts'
import { holdingGroup } from './holding-group.fixture.ts'

const quick = { limits: { heldKeysCheckMs: 10 } }
const broken = (): Error => rejected('broken')

describe('after a dead letter on a route that holds', () => {
  it('later messages of the key wait durably, the offsets pass, and other keys go on', async () => {
    const { bench, group, room, store, failing, route, send, held, committedIs } = await holdingGroup()
    failing.set('a:1', broken)
    await bench.start([route()], quick)
    await send('a:0', 'a:1', 'b:1', 'a:2', 'b:2', 'a:3')
    await committedIs(6)
    expect(store.effects).toEqual(['a:0', 'b:1', 'b:2'])
    expect(await held()).toEqual([1])
    expect(room.records(group).map(({ offset, attempts }) => [offset, attempts])).toEqual([
      [3, 0],
      [5, 0],
    ])
    expect(bench.letters('orders', group)).toHaveLength(1)
    await until(() => bench.outcomes.length === 1)
    expect(bench.outcomes).toMatchObject([{ outcome: 'dead-lettered' }])
  })

  it('the key goes on in order once the letter was replayed with success', async () => {
    const { bench, group, room, store, failing, route, send, held, replay, committedIs } = await holdingGroup()
    failing.set('a:1', broken)
    await bench.start([route()], quick)
    await send('a:1', 'a:2', 'a:3')
    await committedIs(3)
    failing.clear()
    await replay()
    await until(() => store.effects.length === 3)
    expect(store.effects).toEqual(['a:1', 'a:2', 'a:3'])
    await until(() => room.records(group).length === 0)
    expect(await held()).toEqual([])
    await send('a:4')
    await committedIs(4)
  })

  it('the key is not held when the letter was resolved before the hold could be written', async () => {
    const { bench, group, room, store, failing, route, send, held, replay, committedIs } = await holdingGroup()
    const { hold } = room.keys
    let holds = (): void => undefined
    const replayed = new Promise<void>((resolve) => {
      holds = resolve
    })
    const keys = { ...room.keys, hold: (...given: Parameters<typeof hold>) => replayed.then(() => hold(...given)) }
    failing.set('a:1', broken)
    await bench.start([route({ store: { ...store, waiting: { ...room, keys } } })], quick)
    await send('a:1', 'a:2')
    await until(() => bench.letters('orders', group).length === 1)
    failing.clear()
    await replay()
    await until(() => store.effects.length === 1)
    await until(async () => (await bench.committed(group, replayLaneName('orders', group))) === 1)
    holds()
    await until(() => store.effects.length === 2)
    expect(store.effects).toEqual(['a:1', 'a:2'])
    expect(await held()).toEqual([])
    await committedIs(2)
  })

  it('the key stays held when the replay fails again', async () => {
    const { bench, group, room, store, failing, route, send, held, replay, committedIs } = await holdingGroup()
    failing.set('a:1', broken)
    await bench.start([route()], quick)
    await send('a:1', 'a:2')
    await committedIs(2)
    await replay()
    await until(() => bench.outcomes.some(({ outcome }) => outcome === 'failed-again'))
    expect(await held()).toEqual([0])
    expect(room.records(group)).toHaveLength(1)
    failing.clear()
    await replay()
    await until(() => store.effects.length === 2)
    expect(store.effects).toEqual(['a:1', 'a:2'])
  })

  it('the key goes on without the letter when a person has archived it', async () => {
    const { bench, group, store, failing, route, send, held, archive, committedIs } = await holdingGroup()
    failing.set('a:1', broken)
    await bench.start([route()], quick)
    await send('a:1', 'a:2')
    await committedIs(2)
    await archive()
    await until(() => store.effects.length === 1)
    expect(store.effects).toEqual(['a:2'])
    expect(await held()).toEqual([])
    expect(bench.letters('orders', group)).toHaveLength(1)
  })

  it('what says archived elsewhere than on the replay lane is a broken message', async () => {
    const { bench, group, route } = await holdingGroup()
    await bench.start([route()], quick)
    await bench.write('orders', { key: 'a', headers: [{ name: deadLetterHeaders.archivedAt, value: 'now' }] })
    await until(() => bench.letters('orders', group).length === 1)
  })

  it('a message that waited before it failed for good holds its key in its place', async () => {
    const { bench, group, room, store, failing, route, send, held, replay, committedIs } = await holdingGroup()
    failing.set('a:1', () => notYet('no customer'))
    await bench.start([route()], quick)
    await send('a:1', 'a:2', 'b:1')
    await committedIs(3)
    expect(room.records(group)).toHaveLength(2)
    failing.set('a:1', broken)
    await until(async () => (await held()).length === 1)
    expect(room.records(group).map(({ offset }) => offset)).toEqual([1])
    failing.clear()
    await replay()
    await until(() => store.effects.length === 3)
    expect(store.effects).toEqual(['b:1', 'a:1', 'a:2'])
  })

  it('what the store refuses holds its key too: none of it is handed to the store before', async () => {
    const { bench, store, route, send, held, committedIs } = await holdingGroup()
    store.refuse = ({ effects }) =>
      effects.includes('a:1') ? new InterchangeError('ICX_STORE_REFUSED', 'no', { class: 'poison' }) : undefined
    await send('a:1', 'a:2', 'b:1', 'a:3')
    await bench.start([route()], quick)
    await committedIs(4)
    expect(store.effects).toEqual(['b:1'])
    expect(await held()).toEqual([0])
  })

  it('without a key holds what has no key', async () => {
    const { bench, store, route, committedIs } = await holdingGroup()
    await bench.start([route()], quick)
    await bench.write('orders', { value: 'not framed' })
    await bench.write('orders', { value: `\0${JSON.stringify({ id: 'x', n: 1 })}` })
    await bench.write('orders', { key: 'y', value: `\0${JSON.stringify({ id: 'y', n: 1 })}` })
    await committedIs(3)
    expect(store.effects).toEqual(['y:1'])
  })

  it('two letters of two keys are let go each by its own', async () => {
    const { bench, store, failing, route, send, held, replay, committedIs } = await holdingGroup()
    failing.set('a:1', broken).set('b:1', () => rejected('b'))
    await bench.start([route()], quick)
    await send('a:1')
    await committedIs(1)
    await send('b:1', 'a:2', 'b:2')
    await committedIs(4)
    failing.clear()
    await replay()
    await until(() => store.effects.length === 2)
    expect(store.effects).toEqual(['b:1', 'b:2'])
    expect(await held()).toEqual([0])
  })

  it('the partition pauses when what waits behind the letter is too much, and goes on afterwards', async () => {
    const { bench, group, room, store, failing, route, send, held, replay, committedIs } = await holdingGroup()
    failing.set('a:0', broken)
    await bench.start([route()], { limits: { ...quick.limits, waitingKeyBytesMax: 600, partitionRecordsMax: 4 } })
    await send(...Array.from({ length: 20 }, (_, n) => `a:${n}`))
    await until(() => room.records(group).length > 0)
    await new Promise((resolve) => setTimeout(resolve, 60))
    expect(await bench.committed(group, 'orders')).toBeLessThan(20)
    expect(await held()).toEqual([0])
    failing.clear()
    await replay()
    await until(() => store.effects.length === 20)
    expect(store.effects).toEqual(Array.from({ length: 20 }, (_, n) => `a:${n}`))
    await committedIs(20)
  })
})

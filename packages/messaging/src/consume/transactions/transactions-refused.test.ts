import { afterEach, describe, expect, it } from 'vitest'
import { effectRoute } from '../../route.ts'
import type { Transport } from '../../transport.ts'
import { type Bench, createBench, scriptedStore, uniqueName } from '../delivery.fixture.ts'
import { from, to, transactional } from './transactional-route.fixture.ts'

let bench: Bench
afterEach(() => bench.end())

describe('transactions are refused at the start', () => {
  const start = async (around: (transport: Transport) => Transport, given = {}) => {
    bench = await createBench({ around })
    const group = uniqueName('transform')
    await bench.topics(group, from, to)
    return bench.start([transactional(group)], given)
  }

  it.each([
    ['has none', ({ createTransactions: _left, ...rest }: Transport): Transport => rest, 'it writes none'],
    [
      'does not fence',
      (transport: Transport): Transport => ({ ...transport, gaps: { transactions: 'a zombie writes on (C2)' } }),
      'a zombie writes on (C2)',
    ],
    [
      'leaks aborted records',
      (transport: Transport): Transport => ({ ...transport, gaps: { 'read-committed': 'aborted records leak (B16)' } }),
      'aborted records leak (B16)',
    ],
  ])('on a driver that %s', async (_what, around, reason) => {
    const refused = { code: 'ICX_CONFIG_INVALID', failureClass: 'fatal', message: expect.stringContaining(reason) }
    await expect(start(around)).rejects.toMatchObject(refused)
  })

  it('for a group that reads what is not committed, and for a route with a store', async () => {
    const uncommitted = { limits: { isolation: 'read_uncommitted' as const } }
    await expect(start((transport) => transport, uncommitted)).rejects.toMatchObject({ code: 'ICX_CONFIG_INVALID' })
    const group = uniqueName('transform')
    const route = {
      ...effectRoute({ from, group, store: scriptedStore(), handle: () => 'x' }),
      delivery: 'transactional',
    }
    await expect(bench.start([route])).rejects.toMatchObject({ code: 'ICX_CONFIG_INVALID' })
  })
})

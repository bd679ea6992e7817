import { afterEach, describe, expect, it } from 'vitest'
import { InterchangeError } from '../failure/failure.ts'
import { type Metrics, noMetrics } from '../metrics.ts'
import { HeaderBlock } from '../record/header-block.ts'
import { publishRoute } from '../route.ts'
import type { Transport, TransportConsumer } from '../transport.ts'
import {
  type Bench,
  type BenchOptions,
  createBench,
  frameOf,
  type Item,
  itemTopic,
  quickRetry,
  uniqueName,
  until,
} from './delivery.fixture.ts'
import { drivenConsumer } from './driven-consumer.fixture.ts'

let bench: Bench
let consumers: TransportConsumer[]
afterEach(() => bench.end())

const from = itemTopic('orders')
const down = (): Error => new InterchangeError('ICX_HANDLER_FAILED', 'breaker open', { class: 'outage' })

const open = async (options: BenchOptions = {}): Promise<string> => {
  consumers = []
  const around = (transport: Transport): Transport => ({
    ...transport,
    createConsumer: async (options) => {
      const consumer = await transport.createConsumer(options)
      consumers.push(consumer)
      return consumer
    },
  })
  bench = await createBench({ around, ...options })
  const group = uniqueName('group')
  await bench.topics(group, from)
  return group
}

const send = (n: number, id = 'a'): Promise<unknown> => bench.publisher.publish(from, { id, n })

describe('a group whose outage is over', () => {
  it('is running again when the probe went well and nothing more is there to try', async () => {
    const group = await open()
    let away = true
    const running = await bench.start([
      publishRoute({
        from,
        group,
        handle: () => {
          if (away) throw down()
          return undefined
        },
      }),
    ])
    await send(1)
    await until(() => running.health().state === 'degraded')
    away = false
    // One success of the many that would open the gate by themselves.
    await until(() => running.health().state === 'running')
    expect(await bench.committed(group, 'orders')).toBe(1)
    away = true
    await send(2)
    await until(() => running.health().state === 'degraded')
    expect(running.health().detail).toContain('breaker open')
  })

  it('is running again when another member has taken what waited for the probe', async () => {
    const group = await open()
    const limits = { outageBackoffMs: 60_000, outageBackoffMsMax: 60_000 }
    const failing = (): never => {
      throw down()
    }
    const first = await bench.start([publishRoute({ from, group, handle: failing })], { limits })
    await send(1)
    await until(() => first.health().state === 'degraded')
    const [unlucky] = consumers
    if (unlucky === undefined) throw new Error('no consumer')
    await bench.start([publishRoute({ from, group, handle: () => undefined })])
    await bench.transport.expire(unlucky, 20)
    await until(async () => (await bench.committed(group, 'orders')) === 1)
    await until(() => first.health().state === 'running')
  })
})

describe('a message that holds its partition up', () => {
  it('is told once by log, metric and health, and told over when it ends', async () => {
    const ages: number[] = []
    const group = await open({
      metrics: { ...noMetrics, headOfLine: (_topic, _group, _partition, ageMs) => void ages.push(ageMs) },
    })
    let letGo = (): void => undefined
    const held = new Promise<undefined>((resolve) => {
      letGo = () => resolve(undefined)
    })
    const running = await bench.start(
      [publishRoute({ from, group, timeoutMs: 20_000, handle: ({ n }: Item) => (n === 0 ? held : undefined) })],
      { limits: { headOfLineMsMax: 30 } },
    )
    await send(0, 'a')
    await send(1, 'b')
    await until(() => running.health().state === 'degraded')
    expect(running.health().detail).toMatch(/^head of line of orders\/0: message \S+ at offset 0 has held back 1 done/)
    await until(() => ages.length > 2)
    const told = (): number => bench.logged.filter(({ message }) => message === 'degraded').length
    expect(told()).toBe(1)
    expect(ages[0]).toBeGreaterThanOrEqual(30)
    letGo()
    await until(() => running.health().state === 'running')
    expect(ages.at(-1)).toBe(0)
    expect(told()).toBe(1)
  })

  it('is not told while nothing behind it is done', async () => {
    const group = await open()
    const running = await bench.start(
      [
        publishRoute({
          from,
          group,
          // The group is looked at four times within it.
          timeoutMs: 20,
          retry: { ...quickRetry, notYetMsMax: 60_000 },
          handle: () => {
            throw new InterchangeError('ICX_HANDLER_FAILED', 'later', { class: 'not-yet' })
          },
        }),
      ],
      { limits: { headOfLineMsMax: 10 } },
    )
    await bench.write('orders', { key: 'a', value: frameOf({ id: 'a', n: 0 }) })
    await until(() => running.health().inFlight === 1)
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(running.health().state).toBe('running')
  })
})

describe('an open transaction in front of a group', () => {
  it('is told by log, metric and health once it has kept records from it for too long, and told over when it ends', async () => {
    const ages: number[] = []
    const openTransaction: Metrics['openTransaction'] = (_topic, _group, _partition, ageMs) => void ages.push(ageMs)
    const group = await open({ metrics: { ...noMetrics, openTransaction } })
    const handled: number[] = []
    const handle = ({ n }: Item): undefined => void handled.push(n)
    const running = await bench.start([publishRoute({ from, group, handle })], {
      limits: { isolation: 'read_committed', openTransactionMsMax: 30 },
    })
    const transactions = await bench.transport.createTransactions?.()
    const owner = await transactions?.takeOver('stopped')
    owner?.begin()
    await owner?.send([
      {
        topic: 'orders',
        partition: 0,
        key: null,
        value: Buffer.from(frameOf({ id: 'a', n: 1 })),
        headers: HeaderBlock.empty,
      },
    ])
    await send(1)
    await until(() => running.health().state === 'degraded')
    expect(running.health().detail).toMatch(
      /^open transaction in orders\/0: a transaction that is open at offset 0 has kept 2 records from readers/,
    )
    await until(() => ages.length > 2)
    expect(ages[0]).toBeGreaterThanOrEqual(30)
    await owner?.commit()
    await until(() => running.health().state === 'running')
    expect(ages.at(-1)).toBe(0)
    await until(() => handled.includes(1))
  })
})

describe('a group without progress', () => {
  it('ends and says so when a message is neither settled nor probed for too long', async () => {
    const { around, deliver, assign } = drivenConsumer()
    const group = await open({ around })
    const running = await bench.start(
      [publishRoute({ from, group, handle: () => new Promise<undefined>(() => undefined) })],
      { limits: { noProgressMsMax: 50 } },
    )
    assign(1)
    deliver(1, [0])
    await until(() => bench.errors.length === 1)
    expect(bench.errors[0]).toMatchObject({ code: 'ICX_GROUP_STALLED', failureClass: 'fatal' })
    expect(running.health().state).toBe('failed')
  })

  it('is healthy when it is idle', async () => {
    const { around, assign } = drivenConsumer()
    const group = await open({ around })
    const running = await bench.start([publishRoute({ from, group, handle: () => undefined })], {
      limits: { noProgressMsMax: 20 },
    })
    assign(1)
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(running.health()).toMatchObject({ state: 'running', progressAgeMs: 0, inFlight: 0 })
    expect(bench.errors).toEqual([])
  })
})

import { afterEach, describe, expect, it } from 'vitest'
import { type Bench, type BenchOptions, createBench, itemTopic, until } from '../consume/delivery.fixture.ts'
import { InterchangeError } from '../failure/failure.ts'
import { HeaderBlock } from '../record/header-block.ts'
import { ceHeaders, traceHeaders } from '../record/header-names.ts'
import { partitionOf } from '../record/partition-of.ts'
import type { OutboundRecord, SendOutcome, Transport } from '../transport.ts'

let bench: Bench
afterEach(() => bench.end())

const topic = itemTopic('items', 6)
const open = async (options: BenchOptions = {}): Promise<Bench> => {
  bench = await createBench(options)
  await bench.topics('none', topic)
  return bench
}
const intercept =
  (
    before: (
      records: readonly OutboundRecord[],
      send: () => Promise<readonly SendOutcome[]>,
    ) => Promise<readonly SendOutcome[]>,
  ) =>
  (transport: Transport): Transport => ({
    ...transport,
    createProducer: async () => {
      const producer = await transport.createProducer()
      return { ...producer, send: (records) => before(records, () => producer.send(records)) }
    },
  })

describe('publish', () => {
  it('writes key, own partition and CloudEvents headers, and says where the record is', async () => {
    await open()
    const timeMs = Date.parse('2026-03-04T05:06:07.089Z')
    const published = await bench.publisher.publish(topic, { id: 'käy', n: 1 }, { timeMs, causationId: 'cause-1' })
    const [record] = bench.transport.records('items', published.partition)
    expect(published.partition).toBe(partitionOf(Buffer.from('käy'), 6))
    expect(record?.offset).toBe(published.offset)
    expect(record?.key?.toString()).toBe('käy')
    expect(
      Object.fromEntries(record?.headers.entries().map(({ name, value }) => [name, value?.toString()]) ?? []),
    ).toEqual({
      [ceHeaders.id]: published.messageId,
      [ceHeaders.source]: '/bench',
      [ceHeaders.type]: 'test.items.v1',
      [ceHeaders.time]: '2026-03-04T05:06:07.089Z',
      [ceHeaders.specVersion]: '1.0',
      [ceHeaders.subject]: 'käy',
      [ceHeaders.correlationId]: published.messageId,
      [ceHeaders.causationId]: 'cause-1',
      [ceHeaders.contentType]: 'application/avro',
    })
  })

  it('passes the trace context of an unsampled message on as it is', async () => {
    await open()
    const inbound = HeaderBlock.of([
      { name: traceHeaders.traceparent, value: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00' },
      { name: traceHeaders.baggage, value: 'a=b' },
    ])
    await bench.publisher.publish(topic, { id: 'a', n: 1 }, { within: { parent: undefined, inbound } })
    const [record] = bench.transport.records('items')
    expect(record?.headers.text(traceHeaders.traceparent)).toMatch(/-00$/)
    expect(record?.headers.text(traceHeaders.baggage)).toBe('a=b')
  })

  it('sends what waits before those who have their answers go on, so that broker and callers work at the same time', async () => {
    const order: string[] = []
    await open({
      publisher: { batchRecordsMax: 1 },
      around: intercept(async (records, send) => {
        // A driver has a few promises to keep before it writes.
        for (let step = 0; step < 20; step++) await undefined
        order.push(`${records.length} sent`)
        return await send()
      }),
    })
    const publish = async (n: number): Promise<void> => {
      await bench.publisher.publish(topic, { id: 'a', n })
      order.push(`${n} goes on`)
    }
    await Promise.all([publish(1), publish(2), publish(3)])
    expect(order).toEqual(['1 sent', '1 sent', '1 goes on', '1 sent', '2 goes on', '3 goes on'])
  })

  it('sends one partition per request and one request per partition at a time, in order', async () => {
    const busy = new Set<number>()
    const sizes: number[] = []
    let broken = 0
    await open({
      publisher: { batchRecordsMax: 50 },
      around: intercept(async (records, send) => {
        const [partition = -1, ...others] = new Set(records.map((record) => record.partition))
        if (others.length > 0 || busy.has(partition)) broken++
        busy.add(partition)
        sizes.push(records.length)
        const outcomes = await send()
        busy.delete(partition)
        return outcomes
      }),
    })
    await Promise.all(Array.from({ length: 2_000 }, (_, n) => bench.publisher.publish(topic, { id: `k${n % 20}`, n })))
    expect(broken).toBe(0)
    expect(Math.max(...sizes)).toBeLessThanOrEqual(50)
    expect(sizes.length).toBeLessThan(200)
    const last = new Map<string, number>()
    for (const { key, value } of bench.transport.records('items')) {
      const n = Number(/"n":(\d+)/.exec(value?.toString() ?? '')?.[1])
      expect(n).toBeGreaterThan(last.get(key?.toString() ?? '') ?? -1)
      last.set(key?.toString() ?? '', n)
    }
  })

  it('sends a record of unknown fate again with the same id, before anything behind it', async () => {
    let lost = 2
    const retried: string[] = []
    await open({
      around: intercept(async (records, send) => {
        const outcomes = await send()
        if (lost-- <= 0) return outcomes
        const error = new InterchangeError('ICX_KAFKA_UNKNOWN_OUTCOME', 'lost', { class: 'outage' })
        return records.map(() => ({ status: 'unknown', error }))
      }),
    })
    const options = { messageId: 'm-1', onRetried: (error: InterchangeError) => void retried.push(error.code) }
    const first = bench.publisher.publish(topic, { id: 'a', n: 1 }, options)
    const second = bench.publisher.publish(topic, { id: 'a', n: 2 }, { messageId: 'm-2' })
    await Promise.all([first, second])
    const ids = bench.transport.records('items').map(({ headers }) => headers.text(ceHeaders.id))
    expect(ids).toEqual(['m-1', 'm-2', 'm-1', 'm-2', 'm-1', 'm-2'])
    expect(retried).toEqual(['ICX_KAFKA_UNKNOWN_OUTCOME', 'ICX_KAFKA_UNKNOWN_OUTCOME'])
  })

  it('rejects with class outage at its deadline while Kafka takes nothing, and goes on afterwards', async () => {
    await open()
    bench.transport.setReachable(false)
    const startedAtMs = Date.now()
    await expect(bench.publisher.publish(topic, { id: 'a', n: 1 }, { deadlineMs: 60 })).rejects.toMatchObject({
      code: 'ICX_PUBLISH_DEADLINE',
      failureClass: 'outage',
    })
    expect(Date.now() - startedAtMs).toBeLessThan(1_000)
    bench.transport.setReachable(true)
    await expect(bench.publisher.publish(topic, { id: 'a', n: 2 })).resolves.toMatchObject({ topic: 'items' })
  })

  it('keeps trying for ever without a deadline, and keeps the order', async () => {
    await open()
    bench.transport.setReachable(false)
    let retries = 0
    const onRetried = (): void => void retries++
    const sent = [1, 2, 3].map((n) =>
      bench.publisher.publish(topic, { id: 'a', n }, { deadlineMs: Number.POSITIVE_INFINITY, onRetried }),
    )
    await until(() => retries > 6)
    bench.transport.setReachable(true)
    const offsets = (await Promise.all(sent)).map(({ offset }) => offset)
    expect(offsets).toEqual([0, 1, 2])
  })

  it('rejects what the broker refuses for good', async () => {
    await open()
    const tooLarge = { id: 'a'.repeat(2_000_000), n: 1 }
    await expect(bench.publisher.publish(topic, tooLarge)).rejects.toMatchObject({ code: 'ICX_KAFKA_REFUSED' })
  })

  it('sends the records of a refused batch one by one, so that one bad record takes no other with it', async () => {
    await open({
      around: intercept(async (records, send) => {
        if (!records.some(({ key }) => key?.toString() === 'bad')) return send()
        const error = new InterchangeError('ICX_KAFKA_REFUSED', 'invalid record', { class: 'contract' })
        return records.map(() => ({ status: 'failed', error }))
      }),
    })
    const single = itemTopic('items', 1)
    const results = await Promise.allSettled(
      ['a', 'b', 'bad', 'a', 'c'].map((id, n) => bench.publisher.publish(single, { id, n })),
    )
    expect(results.map((result) => (result.status === 'fulfilled' ? result.value.offset : result.reason.code))).toEqual(
      [0, 1, 'ICX_KAFKA_REFUSED', 2, 3],
    )
  })

  it('rejects a value whose key or encoding throws, as poison, without sending anything', async () => {
    await open()
    const broken = { ...topic, keyOf: (): string => (undefined as unknown as { id: string }).id }
    await expect(bench.publisher.publish(broken, { id: 'a', n: 1 })).rejects.toMatchObject({ failureClass: 'poison' })
    expect(bench.transport.records('items')).toHaveLength(0)
  })

  it('bounds what is in flight: callers wait for room until their deadline, and one too many is refused at once', async () => {
    await open({ publisher: { inFlightRecordsMax: 2, waitersMax: 2 } })
    bench.transport.setReachable(false)
    const results = Promise.allSettled(
      Array.from({ length: 5 }, (_, n) => bench.publisher.publish(topic, { id: 'a', n }, { deadlineMs: 50 })),
    )
    const codes = (await results).map((result) => (result.status === 'rejected' ? result.reason.code : 'ok'))
    expect(codes).toEqual([...Array(4).fill('ICX_PUBLISH_DEADLINE'), 'ICX_PUBLISH_FULL'])
    bench.transport.setReachable(true)
    await until(() =>
      bench.publisher.publish(topic, { id: 'a', n: 9 }, { deadlineMs: 50 }).then(
        () => true,
        () => false,
      ),
    )
  })

  it('lets waiting callers in, in their order, as room appears', async () => {
    await open({ publisher: { inFlightRecordsMax: 3 } })
    const all = await Promise.all(Array.from({ length: 50 }, (_, n) => bench.publisher.publish(topic, { id: 'a', n })))
    expect(all.map(({ offset }) => offset)).toEqual(Array.from({ length: 50 }, (_, n) => n))
  })

  it('closes after what it has accepted, refuses what comes later, and ends during an outage too', async () => {
    await open({ publisher: { deadlineMs: 80 } })
    const accepted = bench.publisher.publish(topic, { id: 'a', n: 1 })
    const closing = bench.publisher.close()
    await expect(bench.publisher.publish(topic, { id: 'a', n: 2 })).rejects.toMatchObject({
      code: 'ICX_PUBLISH_CLOSED',
    })
    await accepted
    await closing
    await bench.end()
    await open({ publisher: { deadlineMs: 80 } })
    bench.transport.setReachable(false)
    const stuck = bench.publisher.publish(topic, { id: 'a', n: 1 }, { deadlineMs: Number.POSITIVE_INFINITY })
    await Promise.all([expect(stuck).rejects.toMatchObject({ code: 'ICX_PUBLISH_CLOSED' }), bench.publisher.close()])
  })

  describe('with a linger that never ends', () => {
    /** Requests stay under way until `answer` is called. */
    const openHeld = async () => {
      const held: (() => void)[] = []
      const sent: string[][] = []
      await open({
        publisher: { lingerMs: 1_000_000, deadlineMs: 1_000_000 },
        around: intercept(async (records, send) => {
          sent.push(records.map(({ key }) => String(key)))
          await new Promise<void>((resolve) => held.push(resolve))
          return send()
        }),
      })
      const publish = (id: string) => bench.publisher.publish(topic, { id, n: 0 })
      const answer = (): void => {
        for (const release of held.splice(0)) release()
      }
      return { sent, publish, answer }
    }
    const turns = async (): Promise<void> => {
      for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve))
    }

    it('an event leaves at once when nothing is under way', async () => {
      const { sent, publish, answer } = await openHeld()
      const published = publish('a')
      await until(() => sent.length === 1)
      answer()
      await published
    })

    it('an event waits for company while a request is under way, and leaves with its answer', async () => {
      const { sent, publish, answer } = await openHeld()
      const first = publish('a')
      await until(() => sent.length === 1)
      const others = [publish('b'), publish('c'), publish('a')]
      await turns()
      expect(sent).toEqual([['a']])
      answer()
      await first
      await until(() => sent.flat().length === 4)
      answer()
      await Promise.all(others)
    })

    it('flush lets nothing wait for company', async () => {
      const { sent, publish, answer } = await openHeld()
      const first = publish('a')
      await until(() => sent.length === 1)
      const second = publish('b')
      await turns()
      const flushed = bench.publisher.flush()
      await until(() => sent.length === 2)
      answer()
      await Promise.all([first, second, flushed])
    })
  })
})

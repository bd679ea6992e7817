import { describe, expect, test } from 'vitest'
import type { Clock } from '../clock.ts'
import type { InterchangeError } from '../failure/failure.ts'
import { HeaderBlock } from '../record/header-block.ts'
import type { AssignedPartition, TransportConsumer } from '../transport.ts'
import { createMemoryTransport, type MemoryTransport } from './memory-transport.ts'

/** The contract itself is held in `conformance/`; here is what only this transport can do. */
describe('the in-memory broker can be broken on purpose, repeatably', () => {
  const topic = 'orders'
  const records = (count: number) =>
    Array.from({ length: count }, (_, index) => ({
      topic,
      partition: 0,
      key: null,
      value: Buffer.from(String(index)),
      headers: HeaderBlock.empty,
    }))
  const started = async (transport: MemoryTransport): Promise<MemoryTransport> => {
    const admin = await transport.createAdmin()
    await admin.createTopics([{ name: topic, partitions: 1, replicationFactor: 1, configs: {} }])
    return transport
  }
  const send = async (transport: MemoryTransport, count: number) =>
    (await transport.createProducer()).send(records(count))
  const join = async (transport: MemoryTransport) => {
    const seen: string[] = []
    const revoked: (readonly AssignedPartition[])[] = []
    const ended: InterchangeError[] = []
    const consumer: TransportConsumer = await transport.createConsumer({
      group: 'g',
      topics: [topic],
      isolation: 'read_committed',
      sessionTimeoutMs: 6_000,
      rebalanceTimeoutMs: 1_000,
      fetchPartitionBytesMax: 1_000_000,
      onBatch: (batch) => void seen.push(...batch.records.map(({ value }) => String(value))),
      onAssigned: () => undefined,
      onRevoked: (partitions) => void revoked.push(partitions),
      onEnded: (error) => void ended.push(error),
    })
    return { consumer, seen, revoked, ended }
  }

  test('one seed, one course of events', async () => {
    const run = async (seed: number) => {
      const transport = await started(
        createMemoryTransport({ faults: { seed, answerLost: 0.2, recordLost: 0.2, duplicated: 0.2 } }),
      )
      const outcomes = await send(transport, 200)
      return {
        statuses: outcomes.map(({ status }) => status),
        log: transport.records(topic).map(({ value }) => String(value)),
      }
    }
    const [first, again, other] = await Promise.all([run(7), run(7), run(8)])
    expect(again).toEqual(first)
    expect(other).not.toEqual(first)
    expect(new Set(first.statuses)).toEqual(new Set(['ok', 'unknown']))
    const unknown = first.statuses.flatMap((status, index) => (status === 'unknown' ? [String(index)] : []))
    expect(unknown.some((value) => first.log.includes(value))).toBe(true)
    expect(unknown.some((value) => !first.log.includes(value))).toBe(true)
    expect(first.log.length).toBeGreaterThan(new Set(first.log).size)
  })

  test('a crashed member hears and commits nothing more; the other one takes over', async () => {
    const transport = await started(createMemoryTransport())
    const one = await join(transport)
    const [held] = one.consumer.assignment()
    const two = await join(transport)
    await transport.crash(one.consumer)
    await send(transport, 3)
    await expect.poll(() => two.seen).toEqual(['0', '1', '2'])
    const late = [{ topic, partition: 0, offset: 3, epoch: held?.epoch ?? 0 }]
    expect(await one.consumer.commit(late)).toEqual(late)
    expect({ seen: one.seen, revoked: one.revoked.length, ended: one.ended }).toEqual({
      seen: [],
      revoked: 1,
      ended: [],
    })
  })

  test('a member that lost its session goes on unaware, is refused, and joins again', async () => {
    const transport = await started(createMemoryTransport())
    const one = await join(transport)
    await send(transport, 2)
    await expect.poll(() => one.seen.length).toBe(2)
    const [held] = one.consumer.assignment()
    await transport.expire(one.consumer, 50)
    const stale = [{ topic, partition: 0, offset: 2, epoch: held?.epoch ?? 0 }]
    expect(await one.consumer.commit(stale)).toEqual(stale)
    await expect.poll(() => one.seen).toEqual(['0', '1', '0', '1'])
    expect(one.revoked).toHaveLength(1)
  })

  test('while it is away nothing is delivered and nobody is told a lie; then everything goes on', async () => {
    const transport = await started(createMemoryTransport())
    const member = await join(transport)
    transport.setReachable(false)
    expect((await send(transport, 1)).map(({ status }) => status)).toEqual(['unknown'])
    await expect(member.consumer.commit([])).rejects.toMatchObject({ code: 'ICX_KAFKA_UNAVAILABLE' })
    transport.setReachable(true)
    await send(transport, 1)
    await expect.poll(() => member.seen).toEqual(['0'])
  })

  test('retention that overtakes a member ends it, and all records stay to be looked at', async () => {
    const transport = await started(createMemoryTransport())
    const member = await join(transport)
    await send(transport, 5)
    await expect.poll(() => member.seen.length).toBe(5)
    transport.trim(topic, 0, 3)
    member.consumer.seek({ topic, partition: 0 }, 1)
    await expect.poll(() => member.ended.map(({ code }) => code)).toEqual(['ICX_KAFKA_OFFSET_OUT_OF_RANGE'])
    expect(transport.records(topic)).toHaveLength(5)
  })

  test('no time passes but by its clock', async () => {
    const due: { atMs: number; run: () => void }[] = []
    let nowMs = 0
    const clock: Clock = {
      now: () => nowMs,
      after(delayMs, run) {
        const entry = { atMs: nowMs + delayMs, run }
        due.push(entry)
        return () => void due.splice(due.indexOf(entry), due.includes(entry) ? 1 : 0)
      },
    }
    const transport = await started(createMemoryTransport({ clock, faults: { seed: 1, delayMaxMs: 1_000 } }))
    let settled = false
    void send(transport, 1).then(() => {
      settled = true
    })
    for (let step = 0; step < 20 && !settled; step++) {
      await new Promise((resolve) => setImmediate(resolve))
      const next = due.sort((left, right) => left.atMs - right.atMs).shift()
      nowMs = next?.atMs ?? nowMs
      next?.run()
    }
    await new Promise((resolve) => setImmediate(resolve))
    expect({ settled, due: due.length }).toEqual({ settled: true, due: 0 })
    expect(nowMs).toBeGreaterThan(0)
  })
})

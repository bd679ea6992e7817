import { startProxy, type TcpProxy } from '@interchange/drill-kit'
import { createKafkaTransport, type KafkaDriver } from '@interchange/kafka'
import { silentLogger } from '@interchange/messaging'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openStage, readAll, record, type Stage, series, sessionTimeoutMs, until } from './stage.ts'

const [broker = ''] = (process.env['KAFKA_BROKERS'] ?? '').split(',')

/** What only a real network can do to a driver: answers lost, connections cut, a broker away or silent. */
describe.each<KafkaDriver>(['kafkajs', 'platformatic'])('%s lives through outages', (driver) => {
  let proxy: TcpProxy
  let stage: Stage
  beforeAll(async () => {
    proxy = await startProxy({ target: broker, protocol: 'kafka' })
    const config = {
      driver,
      brokers: [proxy.address],
      clientId: 'outage',
      requestTimeoutMs: 1_500,
      deliveryTimeoutMs: 4_000,
    }
    stage = await openStage(createKafkaTransport(config, { logger: silentLogger }))
  })
  afterAll(async () => {
    await stage.close()
    await proxy.stop()
  })

  test('O01 a send whose answer is lost is sent again: there once or twice, never called failed (A3)', async () => {
    const topic = await stage.topic()
    const losing = await proxy.add({ kind: 'lose-answer', request: 'produce' })
    const [outcome] = await stage.producer.send([record(topic, 'x')])
    expect(losing.effects()).toBe(1)
    await losing.remove()
    expect(outcome).toMatchObject({ status: 'ok', offset: 1 })
    expect((await readAll(stage, topic)).map(({ value }) => String(value))).toEqual(['x', 'x'])
  })

  test('O02 a send into silence ends unknown, in time, and what follows in its partition does not overtake it (A4)', async () => {
    const topic = await stage.topic()
    await stage.sent([record(topic, 'first')])
    const silence = await proxy.add({ kind: 'black-hole', direction: 'to-client' })
    const startedMs = performance.now()
    const outcomes = await stage.producer.send(series(topic, 1_001))
    expect(performance.now() - startedMs).toBeLessThan(4_000 + 1_500 + 1_000)
    proxy.cut()
    await silence.remove()
    expect(new Set(outcomes.map(({ status }) => status))).toEqual(new Set(['unknown']))
    expect(outcomes[0]).toMatchObject({ error: { code: 'ICX_KAFKA_UNKNOWN_OUTCOME', failureClass: 'outage' } })
    await until(
      'the producer is back',
      async () => (await stage.producer.send([record(topic, 'last')]))[0]?.status === 'ok',
    )
    const values = (await readAll(stage, topic)).map(({ value }) => String(value))
    expect(values).not.toContain('1000')
  })

  test('O03 a member whose broker goes away joins again by itself and reads on from its commits (K12, K13)', async () => {
    const topic = await stage.topic()
    await stage.sent(series(topic, 10))
    const member = await stage.join([topic])
    await until('ten records', () => member.records().length === 10)
    await member.consumer.commit([{ topic, partition: 0, offset: 7, epoch: member.epochOf(topic, 0) }])
    const [before] = member.consumer.assignment()
    const down = await proxy.add({ kind: 'down' })
    await until('the loss is noticed', () => member.revocations.length > 0, 30_000)
    await down.remove()
    await until('three records again', () => member.records().length >= 13, 30_000)
    expect(member.values().slice(10, 13)).toEqual(['7', '8', '9'])
    expect(member.epochOf(topic, 0)).toBeGreaterThan(before?.epoch ?? 0)
    expect(member.ended).toEqual([])
    await until(
      'the producer is back',
      async () => (await stage.producer.send([record(topic, 'more')]))[0]?.status === 'ok',
    )
    await until('the record sent after', () => member.values().includes('more'))
  })

  test('O04 a commit whose answer is lost is confirmed, or returned when the loss cost the assignment; it never rejects', async () => {
    const topic = await stage.topic()
    await stage.sent(series(topic, 4))
    const member = await stage.join([topic])
    await until('four records', () => member.records().length === 4)
    const losing = await proxy.add({ kind: 'lose-answer', request: 'offsetCommit' })
    const epoch = member.epochOf(topic, 0)
    const commit = { topic, partition: 0, offset: 4, epoch }
    const [stale] = await Promise.all([member.consumer.commit([commit]), losing.tookEffect])
    await losing.remove()
    expect([[], [commit]]).toContainEqual(stale)
    if (stale.length > 0)
      await until('a new assignment', () => member.consumer.assignment().some((held) => held.epoch > epoch))
    const committed = await stage.admin.committedOffsets(member.group, [topic])
    expect(committed).toEqual([{ topic, partition: 0, offset: 4 }])
    expect(member.ended).toEqual([])
  })

  test('O05 a member that settles nothing for longer than its session keeps its partitions (K15, K17)', async () => {
    const topic = await stage.topic()
    await stage.sent(series(topic, 2))
    const member = await stage.join([topic])
    await until('two records', () => member.records().length === 2)
    const epoch = member.epochOf(topic, 0)
    await new Promise((resolve) => setTimeout(resolve, sessionTimeoutMs + 1_000))
    expect(await member.consumer.commit([{ topic, partition: 0, offset: 2, epoch }])).toEqual([])
    expect(member.revocations).toEqual([])
  })

  test('O06 close ends within its deadline when the broker answers nothing (K31)', async () => {
    const topic = await stage.topic()
    const member = await stage.join([topic])
    const silence = await proxy.add({ kind: 'black-hole', direction: 'to-client' })
    const startedMs = performance.now()
    await member.consumer.close(700)
    expect(performance.now() - startedMs).toBeLessThan(1_000)
    proxy.cut()
    await silence.remove()
  })

  test('O07 without a broker, producer and admin say so in bounded time', async () => {
    const nobody = createKafkaTransport(
      { driver, brokers: ['127.0.0.1:1'], clientId: 'outage' },
      { logger: silentLogger },
    )
    const unavailable = { code: 'ICX_KAFKA_UNAVAILABLE', failureClass: 'outage' }
    const startedMs = performance.now()
    await expect(nobody.createProducer()).rejects.toMatchObject(unavailable)
    await expect(nobody.createAdmin()).rejects.toMatchObject(unavailable)
    expect(performance.now() - startedMs).toBeLessThan(5_000)
  })

  test('O08 a member that comes back from an outage does not wait for the session of the one it was (B13)', async () => {
    const topic = await stage.topic()
    await stage.sent(series(topic, 1))
    const patience = { sessionTimeoutMs: 120_000, rebalanceTimeoutMs: 120_000 }
    const member = await stage.join([topic], { ...patience, onRevoked: async () => undefined })
    await until('a record', () => member.records().length === 1)
    const down = await proxy.add({ kind: 'down' })
    await until('the loss is noticed', () => member.revocations.length > 0, 30_000)
    await down.remove()
    await until('the partition again', () => member.assignments.length > 1, 60_000)
    await until('the record again', () => member.records().length > 1)
    expect(member.ended).toEqual([])
  })

  test('O09 a member that is forgotten, and whose next joining fails, is a member again in the end (C2)', async () => {
    const topic = await stage.topic()
    await stage.sent(series(topic, 1))
    // It waits for its heartbeat for longer than its session lasts, as it would if it stood still.
    const config = { driver, brokers: [proxy.address], clientId: 'forgotten', requestTimeoutMs: 30_000 }
    const other = await openStage(createKafkaTransport(config, { logger: silentLogger }))
    try {
      const member = await other.join([topic])
      await until('a record', () => member.records().length === 1)
      const held = await proxy.add({ kind: 'hold-request', request: 'heartbeat' })
      await held.tookEffect
      await new Promise((resolve) => setTimeout(resolve, sessionTimeoutMs + 2_000))
      const losing = await proxy.add({ kind: 'lose-answer', request: 'joinGroup' })
      await held.remove()
      await losing.tookEffect
      await losing.remove()
      await until('the partition again', () => member.assignments.length > 1, 30_000)
      await until('the record again', () => member.records().length > 1)
      expect(member.ended).toEqual([])
    } finally {
      await other.close()
    }
  })
})

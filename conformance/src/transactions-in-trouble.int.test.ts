import { randomUUID } from 'node:crypto'
import { startProxy, type TcpProxy } from '@interchange/drill-kit'
import { createKafkaTransport, type KafkaDriver } from '@interchange/kafka'
import {
  type Codec,
  createConsumerGroup,
  createPublisher,
  deadLetterTopicName,
  noMetrics,
  noTracing,
  outgoing,
  publishRoute,
  rejected,
  replayLaneName,
  silentLogger,
  systemClock,
  type Topic,
  type TransactionalProducer,
  type Transactions,
} from '@interchange/messaging'
import { type RunningCluster, startCluster } from '@interchange/stack'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openStage, readAll, record, type Stage, until } from './stage.ts'

let cluster: RunningCluster
let proxy: TcpProxy
beforeAll(async () => {
  const { KAFKA_BROKERS: _theOneOfAll, ...env } = process.env
  cluster = await startCluster({
    name: 'transactions-in-trouble',
    brokers: 1,
    env,
    advertise: async (listener) => {
      proxy = await startProxy({ target: listener, protocol: 'kafka' })
      return Number(proxy.address.split(':')[1])
    },
  })
}, 120_000)
afterAll(async () => {
  await proxy?.stop()
  await cluster?.stop()
})

/** What only a real broker and a real network can do to a transaction: answers lost, a coordinator gone and back. */
describe.each<KafkaDriver>(['kafkajs', 'platformatic'])('%s keeps transactions whole', (driver) => {
  let stage: Stage
  let transactions: Transactions
  const config = { driver, clientId: 'trouble', requestTimeoutMs: 1_500, deliveryTimeoutMs: 20_000 }
  beforeAll(async () => {
    const transport = createKafkaTransport({ ...config, brokers: [proxy.address] }, { logger: silentLogger })
    stage = await openStage(transport)
    const { createTransactions } = transport
    if (createTransactions === undefined) throw new Error(`${driver} has no transactions`)
    transactions = await createTransactions()
  })
  afterAll(async () => {
    await transactions?.close()
    await stage?.close()
  })

  const values = async (topic: string): Promise<string[]> =>
    (await readAll(stage, topic)).map(({ value }) => String(value))
  const committed = async (group: string, topic: string): Promise<number | undefined> =>
    (await stage.admin.committedOffsets(group, [topic]))[0]?.offset
  /** Leaves a record and an offset in an open transaction. */
  const write = async (producer: TransactionalProducer, to: string, value: string, group: string, offset: number) => {
    producer.begin()
    const [outcome] = await producer.send([record(to, value)])
    expect(outcome?.status).toBe('ok')
    await producer.sendOffsets({ group, offsets: [{ topic: to, partition: 0, offset }] })
  }

  test.each(['produce', 'txnOffsetCommit', 'endTxn'] as const)(
    'TX21 an answer to %s that is lost is asked for again, and everything is there once (C4)',
    async (request) => {
      const topic = await stage.topic()
      const group = `trouble-${randomUUID()}`
      const producer = await transactions.takeOver(`trouble-${randomUUID()}`)
      const losing = await proxy.add({ kind: 'lose-answer', request })
      await write(producer, topic, 'x', group, 1)
      await producer.commit()
      expect(losing.effects()).toBe(1)
      await losing.remove()
      await write(producer, topic, 'y', group, 2)
      await producer.commit()
      await until('both are seen', async () => (await values(topic)).length >= 2)
      expect(await values(topic)).toEqual(['x', 'y'])
      await until('and the offset', async () => (await committed(group, topic)) === 2)
    },
  )

  test('TX22 a broker killed in mid-transaction comes back to the same transaction, or its heir aborts it (C6)', async () => {
    const topic = await stage.topic()
    const group = `trouble-${randomUUID()}`
    const id = `trouble-${randomUUID()}`
    const producer = await transactions.takeOver(id)
    await write(producer, topic, 'open', group, 1)
    const [broker] = cluster.brokers
    await broker?.kill()
    await broker?.start()
    const outcome = await producer.commit().then(
      () => 'committed',
      () => 'unknown',
    )
    const heir = await untilDone(() => transactions.takeOver(id))
    const offset = await committed(group, topic)
    // Whole or not at all, and whoever comes next can tell which.
    expect([outcome, offset]).not.toEqual(['committed', undefined])
    await write(heir, topic, 'next', group, 2)
    await heir.commit()
    await until('the next is seen', async () => (await values(topic)).includes('next'), 30_000)
    expect(await values(topic)).toEqual(offset === 1 ? ['open', 'next'] : ['next'])
  }, 120_000)

  test('TX23 a group whose answers are lost and whose broker goes away writes each output and letter once', async () => {
    const [from, to] = [itemTopic(), itemTopic()]
    const group = `trouble-${randomUUID()}`
    const names = [from.name, to.name, replayLaneName(from.name, group), deadLetterTopicName(from.name, group)]
    const specs = names.map((name) => ({ name, partitions: 2, replicationFactor: 1, configs: {} }))
    await stage.admin.createTopics(specs)
    const ambient = {
      transport: stage.transport,
      codec: json,
      service: { name: 'trouble', version: '0' },
      clock: systemClock,
      random: Math.random,
      metrics: noMetrics,
      tracing: noTracing,
    }
    const publisher = await createPublisher(ambient)
    const total = 1_200
    const items = Array.from({ length: total }, (_, n) => ({ key: `k${n % 40}`, n }))
    await Promise.all(items.map((item) => publisher.publish(from, item, { deadlineMs: 30_000 })))
    const ended: Error[] = []
    let handled = 0
    const route = publishRoute({
      from,
      group,
      delivery: 'transactional',
      handle: async (item: Item) => {
        await new Promise((resolve) => setTimeout(resolve, 5))
        handled++
        if (item.n % 100 === 50) throw rejected('one of the broken ones')
        return outgoing(to, item)
      },
      concurrencyMax: 8,
    })
    const running = await createConsumerGroup({
      ...ambient,
      group,
      routes: [route],
      publisher,
      reportOutcome: async () => undefined,
      logger: silentLogger,
      limits: {
        transactionIntervalMs: 20,
        sessionTimeoutMs: 6_000,
        floodLetters: { inARow: 50, ratio: 1, window: 1_000 },
      },
      onEnded: (error) => ended.push(error),
    })
    for (const request of ['endTxn', 'produce', 'txnOffsetCommit', 'endTxn'] as const) {
      const seen = handled
      const losing = await proxy.add({ kind: 'lose-answer', request })
      await until(`work goes on without an answer to ${request}`, () => handled >= Math.min(total, seen + 150), 60_000)
      await losing.remove()
    }
    const away = await proxy.add({ kind: 'down' })
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    await away.remove()
    const done = async (): Promise<number> => {
      const offsets = await stage.admin.committedOffsets(group, [from.name])
      return offsets.reduce((sum, { offset }) => sum + offset, 0)
    }
    await until('everything is committed', async () => (await done()) === total, 60_000)
    await running.stop(10_000)
    await publisher.close()
    const numbers = async (topic: string): Promise<number[]> => {
      const records = [...(await readAll(stage, topic, 0)), ...(await readAll(stage, topic, 1))]
      return records.map(({ value }) => (JSON.parse(String(value)) as Item).n).toSorted((a, b) => a - b)
    }
    const isBroken = (n: number): boolean => n % 100 === 50
    const all = items.map(({ n }) => n)
    expect(await numbers(to.name)).toEqual(all.filter((n) => !isBroken(n)))
    expect(await numbers(deadLetterTopicName(from.name, group))).toEqual(all.filter(isBroken))
    expect(ended).toEqual([])
  }, 180_000)
})

interface Item {
  readonly key: string
  readonly n: number
}

const itemTopic = (): Topic<Item> => {
  const name = `trouble-${randomUUID()}`
  return {
    name,
    kind: 'internal',
    keyOf: ({ key }) => key,
    schema: { subject: `${name}-value`, recordName: 'test.Item', version: 1, text: '{}' },
    partitions: 2,
    retentionMs: -1,
    cleanup: 'delete',
    eventType: `test.${name}.v1`,
    owner: 'test',
    groups: [],
    description: 'what the test sends',
  }
}

const json: Codec = {
  prepare: async () => undefined,
  encode: (_topic, value) => Buffer.from(JSON.stringify(value)),
  decode: (_topic, bytes) => JSON.parse(bytes.toString('utf8')),
  resolve: async () => undefined,
  schemaId: () => undefined,
}

/** Tries again until it works, as the owner of a partition does. */
const untilDone = async <Answer>(run: () => Promise<Answer>, withinMs = 60_000): Promise<Answer> => {
  for (const endsMs = Date.now() + withinMs; ; ) {
    try {
      return await run()
    } catch (error) {
      if (Date.now() > endsMs) throw error
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
  }
}

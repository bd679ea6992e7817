import { randomUUID } from 'node:crypto'
import { createKafkaTransport, type KafkaDriver } from '@interchange/kafka'
import { silentLogger, type Transport } from '@interchange/messaging'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Deed, deeds, places, type Role, roles } from './access.data.ts'
import { grantAccess } from './grant-access.ts'
import { rolePassword, type SecuredBroker, startSecuredBroker, users } from './secured-broker.ts'
import { record, until } from './stage.ts'

const refused = { code: 'ICX_KAFKA_REFUSED', failureClass: 'fatal' }
/** A refusal is said at once, not when attempts are used up; on a machine that has much else to do. */
const refusedWithinMs = 10_000

let broker: SecuredBroker

const transportOf = (driver: KafkaDriver, username: string, password: string): Transport =>
  createKafkaTransport(
    {
      driver,
      brokers: [broker.sasl],
      clientId: `access-${username}`,
      sasl: { mechanism: 'plain', username, password },
    },
    { logger: silentLogger },
  )

beforeAll(async () => {
  broker = await startSecuredBroker()
  await grantAccess(broker, roles)
  const transport = transportOf('kafkajs', 'plain', users.plain)
  const admin = await transport.createAdmin()
  const names = Object.values(places)
  await admin.createTopics(names.map((name) => ({ name, partitions: 1, replicationFactor: 1, configs: {} })))
  await admin.close()
  const producer = await transport.createProducer()
  for (const name of names) expect(await producer.send([record(name, 'x')])).toMatchObject([{ status: 'ok' }])
  await producer.close()
  // The broker takes up rights a moment after it has acknowledged them, all of them together.
  const relay = transportOf('kafkajs', 'relay', rolePassword('relay'))
  await until('the rights', () =>
    attempt(relay, 'write orders').then(
      () => true,
      () => false,
    ),
  )
}, 180_000)
afterAll(() => broker?.stop())

/** Does it, or rejects with what the broker says. */
const attempt = async (transport: Transport, deed: Deed): Promise<void> => {
  const [verb = '', where = '', whom = ''] = deed.split(' ')
  if (verb === 'create') {
    const admin = await transport.createAdmin()
    const topic = { name: `acl.new.${randomUUID()}`, partitions: 1, replicationFactor: 1, configs: {} }
    await admin.createTopics([topic]).finally(() => admin.close())
  } else if (verb === 'describe') await describeGroup(transport, `${where}-${randomUUID()}`)
  else if (verb === 'join') await join(transport, `${whom}-${randomUUID()}`)
  else if (verb === 'transact') await transact(transport, `${whom}-${randomUUID()}`)
  else if (verb === 'read') await read(transport, places[where as keyof typeof places])
  else await write(transport, places[where as keyof typeof places])
}

const write = async (transport: Transport, topic: string): Promise<void> => {
  const producer = await transport.createProducer()
  try {
    const [outcome] = await producer.send([record(topic, 'x')])
    if (outcome?.status !== 'ok') throw outcome?.error
  } finally {
    await producer.close()
  }
}

const read = async (transport: Transport, topic: string): Promise<void> => {
  for await (const found of transport.read([{ topic, partition: 0, fromOffset: 0, untilOffset: 1 }])) {
    if (found.topic === topic) return
  }
}

const join = async (transport: Transport, group: string): Promise<void> => {
  const consumer = await transport.createConsumer({
    group,
    topics: [places.orders],
    isolation: 'read_committed',
    sessionTimeoutMs: 6_000,
    rebalanceTimeoutMs: 5_000,
    fetchPartitionBytesMax: 1024 * 1024,
    onBatch: () => undefined,
    onAssigned: () => undefined,
    onRevoked: () => undefined,
    onEnded: () => undefined,
  })
  await consumer.close(5_000)
}

const describeGroup = async (transport: Transport, group: string): Promise<void> => {
  const admin = await transport.createAdmin()
  try {
    await admin.describeGroup(group)
  } finally {
    await admin.close()
  }
}

const transact = async (transport: Transport, id: string): Promise<void> => {
  if (transport.createTransactions === undefined) throw new Error(`${transport.driver} has no transactions`)
  const transactions = await transport.createTransactions()
  try {
    await transactions.takeOver(id)
  } finally {
    await transactions.close()
  }
}

const cases = Object.entries<Role>(roles).map(([name, { may }]) => ({ name, may }))

describe.each<KafkaDriver>(['kafkajs', 'platformatic'])('rights, seen by %s', (driver) => {
  test.each(cases)(
    'S1 $name can do what its rights say, and is refused everything else at once',
    async ({ name, may }) => {
      const transport = transportOf(driver, name, rolePassword(name))
      const able = deeds.filter(
        (deed) => deed.startsWith('transact') === false || transport.createTransactions !== undefined,
      )
      for (const deed of able) {
        const startedMs = performance.now()
        const answer = await attempt(transport, deed).then(
          () => 'done',
          (error: unknown) => error,
        )
        if (may.includes(deed)) expect([deed, answer]).toEqual([deed, 'done'])
        else expect([deed, answer]).toMatchObject([deed, refused])
        expect(performance.now() - startedMs).toBeLessThan(refusedWithinMs)
      }
    },
  )
})

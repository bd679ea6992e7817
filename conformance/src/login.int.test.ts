import { randomUUID } from 'node:crypto'
import { createKafkaTransport, type KafkaConfig, type KafkaDriver, type KafkaSasl } from '@interchange/kafka'
import { silentLogger, type Transport } from '@interchange/messaging'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type SecuredBroker, startSecuredBroker, users } from './secured-broker.ts'
import { openStage, readAll, record, until } from './stage.ts'

const refused = { code: 'ICX_KAFKA_REFUSED', failureClass: 'fatal' }
/** A refusal is said at once, not when attempts are used up. */
const refusedWithinMs = 3_000

/** A token as the broker's unsigned validator takes it. */
const token = (subject: string, lifetimeSeconds = 300): string => {
  const now = Math.floor(Date.now() / 1_000)
  const part = (content: object): string => Buffer.from(JSON.stringify(content)).toString('base64url')
  return `${part({ alg: 'none' })}.${part({ sub: subject, iat: now - 10, exp: now + lifetimeSeconds })}.`
}

const logins: readonly KafkaSasl[] = [
  { mechanism: 'plain', username: 'plain', password: users.plain },
  { mechanism: 'scram-sha-256', username: 'scram', password: users.scram },
  { mechanism: 'scram-sha-512', username: 'scram', password: users.scram },
  { mechanism: 'oauthbearer', token: async () => token('oauth') },
]

const wrongLogins: readonly KafkaSasl[] = [
  { mechanism: 'plain', username: 'plain', password: 'wrong' },
  { mechanism: 'scram-sha-256', username: 'scram', password: 'wrong' },
  { mechanism: 'scram-sha-512', username: 'stranger', password: users.scram },
  { mechanism: 'oauthbearer', token: async () => token('oauth', -100) },
]

let broker: SecuredBroker
beforeAll(async () => {
  broker = await startSecuredBroker()
}, 120_000)
afterAll(() => broker?.stop())

describe.each<KafkaDriver>(['kafkajs', 'platformatic'])('%s logs in, or says why it cannot', (driver) => {
  const transportTo = (address: string, more: Partial<KafkaConfig> = {}): Transport =>
    createKafkaTransport({ driver, brokers: [address], clientId: 'login', ...more }, { logger: silentLogger })
  const trusted = () => ({ ca: broker.certificate })

  /** Producer, admin, group member and reader each connect by themselves. */
  const goesRound = async (transport: Transport): Promise<void> => {
    const stage = await openStage(transport)
    const topic = await stage.topic()
    await stage.sent([record(topic, 'x')])
    const member = await stage.join([topic])
    await until('the record', () => member.values().length === 1)
    expect(await readAll(stage, topic)).toHaveLength(1)
    await stage.close()
  }

  test.each(logins)('L01 with $mechanism', async (sasl) => {
    await goesRound(transportTo(broker.sasl, { sasl }))
  })

  test('L02 over TLS, and with a login inside TLS', async () => {
    await goesRound(transportTo(broker.tls, { ssl: trusted() }))
    const [, , sasl] = logins
    if (sasl !== undefined) await goesRound(transportTo(broker.saslTls, { ssl: trusted(), sasl }))
  })

  test.each(wrongLogins)('L03 a wrong $mechanism login is refused, at once and for good', async (sasl) => {
    const transport = transportTo(broker.sasl, { sasl })
    const startedMs = performance.now()
    await expect(transport.createProducer()).rejects.toMatchObject(refused)
    await expect(transport.createAdmin()).rejects.toMatchObject(refused)
    await expect(joining(transport, 'any')).rejects.toMatchObject(refused)
    expect(performance.now() - startedMs).toBeLessThan(3 * refusedWithinMs)
  })

  test('L04 the refusal names neither password nor token', async () => {
    for (const sasl of wrongLogins) {
      const error: unknown = await transportTo(broker.sasl, { sasl })
        .createAdmin()
        .catch((reason: unknown) => reason)
      const said = JSON.stringify(error, Object.getOwnPropertyNames(Object(error)))
      expect(said).not.toContain('password' in sasl ? sasl.password : await sasl.token())
    }
  })

  test('L05 a certificate that nobody vouches for is refused, at once', async () => {
    const startedMs = performance.now()
    await expect(transportTo(broker.tls, { ssl: true }).createAdmin()).rejects.toMatchObject(refused)
    expect(performance.now() - startedMs).toBeLessThan(refusedWithinMs)
  })

  test('L06 speaking plainly to a TLS listener, or TLS to a plain one, ends in bounded time', async () => {
    const unavailable = { code: expect.stringMatching(/^ICX_KAFKA_(UNAVAILABLE|REFUSED)$/) }
    await expect(transportTo(broker.tls, { requestTimeoutMs: 1_500 }).createAdmin()).rejects.toMatchObject(unavailable)
    await expect(
      transportTo(broker.sasl, { ssl: trusted(), requestTimeoutMs: 1_500 }).createAdmin(),
    ).rejects.toMatchObject(unavailable)
  })

  test('L07 who may log in and nothing else is refused by name, and not as an outage', async () => {
    const owner = await openStage(transportTo(broker.sasl, logins[0] && { sasl: logins[0] }))
    const topic = await owner.topic()
    const sasl: KafkaSasl = { mechanism: 'plain', username: 'nobody', password: users.nobody }
    const transport = transportTo(broker.sasl, { sasl })
    const producer = await transport.createProducer()
    const [outcome] = await producer.send([record(topic, 'x')])
    expect(outcome).toMatchObject({ status: 'failed', error: refused })
    await expect(joining(transport, topic)).rejects.toMatchObject(refused)
    await producer.close()
    await owner.close()
  })
})

const joining = (transport: Transport, topic: string) =>
  transport.createConsumer({
    group: `login-${randomUUID()}`,
    topics: [topic],
    isolation: 'read_committed',
    sessionTimeoutMs: 6_000,
    rebalanceTimeoutMs: 5_000,
    fetchPartitionBytesMax: 1024 * 1024,
    onBatch: () => undefined,
    onAssigned: () => undefined,
    onRevoked: () => undefined,
    onEnded: () => undefined,
  })

import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { kafkaConfig, readConfig } from '@interchange/config'
import {
  connectionOf,
  createKafkaTransport,
  type KafkaConfig,
  type KafkaDriver,
  type KafkaSasl,
} from '@interchange/kafka'
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
  const fromEnvironment = (environment: Record<string, string>): Transport => {
    const { kafka } = readConfig({ kafka: kafkaConfig }, { ...environment, KAFKA_DRIVER: driver })
    return createKafkaTransport(connectionOf(kafka, 'login'), { logger: silentLogger })
  }

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

  test('L08 by the environment alone: an authority and a client certificate from files', async () => {
    const { ca, certificate, key } = broker.files
    const tls = { KAFKA_SSL: 'true', KAFKA_SSL_CA: ca }
    const environment = {
      KAFKA_BROKERS: broker.mutualTls,
      ...tls,
      KAFKA_SSL_CERTIFICATE: certificate,
      KAFKA_SSL_KEY: key,
    }
    await goesRound(fromEnvironment(environment))
    const strangers = fromEnvironment({ KAFKA_BROKERS: broker.mutualTls, ...tls })
    await expect(strangers.createAdmin()).rejects.toMatchObject({ code: expect.stringMatching(/^ICX_KAFKA_/) })
  })

  test('L09 by the environment alone: a token for a client of a token endpoint', async () => {
    const asked: string[] = []
    const endpoint = await tokenEndpoint((authorization) => {
      asked.push(authorization)
      return JSON.stringify({ access_token: token('oauth'), expires_in: 300 })
    })
    const environment = {
      KAFKA_BROKERS: broker.sasl,
      KAFKA_SASL_MECHANISM: 'oauthbearer',
      KAFKA_SASL_USERNAME: 'client',
      KAFKA_SASL_PASSWORD: 'secret',
      KAFKA_OAUTH_TOKEN_URL: endpoint.url,
    }
    await goesRound(fromEnvironment(environment))
    // However many connections log in.
    expect(asked).toEqual([`Basic ${Buffer.from('client:secret').toString('base64')}`])
    await endpoint.close()
    const outage = { code: 'ICX_KAFKA_UNAVAILABLE', failureClass: 'outage' }
    await expect(fromEnvironment(environment).createAdmin()).rejects.toMatchObject(outage)
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

/** An OAuth 2 token endpoint; `answer` is told how the client names itself. */
const tokenEndpoint = async (answer: (authorization: string) => string) => {
  const server = createServer((request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(answer(request.headers.authorization ?? ''))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/token`,
    close: () => {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(resolve))
    },
  }
}

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

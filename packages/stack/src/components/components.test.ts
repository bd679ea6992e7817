import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { environmentOf } from '../addresses.ts'
import { portFrom } from '../free-port.ts'
import { checkoutFolder, homeOf, plainEnvironment } from '../home.ts'
import { findJaeger, jaegerConfiguration } from './jaeger.ts'
import { pinnedJvmVersions } from './jvm-parts.ts'
import { brokerProperties } from './kafka.ts'
import { postgresVersionOf, serverUser } from './postgres-ground.ts'

it('gives a broker nothing beyond loopback and no topic by accident', () => {
  const properties = brokerProperties({ port: 1, controllerPort: 2, dataFolder: '/data' })
  expect(properties).toContain('listeners=PLAINTEXT://127.0.0.1:1,CONTROLLER://127.0.0.1:2\n')
  expect(properties).toContain('auto.create.topics.enable=false\n')
  expect(properties).toContain('group.initial.rebalance.delay.ms=0\n')
})

it('gives a broker of three its place: copies everywhere, a way past the proxies, and nothing beyond loopback', () => {
  const controllers = ['127.0.0.1:11', '127.0.0.1:12', '127.0.0.1:13']
  const place = { nodeId: 2, clusterId: 'c', controllers, internalPort: 3, advertisedPort: 4 }
  const properties = brokerProperties({ port: 1, controllerPort: 12, dataFolder: '/data', place })
  expect(properties).toContain('listeners=PLAINTEXT://127.0.0.1:1,INTERNAL://127.0.0.1:3,CONTROLLER://127.0.0.1:12\n')
  expect(properties).toContain('advertised.listeners=PLAINTEXT://127.0.0.1:4,INTERNAL://127.0.0.1:3\n')
  expect(properties).toContain('controller.quorum.voters=1@127.0.0.1:11,2@127.0.0.1:12,3@127.0.0.1:13\n')
  expect(properties).toContain('\nmin.insync.replicas=2\noffsets.topic.replication.factor=3\n')
})

it('lets a setting that is given replace its own', () => {
  const settings = { 'auto.create.topics.enable': true, 'producer.id.expiration.ms': 10_000 }
  const properties = brokerProperties({ port: 1, controllerPort: 2, dataFolder: '/data', settings })
  expect(properties).toContain('auto.create.topics.enable=true\n')
  expect(properties).not.toContain('auto.create.topics.enable=false')
  expect(properties).toContain('producer.id.expiration.ms=10000\n')
})

it('gives Jaeger nothing beyond loopback', () => {
  const configuration = jaegerConfiguration({ query: 1, queryGrpc: 2, otlpHttp: 3, otlpGrpc: 4 })
  const endpoints = [...configuration.matchAll(/"endpoint": "([^"]+)"/g)].map(([, endpoint]) => endpoint)
  expect(endpoints).toEqual(['127.0.0.1:1', '127.0.0.1:2', '127.0.0.1:3', '127.0.0.1:4'])
})

it('does without Jaeger when there is none, but not when JAEGER_BIN names one that is not there', () => {
  expect(findJaeger({ PATH: '/nowhere' })).toBeNull()
  expect(() => findJaeger({ JAEGER_BIN: '/nowhere/jaeger' })).toThrow(/\/nowhere\/jaeger/)
})

it('reads the versions that infra/local/pom.xml pins', () => {
  const pom = readFileSync(join(checkoutFolder, 'infra/local/pom.xml'), 'utf8')
  expect(pinnedJvmVersions(pom)).toEqual({
    kafka: expect.stringMatching(/^4\.3\.\d+$/),
    registry: expect.stringMatching(/^3\.3\.\d+$/),
  })
})

it('runs Postgres for root as the postgres user, else as nobody, else refuses', () => {
  const root = 'root:x:0:0:root:/root:/bin/bash\n'
  const nobody = 'nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n'
  const postgres = 'postgres:x:105:110::/var/lib/postgresql:/bin/bash\n'
  expect(serverUser(root + nobody + postgres)).toEqual({ uid: 105, gid: 110 })
  expect(serverUser(root + nobody)).toEqual({ uid: 65534, gid: 65534 })
  expect(() => serverUser(root)).toThrow(/DATABASE_URL/)
})

it('names a Postgres version as people do', () => {
  expect(postgresVersionOf({ version: '18.4.0-beta.17' })).toBe('18.4')
})

it('takes the port that a variable names, and refuses what is none', async () => {
  const find = () => Promise.resolve(20_000)
  expect(await portFrom('9092', find)).toBe(9092)
  expect(await portFrom(undefined, find)).toBe(20_000)
  await expect(portFrom('90920', find)).rejects.toMatchObject({ code: 'ICX_CONFIG_INVALID' })
  await expect(portFrom('kafka', find)).rejects.toMatchObject({ code: 'ICX_CONFIG_INVALID' })
})

it('keeps a named stack in a folder of its own, below INTERCHANGE_HOME', () => {
  expect(homeOf({ INTERCHANGE_HOME: '/home' }).stateFile).toBe('/home/stack.json')
  expect(homeOf({ INTERCHANGE_HOME: '/home' }, 'demo').data).toBe('/home/demo/data')
})

it('keeps our services’ settings from the components', () => {
  const env = { PATH: '/bin', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318', DATABASE_URL: 'postgres://' }
  expect(plainEnvironment(env)).toEqual({ PATH: '/bin' })
})

it('leaves the variables of traces out when they are off', () => {
  const addresses = { kafkaBrokers: 'k:1', schemaRegistryUrl: 'r', databaseUrl: 'd' }
  expect(environmentOf({ ...addresses, jaegerQueryUrl: null, otlpEndpoint: null })).toEqual({
    KAFKA_BROKERS: 'k:1',
    SCHEMA_REGISTRY_URL: 'r',
    DATABASE_URL: 'd',
  })
})

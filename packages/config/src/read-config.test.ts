import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import {
  ConfigError,
  databaseConfig,
  describeConfig,
  httpConfig,
  kafkaConfig,
  readConfig,
  registryConfig,
  serviceConfig,
  storeConfig,
  telemetryConfig,
} from './index.ts'

const everything = {
  kafka: kafkaConfig,
  registry: registryConfig,
  database: databaseConfig,
  store: storeConfig,
  http: httpConfig,
  service: serviceConfig,
  telemetry: telemetryConfig,
}
const least = {
  KAFKA_BROKERS: 'one:9092, two:9093,[::1]:9094',
  SCHEMA_REGISTRY_URL: 'http://registry:8081',
  DATABASE_URL: 'postgres://ix:hunter2@db:5432/ix',
}

const problemsOf = (parts: Parameters<typeof readConfig>[0], env: Record<string, string>) => {
  try {
    readConfig(parts, env)
  } catch (error) {
    if (error instanceof ConfigError) return error
    throw error
  }
  throw new Error('no problem was found')
}

test('the least environment gives a complete configuration with typed values', () => {
  const config = readConfig(everything, least)
  expect(config.kafka.brokers).toEqual(['one:9092', 'two:9093', '[::1]:9094'])
  expect(config.kafka.ssl).toBe(false)
  expect(config.http.port).toBe(3000)
  expect(config.service.shutdownTimeoutMs).toBe(20_000)
  expect(config.telemetry.relation).toBe('parent')
  expect(config.kafka.saslMechanism).toBeUndefined()
})

test('nothing in it can be changed', () => {
  const config = readConfig(everything, least)
  expect(() => Object.assign(config, { kafka: {} })).toThrow(TypeError)
  expect(() => Object.assign(config.http, { port: 1 })).toThrow(TypeError)
  expect(() => Object.assign(config.kafka.brokers, { 0: 'x' })).toThrow(TypeError)
})

test('all problems are reported at once, each with what to do', () => {
  const error = problemsOf(everything, { KAFKA_BROKERS: 'no-port', PORT: '70000', LOG_LEVEL: 'loud', KAFKA_SSL: 'yes' })
  expect(error.problems.map(({ env }) => env).sort()).toEqual([
    'DATABASE_URL',
    'KAFKA_BROKERS',
    'KAFKA_SSL',
    'LOG_LEVEL',
    'PORT',
    'SCHEMA_REGISTRY_URL',
  ])
  expect(error.code).toBe('ICX_CONFIG_INVALID')
  expect(error.message).toContain('LOG_LEVEL            "loud"     set it to one of debug, info, warn, error, silent')
  expect(error.message).toContain('DATABASE_URL         not set    set it to a URL that begins with postgres://')
})

test('an empty variable counts as unset', () => {
  expect(readConfig(everything, { ...least, PORT: '', KAFKA_SASL_MECHANISM: '' }).http.port).toBe(3000)
})

test('a login is complete or absent', () => {
  const half = problemsOf({ kafka: kafkaConfig }, { ...least, KAFKA_SASL_MECHANISM: 'plain', KAFKA_SASL_USERNAME: 'a' })
  expect(half.problems.map(({ env }) => env)).toEqual(['KAFKA_SASL_PASSWORD'])
  const other = problemsOf({ kafka: kafkaConfig }, { ...least, KAFKA_SASL_USERNAME: 'a' })
  expect(other.problems.map(({ env }) => env)).toEqual(['KAFKA_SASL_MECHANISM'])
  const registry = problemsOf({ registry: registryConfig }, { ...least, SCHEMA_REGISTRY_USERNAME: 'a' })
  expect(registry.problems.map(({ env }) => env)).toEqual(['SCHEMA_REGISTRY_PASSWORD'])
})

test('a login by token needs its endpoint, and a client unless the token is in a file', () => {
  const mechanism = { ...least, KAFKA_SASL_MECHANISM: 'oauthbearer' }
  const bare = problemsOf({ kafka: kafkaConfig }, mechanism)
  expect(bare.problems.map(({ env }) => env)).toEqual([
    'KAFKA_OAUTH_TOKEN_URL',
    'KAFKA_SASL_USERNAME',
    'KAFKA_SASL_PASSWORD',
  ])
  const file = readConfig({ kafka: kafkaConfig }, { ...mechanism, KAFKA_OAUTH_TOKEN_URL: 'file:///run/token' })
  expect(file.kafka.oauthTokenUrl).toBe('file:///run/token')
  const client = { ...mechanism, KAFKA_SASL_USERNAME: 'a', KAFKA_SASL_PASSWORD: 'b' }
  const exposed = problemsOf({ kafka: kafkaConfig }, { ...client, KAFKA_OAUTH_TOKEN_URL: 'http://idp.example/token' })
  expect(exposed.problems).toMatchObject([{ env: 'KAFKA_OAUTH_TOKEN_URL', remedy: 'use https://' }])
})

test('files for TLS are there, are used, and a certificate comes with its key', () => {
  const file = join(mkdtempSync(join(tmpdir(), 'ix-config-')), 'ca.pem')
  writeFileSync(file, 'x')
  const absent = problemsOf({ kafka: kafkaConfig }, { ...least, KAFKA_SSL: 'true', KAFKA_SSL_CA: '/nowhere' })
  expect(absent.problems.map(({ env }) => env)).toEqual(['KAFKA_SSL_CA'])
  const unused = problemsOf({ kafka: kafkaConfig }, { ...least, KAFKA_SSL_CA: file })
  expect(unused.problems.map(({ env }) => env)).toEqual(['KAFKA_SSL'])
  const half = problemsOf({ kafka: kafkaConfig }, { ...least, KAFKA_SSL: 'true', KAFKA_SSL_CERTIFICATE: file })
  expect(half.problems.map(({ env }) => env)).toEqual(['KAFKA_SSL_KEY'])
})

test('an inbox that forgets at once is a problem; one that never forgets is not', () => {
  const never = readConfig({ store: storeConfig }, { INBOX_WINDOW_DAYS: '-1' })
  expect(never.store.inboxWindowDays).toBe(-1)
  const atOnce = problemsOf({ store: storeConfig }, { INBOX_WINDOW_DAYS: '0' })
  expect(atOnce.problems).toEqual([
    { env: 'INBOX_WINDOW_DAYS', found: '0', remedy: 'set it to at least 1, or to -1 for ever' },
  ])
})

test('a secret can come from a file, without its last line break', () => {
  const file = join(mkdtempSync(join(tmpdir(), 'ix-config-')), 'url')
  writeFileSync(file, `${least.DATABASE_URL}\n`)
  expect(readConfig({ database: databaseConfig }, { DATABASE_URL_FILE: file }).database.url).toBe(least.DATABASE_URL)
})

test('a secret from two places, or from a file that is not there, is a problem', () => {
  const both = problemsOf({ database: databaseConfig }, { ...least, DATABASE_URL_FILE: '/nowhere' })
  expect(both.problems[0]?.found).toBe('also set by DATABASE_URL_FILE')
  const absent = problemsOf({ database: databaseConfig }, { DATABASE_URL_FILE: '/nowhere/at/all' })
  expect(absent.problems[0]).toMatchObject({ env: 'DATABASE_URL_FILE', found: '/nowhere/at/all: ENOENT' })
})

test('secrets are neither printed nor serialised nor in the table of problems', () => {
  const config = readConfig(everything, {
    ...least,
    KAFKA_SASL_MECHANISM: 'plain',
    KAFKA_SASL_USERNAME: 'ix',
    KAFKA_SASL_PASSWORD: 'hunter2',
  })
  expect(config.kafka.saslPassword).toBe('hunter2')
  expect(inspect(config)).not.toContain('hunter2')
  expect(JSON.stringify(config)).not.toContain('hunter2')
  expect(JSON.parse(JSON.stringify(config)).database.url).toBe('postgres://ix:redacted@db:5432/ix')
  expect(problemsOf({ database: databaseConfig }, { DATABASE_URL: 'mysql://ix:hunter2@db' }).message).not.toContain(
    'hunter2',
  )
})

test('the description has one row per variable, and every fallback is itself allowed', () => {
  const rows = describeConfig(Object.values(everything))
  expect(new Set(rows.map(({ env }) => env)).size).toBe(rows.length)
  expect(rows.find(({ env }) => env === 'DATABASE_URL')).toMatchObject({ fallback: 'required', secret: true })
  const fallbacks = Object.fromEntries(
    rows.filter((row) => !['required', 'unset'].includes(row.fallback)).map((row) => [row.env, row.fallback]),
  )
  expect(() => readConfig(everything, { ...fallbacks, ...least })).not.toThrow()
})

import { httpAnswers, kafkaAnswers, portAnswers, postgresAnswers } from './answers.ts'
import type { Environment } from './home.ts'

/** Where the parts of a stack are. */
export interface StackAddresses {
  /** `host:port`, comma-separated. */
  readonly kafkaBrokers: string
  /** The base of Confluent's API. */
  readonly schemaRegistryUrl: string
  readonly databaseUrl: string
  /** Null when traces are off, or go to somebody else's collector. */
  readonly jaegerQueryUrl: string | null
  /** OTLP over HTTP; null when traces are off. */
  readonly otlpEndpoint: string | null
}

/** The variables by which services, tests and the CLI find a stack. */
export const environmentOf = (addresses: StackAddresses): Readonly<Record<string, string>> => ({
  KAFKA_BROKERS: addresses.kafkaBrokers,
  SCHEMA_REGISTRY_URL: addresses.schemaRegistryUrl,
  DATABASE_URL: addresses.databaseUrl,
  ...(addresses.jaegerQueryUrl !== null && { JAEGER_QUERY_URL: addresses.jaegerQueryUrl }),
  ...(addresses.otlpEndpoint !== null && { OTEL_EXPORTER_OTLP_ENDPOINT: addresses.otlpEndpoint }),
})

const hostAndPort = (text: string, portElse: number): { host: string; port: number } => {
  const url = new URL(text.includes('://') ? text : `tcp://${text}`)
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port: url.port === '' ? portElse : Number(url.port) }
}

/** True when the first broker answers; brokers that want TLS or a login are only asked for a connection. */
export const brokersAnswer = (brokers: string, env: Environment): Promise<boolean> => {
  const { host, port } = hostAndPort(brokers.split(',')[0]?.trim() ?? '', 9092)
  const guarded = env['KAFKA_SSL'] === 'true' || Boolean(env['KAFKA_SASL_MECHANISM'])
  return guarded ? portAnswers(host, port) : kafkaAnswers(host, port)
}

/** True when the registry lists its subjects. */
export const registryAnswers = (url: string): Promise<boolean> => httpAnswers(`${url.replace(/\/$/, '')}/subjects`)

/** True when the database server asks for a login. */
export const databaseAnswers = (url: string): Promise<boolean> => {
  const { host, port } = hostAndPort(url, 5432)
  return postgresAnswers(host, port)
}

/** True when something listens where traces are to be sent. */
export const collectorAnswers = (url: string): Promise<boolean> => {
  const { host, port } = hostAndPort(url, 4318)
  return portAnswers(host, port)
}

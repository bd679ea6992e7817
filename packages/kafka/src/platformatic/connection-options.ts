import { isIP } from 'node:net'
import type { ConnectionOptions as TlsOptions } from 'node:tls'
import {
  AuthenticationError,
  type ConnectionOptions,
  parseBroker,
  SASLMechanisms,
  type SASLOptions,
} from '@platformatic/kafka'
import type { KafkaConfig, KafkaSasl } from '../kafka-config.ts'

const mechanisms = {
  plain: SASLMechanisms.PLAIN,
  'scram-sha-256': SASLMechanisms.SCRAM_SHA_256,
  'scram-sha-512': SASLMechanisms.SCRAM_SHA_512,
  oauthbearer: SASLMechanisms.OAUTHBEARER,
} as const

/** Our configuration in the client's words. */
export const connectionOptions = (config: KafkaConfig, requestTimeout: number): ConnectionOptions => ({
  connectTimeout: config.connectionTimeoutMs ?? 3_000,
  requestTimeout,
  ...tlsOf(config),
  ...(config.sasl !== undefined && { sasl: saslOf(config.sasl) }),
})

/** Brokers are named to the server (SNI) unless they are known by address, where TLS forbids it. */
const tlsOf = ({ ssl, brokers }: KafkaConfig): Pick<ConnectionOptions, 'tls' | 'tlsServerName'> => {
  if (ssl === undefined || ssl === false) return {}
  const tls: TlsOptions = ssl === true ? {} : ssl
  const named = brokers.every((address) => isIP(parseBroker(address).host) === 0)
  return { tls, ...(tls.servername === undefined && named && { tlsServerName: true }) }
}

const saslOf = (sasl: KafkaSasl): SASLOptions =>
  sasl.mechanism === 'oauthbearer'
    ? { mechanism: mechanisms.oauthbearer, token: sasl.token, authBytesValidator: refuseInvalidToken }
    : { mechanism: mechanisms[sasl.mechanism], username: sasl.username, password: sasl.password }

/** A broker that takes no token answers without an error code: what is wrong is in the bytes (RFC 7628, 3.2.2). */
const refuseInvalidToken: NonNullable<SASLOptions['authBytesValidator']> = (bytes, done) => {
  if (bytes.length === 0) done(null, bytes)
  else done(new AuthenticationError('the broker does not take the token', { apiId: 'SASL_AUTHENTICATION_FAILED' }))
}

import { readFileSync } from 'node:fs'
import type { ConnectionOptions } from 'node:tls'
import type { ConfigOf, kafkaConfig } from '@interchange/config'
import type { KafkaConfig, KafkaSasl } from './kafka-config.ts'
import { createTokens } from './oauth-token.ts'

type KafkaSettings = ConfigOf<typeof kafkaConfig>

/** What the environment says, as a driver takes it; `clientId` where the environment names none. Reads the files for TLS. */
export const connectionOf = (settings: KafkaSettings, clientId: string): KafkaConfig => {
  const sasl = saslOf(settings)
  return {
    driver: settings.driver,
    brokers: settings.brokers,
    clientId: settings.clientId ?? clientId,
    compression: settings.compression,
    ...(settings.ssl && { ssl: tlsOf(settings) }),
    ...(sasl !== undefined && { sasl }),
  }
}

const tlsOf = ({ sslCa, sslCertificate, sslKey }: KafkaSettings): true | ConnectionOptions => {
  const files = Object.entries({ ca: sslCa, cert: sslCertificate, key: sslKey })
  const given = files.flatMap(([name, path]) => (path === undefined ? [] : [[name, readFileSync(path, 'utf8')]]))
  return given.length === 0 ? true : Object.fromEntries(given)
}

/** The settings have been checked: what a mechanism needs is there. */
const saslOf = (settings: KafkaSettings): KafkaSasl | undefined => {
  const { saslMechanism: mechanism, saslUsername: username = '', saslPassword: password = '' } = settings
  if (mechanism === undefined) return undefined
  if (mechanism !== 'oauthbearer') return { mechanism, username, password }
  const { oauthTokenUrl: url = '', oauthScope: scope } = settings
  return { mechanism, token: createTokens({ url, clientId: username, clientSecret: password, scope }) }
}

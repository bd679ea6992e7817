import { type ConfigProblem, configPart } from './config-part.ts'
import { optional, required, secret, withDefault } from './setting.ts'
import { flag, hostPorts, oneOf, readableFile, text, url } from './setting-types.ts'

/** How to reach Kafka. */
export const kafkaConfig = configPart(
  'Kafka',
  {
    brokers: required('KAFKA_BROKERS', hostPorts(), 'Brokers to begin with.'),
    driver: withDefault(
      'KAFKA_DRIVER',
      oneOf('kafkajs', 'platformatic'),
      'kafkajs',
      'The client library; both keep the same contract.',
    ),
    clientId: optional('KAFKA_CLIENT_ID', text(), "Name in the brokers' logs and quotas; default: the service's name."),
    compression: withDefault(
      'KAFKA_COMPRESSION',
      oneOf('none', 'gzip', 'snappy', 'lz4', 'zstd'),
      'none',
      'How what is sent is compressed; all of them are always read.',
    ),
    ssl: withDefault('KAFKA_SSL', flag(), 'false', 'TLS to the brokers, checked against the system authorities.'),
    sslCa: optional(
      'KAFKA_SSL_CA',
      readableFile(),
      'PEM file of the authorities that count instead of the system ones.',
    ),
    sslCertificate: optional(
      'KAFKA_SSL_CERTIFICATE',
      readableFile(),
      'PEM file of the certificate shown to the brokers.',
    ),
    sslKey: optional('KAFKA_SSL_KEY', readableFile(), 'PEM file of its key.'),
    saslMechanism: optional(
      'KAFKA_SASL_MECHANISM',
      oneOf('plain', 'scram-sha-256', 'scram-sha-512', 'oauthbearer'),
      'How to log in; unset: no login.',
    ),
    saslUsername: optional(
      'KAFKA_SASL_USERNAME',
      text(),
      'Login name; for oauthbearer the client id, unless the token is in a file.',
    ),
    saslPassword: secret(optional('KAFKA_SASL_PASSWORD', text(), 'Login password; for oauthbearer the client secret.')),
    oauthTokenUrl: optional(
      'KAFKA_OAUTH_TOKEN_URL',
      url('https:', 'http:', 'file:'),
      'Where oauthbearer gets its token: an OAuth 2 token endpoint (client credentials), or a file that somebody keeps fresh.',
    ),
    oauthScope: optional('KAFKA_OAUTH_SCOPE', text(), 'Scope to ask the token endpoint for.'),
    topicsApply: withDefault('TOPICS_APPLY', flag(), 'false', 'Create missing topics of the catalogue at start.'),
  },
  (values) => [...loginProblems(values), ...tlsProblems(values)],
)

interface Login {
  readonly saslMechanism: string | undefined
  readonly saslUsername: string | undefined
  readonly saslPassword: string | undefined
  readonly oauthTokenUrl: string | undefined
}

const loginProblems = ({
  saslMechanism: mechanism,
  saslUsername,
  saslPassword,
  oauthTokenUrl,
}: Login): readonly ConfigProblem[] => {
  const password = [
    { env: 'KAFKA_SASL_USERNAME', value: saslUsername },
    { env: 'KAFKA_SASL_PASSWORD', value: saslPassword },
  ]
  const tokenUrl = { env: 'KAFKA_OAUTH_TOKEN_URL', value: oauthTokenUrl }
  if (mechanism === undefined) {
    const isSet = [...password, tokenUrl].some(({ value }) => value !== undefined)
    const remedy = 'set it, as a SASL name, password or token address is set'
    return isSet ? [{ env: 'KAFKA_SASL_MECHANISM', found: 'not set', remedy }] : []
  }
  const oauth = mechanism === 'oauthbearer'
  const fromFile = oauth && oauthTokenUrl?.startsWith('file:') === true
  const needed = [...(oauth ? [tokenUrl] : []), ...(fromFile ? [] : password)]
  const remedy = `set it, as KAFKA_SASL_MECHANISM=${mechanism} needs it`
  const missing = needed
    .filter(({ value }) => value === undefined)
    .map(({ env }) => ({ env, found: 'not set', remedy }))
  return [...missing, ...exposedSecret(oauthTokenUrl)]
}

/** The client secret goes to the token endpoint: in the clear no further than this machine. */
const exposedSecret = (tokenUrl: string | undefined): readonly ConfigProblem[] => {
  const { protocol, hostname = '' } = URL.parse(tokenUrl ?? '') ?? {}
  if (protocol !== 'http:' || ['localhost', '127.0.0.1', '[::1]'].includes(hostname)) return []
  return [{ env: 'KAFKA_OAUTH_TOKEN_URL', found: 'http:// to another machine', remedy: 'use https://' }]
}

interface Tls {
  readonly ssl: boolean
  readonly sslCa: string | undefined
  readonly sslCertificate: string | undefined
  readonly sslKey: string | undefined
}

const tlsProblems = ({ ssl, sslCa, sslCertificate, sslKey }: Tls): readonly ConfigProblem[] => {
  if (!ssl && [sslCa, sslCertificate, sslKey].some((file) => file !== undefined)) {
    return [{ env: 'KAFKA_SSL', found: 'false', remedy: 'set it to true, as a file for TLS is set' }]
  }
  if ((sslCertificate === undefined) === (sslKey === undefined)) return []
  const env = sslKey === undefined ? 'KAFKA_SSL_KEY' : 'KAFKA_SSL_CERTIFICATE'
  return [{ env, found: 'not set', remedy: 'set both certificate and key, or neither' }]
}

import { configPart } from './config-part.ts'
import { optional, required, secret, withDefault } from './setting.ts'
import { flag, hostPorts, oneOf, text } from './setting-types.ts'

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
    ssl: withDefault('KAFKA_SSL', flag(), 'false', 'TLS to the brokers, checked against the system authorities.'),
    saslMechanism: optional(
      'KAFKA_SASL_MECHANISM',
      oneOf('plain', 'scram-sha-256', 'scram-sha-512'),
      'How to log in; unset: no login.',
    ),
    saslUsername: optional('KAFKA_SASL_USERNAME', text(), 'Login name.'),
    saslPassword: secret(optional('KAFKA_SASL_PASSWORD', text(), 'Login password.')),
    topicsApply: withDefault('TOPICS_APPLY', flag(), 'false', 'Create missing topics of the catalogue at start.'),
  },
  ({ saslMechanism, saslUsername, saslPassword }) => {
    const login = [
      { env: 'KAFKA_SASL_USERNAME', value: saslUsername },
      { env: 'KAFKA_SASL_PASSWORD', value: saslPassword },
    ]
    if (saslMechanism !== undefined) {
      return login
        .filter(({ value }) => value === undefined)
        .map(({ env }) => ({
          env,
          found: 'not set',
          remedy: `set it, as KAFKA_SASL_MECHANISM=${saslMechanism} needs it`,
        }))
    }
    return login.some(({ value }) => value !== undefined)
      ? [{ env: 'KAFKA_SASL_MECHANISM', found: 'not set', remedy: 'set it, as a SASL name or password is set' }]
      : []
  },
)

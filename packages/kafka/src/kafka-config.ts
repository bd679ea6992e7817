import type { ConnectionOptions } from 'node:tls'

/** SASL with a user name; the password never appears in logs or errors. */
export interface KafkaSasl {
  readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'
  readonly username: string
  readonly password: string
}

/** How to reach a Kafka cluster. */
export interface KafkaConfig {
  /** `host:port` of any brokers of the cluster. */
  readonly brokers: readonly string[]
  readonly clientId: string
  readonly ssl?: boolean | ConnectionOptions
  readonly sasl?: KafkaSasl
  /** How long one request may stay unanswered; default 10,000. */
  readonly requestTimeoutMs?: number
  /** How long one connection may take; default 3,000. */
  readonly connectionTimeoutMs?: number
  /** How long `send` goes on trying before it says `unknown` or `failed`; default 10,000. */
  readonly deliveryTimeoutMs?: number
}

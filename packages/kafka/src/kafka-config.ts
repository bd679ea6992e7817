import type { ConnectionOptions } from 'node:tls'
import type { CompressionName } from './compression/decompress.ts'

/** How to log in. Passwords and tokens never appear in logs or errors. */
export type KafkaSasl =
  | {
      readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'
      readonly username: string
      readonly password: string
    }
  | {
      readonly mechanism: 'oauthbearer'
      /** Asked at every login; keeps its token itself until that expires. */
      readonly token: () => Promise<string>
    }

export type KafkaDriver = 'kafkajs' | 'platformatic'

/** How to reach a Kafka cluster. */
export interface KafkaConfig {
  /** Default `kafkajs`. */
  readonly driver?: KafkaDriver
  /** `host:port` of any brokers of the cluster. */
  readonly brokers: readonly string[]
  readonly clientId: string
  readonly ssl?: boolean | ConnectionOptions
  readonly sasl?: KafkaSasl
  /** How batches are sent; default `none`. All four are always read. */
  readonly compression?: CompressionName | 'none'
  /** How long one request may stay unanswered; default 10,000. */
  readonly requestTimeoutMs?: number
  /** How long one connection may take; default 3,000. */
  readonly connectionTimeoutMs?: number
  /** How old what is known of a group's topics may be: partitions added to one are read from then on; default 300,000. */
  readonly metadataMaxAgeMs?: number
  /** How long `send` goes on trying before it says `unknown` or `failed`; default 10,000. */
  readonly deliveryTimeoutMs?: number
  /** After how long the broker aborts a transaction that nobody ends; default 40,000, the kernel's own. */
  readonly transactionTimeoutMs?: number
}

export const requestTimeoutMs = (config: KafkaConfig): number => config.requestTimeoutMs ?? 10_000
export const metadataMaxAgeMs = (config: KafkaConfig): number => config.metadataMaxAgeMs ?? 300_000

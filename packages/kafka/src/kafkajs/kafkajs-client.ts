import { createConnection, isIP, type Socket } from 'node:net'
import { type ConnectionOptions, connect as connectTls } from 'node:tls'
import type { Logger } from '@interchange/messaging'
import { InterchangeError } from '@interchange/messaging'
import kafkajs, { type Cluster, type Kafka, type Mechanism, type SASLOptions } from 'kafkajs'
import { type KafkaConfig, type KafkaSasl, requestTimeoutMs } from '../kafka-config.ts'
import type { KafkajsPatch } from './kafkajs-internals.ts'
import { kafkajsLogCreator } from './kafkajs-log.ts'
import { oauthBearer } from './oauth-bearer.ts'
import { tellRefusals } from './tell-refusals.ts'

const keepAliveMs = 60_000
const patchWanted = 3

/** One kafkajs client and the sockets it opened. Consumers and producers never share one (trap K28). */
export interface KafkajsClient {
  readonly kafka: Kafka
  /** Ends every connection now; what is in flight fails (trap K31). */
  destroySockets(): void
}

/** The patched part of kafkajs. Throws `ICX_KAFKA_PATCH_MISSING` on the stock package. */
export const patchedKafkajs = (client: object = kafkajs): KafkajsPatch => {
  const { interchange } = client as { interchange?: KafkajsPatch }
  if (interchange?.patch !== patchWanted) {
    throw new InterchangeError(
      'ICX_KAFKA_PATCH_MISSING',
      'kafkajs is not the patched build (patches/kafkajs@2.2.4.patch).',
      {
        class: 'fatal',
        facts: { wanted: patchWanted, found: interchange?.patch ?? null },
      },
    )
  }
  return interchange
}

/** `retries` is how often kafkajs repeats connecting and metadata by itself. */
export const createKafkajsClient = (config: KafkaConfig, logger: Logger, retries: number): KafkajsClient => {
  const sockets = new Set<Socket>()
  let ended = false
  const kafka = new kafkajs.Kafka({
    brokers: [...config.brokers],
    clientId: config.clientId,
    // Our socket factory would take `false` for options.
    ...(config.ssl && { ssl: config.ssl }),
    ...(config.sasl !== undefined && { sasl: toSaslOptions(config.sasl) }),
    connectionTimeout: config.connectionTimeoutMs ?? 3_000,
    requestTimeout: requestTimeoutMs(config),
    retry: { retries, initialRetryTime: 100, maxRetryTime: 1_000, restartOnFailure: async () => false },
    logLevel: kafkajs.logLevel.WARN,
    logCreator: kafkajsLogCreator(logger, () => ended),
    socketFactory: ({ host, port, ssl, onConnect }) => {
      const socket = openSocket(host, port, ssl, onConnect)
      socket.setKeepAlive(true, keepAliveMs)
      socket.setNoDelay(true)
      sockets.add(socket)
      socket.once('close', () => sockets.delete(socket))
      // What was under way when the owner closed may ask once more.
      if (ended) socket.destroy(new Error('closed by the owner'))
      return socket
    },
  })
  return {
    kafka,
    destroySockets: () => {
      ended = true
      for (const socket of sockets) socket.destroy(new Error('closed by the owner'))
    },
  }
}

const toSaslOptions = (sasl: KafkaSasl): SASLOptions | Mechanism =>
  sasl.mechanism === 'oauthbearer' ? oauthBearer(sasl.token) : ({ ...sasl } as SASLOptions)

/**
 * The cluster behind a client, by kafkajs' public extension point for assigners: `read` fetches outside any group, and
 * nothing else of kafkajs gives access to that. The consumer is never connected.
 */
export const clusterOf = (kafka: Kafka): Cluster => {
  let found: Cluster | undefined
  kafka.consumer({
    groupId: 'never-joined',
    allowAutoTopicCreation: false,
    partitionAssigners: [
      ({ cluster }) => {
        found = cluster
        return {
          name: 'none',
          version: 0,
          assign: async () => [],
          protocol: () => ({ name: 'none', metadata: Buffer.alloc(0) }),
        }
      },
    ],
  })
  if (found === undefined) throw new TypeError('kafkajs did not call the assigner factory')
  tellRefusals(found)
  return found
}

const openSocket = (host: string, port: number, ssl: ConnectionOptions | undefined, onConnect: () => void): Socket =>
  ssl === undefined || ssl === null
    ? createConnection({ host, port }, onConnect)
    : connectTls({ host, port, ...(isIP(host) === 0 && { servername: host }), ...ssl }, onConnect)

import { InterchangeError } from '@interchange/messaging'
import {
  type API,
  type Broker,
  type Connection,
  ConnectionPool,
  findCoordinatorV4,
  metadataV12,
  parseBroker,
} from '@platformatic/kafka'
import { type KafkaConfig, requestTimeoutMs } from '../kafka-config.ts'
import { unknownPartition } from '../read-ranges.ts'
import { connectionOptions } from './connection-options.ts'

type Metadata = metadataV12.MetadataResponse

/** As FindCoordinator numbers them. */
const coordinatorKinds = { group: 0, transaction: 1 } as const
export type CoordinatorKind = keyof typeof coordinatorKinds

/**
 * The brokers, by connections of this client's own; nothing is shared with another (trap K28). Every request is tried
 * once: who calls knows what may be repeated.
 */
export interface Cluster {
  /** Asks any broker. */
  ask<Given extends unknown[], Answer>(api: API<Given, Answer>, ...given: Given): Promise<Answer>
  /** Asks one broker. */
  askNode<Given extends unknown[], Answer>(nodeId: number, api: API<Given, Answer>, ...given: Given): Promise<Answer>
  metadata(topics: readonly string[] | null): Promise<Metadata>
  /** The leader as last heard, asked for when it is not known. */
  leaderOf(topic: string, partition: number): Promise<number>
  /** Asks again who leads the partitions of `topics`. */
  refresh(topics: readonly string[]): Promise<void>
  /** Who keeps the offsets of a group, or the transactions of an id. */
  coordinatorOf(name: string, kind?: CoordinatorKind): Promise<number>
  /** Ends every connection now; what is in flight fails (trap K31). */
  destroy(): void
}

export const createCluster = (config: KafkaConfig, timeoutMs: number = requestTimeoutMs(config)): Cluster => {
  const pool = new ConnectionPool(config.clientId, connectionOptions(config, timeoutMs))
  const bootstrap = config.brokers.map((address) => parseBroker(address))
  const nodes = new Map<number, Broker>()
  const leaders = new Map<string, Map<number, number>>()
  const open = new Set<Connection>()
  let destroyed = false
  pool.on('connecting', ({ connection }) => {
    open.add(connection)
    // A connection may fail more than once, and an event `error` that nobody hears ends the process.
    connection.on('error', () => undefined)
    connection.once('close', () => open.delete(connection))
  })

  const ask: Cluster['ask'] = async (api, ...given) =>
    api.async(await firstAvailable(pool, [...nodes.values(), ...bootstrap]), ...given)

  const metadata = async (topics: readonly string[] | null): Promise<Metadata> => {
    const found = await ask(metadataV12.api, topics === null ? null : [...topics], false, false)
    nodes.clear()
    for (const { nodeId, host, port } of found.brokers) nodes.set(nodeId, { host, port })
    for (const { name, partitions } of found.topics) {
      if (name !== null && name !== undefined) {
        leaders.set(name, new Map(partitions.map(({ partitionIndex, leaderId }) => [partitionIndex, leaderId])))
      }
    }
    return found
  }

  return {
    ask,
    async askNode(nodeId, api, ...given) {
      if (!nodes.has(nodeId)) await metadata([])
      const broker = nodes.get(nodeId)
      if (broker === undefined) throw unavailable(`broker ${nodeId} is not in the cluster`)
      return api.async(await pool.get(broker), ...given)
    },
    metadata,
    async leaderOf(topic, partition) {
      // A partition that is not known may have been added since.
      if (leaders.get(topic)?.get(partition) === undefined) await metadata([topic])
      const leader = leaders.get(topic)?.get(partition)
      if (leader === undefined) throw unknownPartition(topic, partition)
      if (leader < 0) throw unavailable(`${topic}/${partition} has no leader`)
      return leader
    },
    async refresh(topics) {
      for (const topic of topics) leaders.delete(topic)
      await metadata(topics)
    },
    async coordinatorOf(name, kind = 'group') {
      const { coordinators } = await ask(findCoordinatorV4.api, coordinatorKinds[kind], [name])
      const [found] = coordinators
      if (found === undefined) throw unavailable(`no coordinator of ${name}`)
      nodes.set(found.nodeId, { host: found.host, port: found.port })
      return found.nodeId
    },
    destroy() {
      if (destroyed) return
      destroyed = true
      for (const connection of open) connection.socket?.destroy(new Error('closed by the owner'))
      pool.close().catch(() => undefined)
    },
  }
}

const unavailable = (what: string): InterchangeError =>
  new InterchangeError('ICX_KAFKA_UNAVAILABLE', what, { class: 'outage' })

/** The first of `brokers` that takes a connection; rejects with what the last one said. */
const firstAvailable = async (pool: ConnectionPool, brokers: readonly Broker[]): Promise<Connection> => {
  let failure: unknown
  for (const broker of brokers) {
    try {
      return await pool.get(broker)
    } catch (error) {
      failure = error
    }
  }
  throw failure ?? unavailable('no broker is named')
}

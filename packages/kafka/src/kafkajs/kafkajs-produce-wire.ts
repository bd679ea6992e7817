import type { Cluster } from 'kafkajs'
import type { ProduceWire } from '../produce.ts'
import { produceApi } from '../produce-request.ts'
import { unknownPartition } from '../read-ranges.ts'
import type { ConnectedBroker } from './kafkajs-internals.ts'

/** Produce requests by kafkajs' metadata and connections. */
export const kafkajsProduceWire = (cluster: Cluster): ProduceWire => {
  const known = new Set<string>()
  return {
    async leaderOf(topic, partition) {
      if (!known.has(topic)) await cluster.addMultipleTargetTopics([topic])
      known.add(topic)
      await cluster.refreshMetadataIfNecessary()
      const [leader] = Object.keys(cluster.findLeaderForPartitions(topic, [partition]))
      if (leader === undefined) throw unknownPartition(topic, partition)
      return Number(leader)
    },
    async exchange(nodeId, request) {
      const broker = (await cluster.findBroker({ nodeId: String(nodeId) })) as unknown as ConnectedBroker
      try {
        return await broker.connectionPool.send({ request: requestOf(request), response: bodyAsItIs })
      } catch (error) {
        const { name, host, port } = error as { name?: string; host?: string; port?: number }
        // kafkajs keeps a broker whose connection it has lost.
        if (name === 'KafkaJSConnectionClosedError' && host !== undefined && port !== undefined) {
          cluster.removeBroker({ host, port })
        }
        throw error
      }
    },
    async refresh() {
      if (!cluster.isConnected()) await cluster.connect()
      await cluster.refreshMetadata()
    },
  }
}

/** What the patched kafkajs takes for one of its encoders. */
const requestOf = (parts: readonly Buffer[]) => ({
  apiKey: produceApi.key,
  apiVersion: produceApi.version,
  apiName: produceApi.name,
  encode: async () => ({ parts }),
})

const bodyAsItIs = { decode: async (body: Buffer) => body, parse: async (body: Buffer) => body }

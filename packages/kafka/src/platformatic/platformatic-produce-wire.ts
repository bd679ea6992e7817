import { createAPI, type Reader, Writer } from '@platformatic/kafka'
import type { ProduceWire } from '../produce.ts'
import { produceApi } from '../produce-request.ts'
import type { Cluster } from './cluster.ts'

/** Produce requests by @platformatic/kafka's connections. */
export const platformaticProduceWire = (cluster: Cluster): ProduceWire => ({
  leaderOf: cluster.leaderOf,
  exchange: (nodeId, request) => cluster.askNode(nodeId, exchangeApi, request),
  refresh: (topic) => cluster.refresh([topic]),
})

/** Bodies as they are, both ways. */
const exchangeApi = createAPI<[request: readonly Buffer[]], Buffer>(
  produceApi.key,
  produceApi.version,
  (request) => {
    const writer = Writer.create()
    for (const part of request) writer.append(part)
    return writer
  },
  (_correlationId: number, _apiKey: number, _version: number, reader: Reader) => reader.buffer.slice(reader.position),
  false,
  false,
)

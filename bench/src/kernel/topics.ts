import { type Compatibility, createCodec, createRegistryClient, registerSchemas } from '@interchange/avro'
import { createKafkaTransport } from '@interchange/kafka'
import {
  HeaderBlock,
  type OutboundRecord,
  partitionOf,
  schemaMissing,
  silentLogger,
  type Topic,
  type Transport,
} from '@interchange/messaging'
import { inputs } from './arms.ts'
import { type Order, orderOf, orderTopic, partitionCount, schemaOf } from './order-event.ts'

const compatibility: Compatibility = 'BACKWARD_TRANSITIVE'
const seedBatch = 6_000
/** One trace in a hundred is sampled; the sender decides. */
const sampledEvery = 100

/** The topics of one run: seeds the inputs, makes the producers' topics, proves what arrived. */
export interface Topics {
  seed(names: ReadonlySet<keyof typeof inputs>): Promise<void>
  /** A new topic for a producer. */
  create(name: string): Promise<void>
  /** Throws when a number below `published` is not in the topic; answers how many records are there twice. */
  checkPublished(topic: string, published: number, format: 'avro' | 'numbered'): Promise<number>
  /** Throws when a group has not committed the end of an input's every partition. */
  checkCommitted(groups: readonly string[], input: keyof typeof inputs): Promise<void>
  close(): Promise<void>
}

export const createTopics = async (brokers: string, registryUrl: string): Promise<Topics> => {
  const transport = createKafkaTransport(
    { brokers: brokers.split(','), clientId: 'bench-seed' },
    { logger: silentLogger },
  )
  const codec = createCodec({ source: createRegistryClient({ url: registryUrl }) })
  const admin = await transport.createAdmin()

  const create = async (name: string): Promise<Topic<Order>> => {
    await admin.createTopics([{ name, partitions: partitionCount, replicationFactor: 1, configs: {} }])
    const topic = orderTopic(name, 'writer')
    const versions = [topic.schema, schemaOf(name, 'reader')]
    await registerSchemas(registryUrl, [{ compatibility, versions }])
    await codec.prepare([topic])
    return topic
  }

  return {
    async create(name) {
      await create(name)
    },
    async seed(names) {
      for (const name of names) {
        const { format, count } = inputs[name]
        const topic = await create(name)
        await seedRecords(transport, name, count, (number) => {
          const order = orderOf(number)
          return format === 'avro' ? codec.encode(topic, order) : Buffer.from(JSON.stringify(order))
        })
      }
    },
    async checkPublished(name, published, format) {
      const topic = orderTopic(name, 'writer')
      await codec.prepare([topic])
      const numberOf = (value: Buffer): number => {
        if (format === 'numbered') return value.readUInt32BE(0)
        const order = codec.decode(topic, value)
        return order === schemaMissing ? -1 : order.number
      }
      const offsets = await admin.topicOffsets(name)
      const ranges = offsets.map(({ partition, earliest, latest }) => ({
        topic: name,
        partition,
        fromOffset: earliest,
        untilOffset: latest,
      }))
      const seen = new Uint8Array(published)
      let duplicates = 0
      for await (const { value } of transport.read(ranges)) {
        const number = value === null ? -1 : numberOf(value)
        if (seen[number] === 1) duplicates++
        seen[number] = 1
      }
      const lost = seen.indexOf(0)
      if (lost !== -1) throw new Error(`${name}: record ${lost} was acknowledged and is not there`)
      return duplicates
    },
    async checkCommitted(groups, input) {
      const ends = await admin.topicOffsets(input)
      for (const group of groups) {
        const committed = await admin.committedOffsets(group, [input])
        for (const { partition, latest } of ends) {
          const offset = committed.find((each) => each.partition === partition)?.offset ?? 0
          if (offset < latest) throw new Error(`${group} committed ${offset} of ${latest} in ${input}/${partition}`)
        }
      }
    },
    close: () => admin.close(),
  }
}

/** Keys and three headers as every arm finds them: id, type, trace context. */
const seedRecords = async (
  transport: Transport,
  topic: string,
  count: number,
  encode: (number: number) => Buffer,
): Promise<void> => {
  const producer = await transport.createProducer()
  try {
    for (let first = 0; first < count; first += seedBatch) {
      const length = Math.min(seedBatch, count - first)
      const records = Array.from({ length }, (_, index) => recordOf(topic, first + index, encode))
      for (const outcome of await producer.send(records)) if (outcome.status !== 'ok') throw outcome.error
    }
  } finally {
    await producer.close()
  }
}

const recordOf = (topic: string, number: number, encode: (number: number) => Buffer): OutboundRecord => {
  const { customerId, orderId } = orderOf(number)
  const key = Buffer.from(customerId)
  const trace = number.toString(16).padStart(32, '1')
  const sampled = number % sampledEvery === 0 ? '01' : '00'
  return {
    topic,
    partition: partitionOf(key, partitionCount),
    key,
    value: encode(number),
    headers: HeaderBlock.of([
      { name: 'ce_id', value: orderId },
      { name: 'ce_type', value: 'io.interchange.bench.order.v1' },
      { name: 'traceparent', value: `00-${trace}-b7ad6b7169203331-${sampled}` },
    ]),
  }
}

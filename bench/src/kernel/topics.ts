import { type Compatibility, createCodec, createRegistryClient, registerSchemas } from '@interchange/avro'
import { createKafkaTransport } from '@interchange/kafka'
import { schemaMissing, silentLogger, type Topic, type TransportAdmin } from '@interchange/messaging'
import { type InputName, inputs } from './arms.ts'
import { createOpenLoop, type OpenLoop } from './open-loop.ts'
import { type Order, orderOf, orderTopic, partitionCount, schemaOf } from './order-event.ts'
import { seedOrders } from './seed-orders.ts'

const compatibility: Compatibility = 'BACKWARD_TRANSITIVE'

/** What is in a topic that an arm wrote. */
export interface Written {
  readonly format: 'avro' | 'numbered'
  /** Whether the orders of each key must stand there in their order. */
  readonly ordered: boolean
  /** How often each order must be there: once for every pass that wrote it. */
  readonly times: number
}

/** The topics of one run: seeds the inputs, makes the producers' topics, proves what arrived. */
export interface Topics {
  seed(names: ReadonlySet<InputName>, signal: AbortSignal): Promise<void>
  /** A new topic for a producer. */
  create(name: string): Promise<void>
  /** Throws when a number below `published` is missing in the topic; answers how many records are there once too often. */
  checkWritten(topic: string, published: number, written: Written): Promise<number>
  /** Throws when a group has not committed the end of every partition of a topic. */
  checkCommitted(groups: readonly string[], topic: string): Promise<void>
  openLoop(): Promise<OpenLoop>
  close(): Promise<void>
}

export const createTopics = async (brokers: string, registryUrl: string): Promise<Topics> => {
  const transport = createKafkaTransport(
    // A broker that has just been given hundreds of partitions takes its time to lead them.
    { brokers: brokers.split(','), clientId: 'bench-seed', deliveryTimeoutMs: 60_000 },
    { logger: silentLogger },
  )
  const codec = createCodec({ source: createRegistryClient({ url: registryUrl }) })
  const admin = await transport.createAdmin()

  const create = async (name: string, partitions: number = partitionCount): Promise<Topic<Order>> => {
    await admin.createTopics([{ name, partitions, replicationFactor: 1, configs: {} }])
    const topic = orderTopic(name, 'writer', partitions)
    await registerSchemas(registryUrl, [{ compatibility, versions: [topic.schema, schemaOf(name, 'reader')] }])
    await codec.prepare([topic])
    return topic
  }

  return {
    async create(name) {
      await create(name)
    },
    async seed(names, signal) {
      for (const name of names) {
        const { format, count, partitions } = inputs[name]
        const topic = await create(name, partitions)
        const encode = (number: number): Buffer => {
          const order = orderOf(number)
          return format === 'avro' ? codec.encode(topic, order) : Buffer.from(JSON.stringify(order))
        }
        await seedOrders(transport, { topic: name, partitions, count, encode, signal })
      }
    },
    async checkWritten(name, published, { format, ordered, times }) {
      const topic = orderTopic(name, 'writer')
      await codec.prepare([topic])
      const numberOf = (value: Buffer): number => {
        if (format === 'numbered') return value.readUInt32BE(0)
        const order = codec.decode(topic, value)
        return order === schemaMissing ? -1 : order.number
      }
      const seen = new Uint8Array(published)
      const lastOf = new Map<string, number>()
      let duplicates = 0
      for await (const { key, value } of transport.read(await rangesOf(admin, name))) {
        const number = value === null ? -1 : numberOf(value)
        const before = seen[number] ?? times
        if (before >= times) duplicates++
        else seen[number] = before + 1
        if (!ordered || before > 0) continue
        const name = key?.toString('latin1') ?? ''
        const last = lastOf.get(name) ?? -1
        if (number < last) throw new Error(`${topic.name}: ${number} of ${name} came after ${last}`)
        lastOf.set(name, number)
      }
      const lost = seen.findIndex((count) => count < times)
      if (lost !== -1) throw new Error(`${name}: ${lost} is there ${seen[lost]} times of ${times}`)
      return duplicates
    },
    async checkCommitted(groups, topic) {
      const ends = await admin.topicOffsets(topic)
      for (const group of groups) {
        const committed = await admin.committedOffsets(group, [topic])
        const offsets = new Map(committed.map(({ partition, offset }) => [partition, offset]))
        for (const { partition, latest } of ends) {
          const offset = offsets.get(partition) ?? 0
          if (offset < latest) throw new Error(`${group} committed ${offset} of ${latest} in ${topic}/${partition}`)
        }
      }
    },
    openLoop: () => createOpenLoop(brokers, codec),
    close: () => admin.close(),
  }
}

const rangesOf = async (admin: TransportAdmin, topic: string) => {
  const offsets = await admin.topicOffsets(topic)
  return offsets
    .filter(({ earliest, latest }) => latest > earliest)
    .map(({ partition, earliest, latest }) => ({ topic, partition, fromOffset: earliest, untilOffset: latest }))
}

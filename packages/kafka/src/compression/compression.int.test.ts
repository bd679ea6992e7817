import { randomUUID } from 'node:crypto'
import {
  HeaderBlock,
  type OutboundRecord,
  silentLogger,
  type Transport,
  type TransportAdmin,
} from '@interchange/messaging'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { KafkaConfig } from '../kafka-config.ts'
import { createKafkaTransport } from '../kafka-transport.ts'
import type { CompressionName } from './decompress.ts'

const brokers = (process.env['KAFKA_BROKERS'] ?? '').split(',')
const drivers = ['kafkajs', 'platformatic'] as const
const codecs: readonly CompressionName[] = ['gzip', 'snappy', 'lz4', 'zstd']
/** What is sent is over this, and packed far below it. */
const messageBytesMax = 20_000
const valueBytes = 30_000

const transportOf = (config: Partial<KafkaConfig>): Transport =>
  createKafkaTransport({ brokers, clientId: 'compression', ...config }, { logger: silentLogger })

let admin: TransportAdmin
beforeAll(async () => {
  admin = await transportOf({}).createAdmin()
})
afterAll(() => admin?.close())

describe.each(drivers)('what %s compresses', (driver) => {
  // The broker unpacks what goes into the second topic: somebody else reads what we packed.
  test.each(codecs.flatMap((codec) => ['producer', 'uncompressed'].map((type) => [codec, type] as const)))(
    'with %s is smaller, and both drivers read it as it was (compression.type=%s)',
    async (compression, type) => {
      const topic = `compressed-${randomUUID()}`
      const limit = type === 'producer' ? messageBytesMax : 10 * messageBytesMax
      const configs = { 'compression.type': type, 'max.message.bytes': String(limit) }
      await admin.createTopics([{ name: topic, partitions: 1, replicationFactor: 1, configs }])
      const records = recordsOf(topic)
      const producer = await transportOf({ driver, compression }).createProducer()
      const outcomes = await producer.send(records)
      await producer.close()
      expect(outcomes.map(({ status }) => status)).toEqual(records.map(() => 'ok'))
      for (const reader of drivers) {
        const found = transportOf({ driver: reader }).read([
          { topic, partition: 0, fromOffset: 0, untilOffset: records.length },
        ])
        expect(await bytesOf(found)).toEqual(await bytesOf(records))
      }
    },
  )

  test('not at all, when nothing is said, is refused where it does not fit', async () => {
    const topic = `compressed-${randomUUID()}`
    const configs = { 'max.message.bytes': String(messageBytesMax) }
    await admin.createTopics([{ name: topic, partitions: 1, replicationFactor: 1, configs }])
    const producer = await transportOf({ driver }).createProducer()
    const [outcome] = await producer.send(
      recordsOf(topic).map((record) => ({ ...record, value: Buffer.alloc(valueBytes) })),
    )
    await producer.close()
    expect(outcome).toMatchObject({ status: 'failed', error: { code: 'ICX_KAFKA_REFUSED' } })
  })
})

const recordsOf = (topic: string): readonly OutboundRecord[] => {
  const record = { topic, partition: 0, timestampMs: 1_700_000_000_000 }
  const headers = HeaderBlock.of([
    { name: 'twice', value: 'a' },
    { name: 'twice', value: null },
  ])
  return [
    { ...record, key: null, value: Buffer.alloc(valueBytes, 'abc'), headers: HeaderBlock.empty },
    { ...record, key: Buffer.from('k'), value: null, headers },
    { ...record, key: Buffer.alloc(0), value: Buffer.alloc(valueBytes, 7), headers },
    { ...record, key: Buffer.from([0xff, 0]), value: Buffer.alloc(valueBytes), headers: HeaderBlock.empty },
  ]
}

const bytesOf = async (records: AsyncIterable<OutboundRecord> | Iterable<OutboundRecord>) => {
  const all: unknown[] = []
  for await (const { key, value, headers, timestampMs } of records) {
    all.push([key?.toString('hex') ?? null, value?.toString('hex') ?? null, headers.bytes.toString('hex'), timestampMs])
  }
  return all
}

import { randomUUID } from 'node:crypto'
import {
  ceHeaders,
  HeaderBlock,
  type OutboundRecord,
  type Topic,
  type TransportAdmin,
  type TransportProducer,
} from '@interchange/messaging'
import type { ForeignSchemas } from './foreign-schemas.ts'
import type { OddRecord, Surroundings } from './odd-record.ts'
import { framed, type Parcel, parcel, parcelBytes, parcelTopic } from './parcel.ts'

/** Where an odd record stands in its batch: one partition each. */
export const places = ['first', 'middle', 'last'] as const

/** A record as it was written, and what a handler must see of it. */
export interface Written {
  readonly record: OutboundRecord
  readonly offset: number
  readonly place: (typeof places)[number]
  /** Undefined for a good one. */
  readonly odd: OddRecord | undefined
  readonly handled: Parcel | undefined
}

/** Two topics full of odd records among good ones; written once, for every group to read. */
export interface ParcelLog {
  readonly parcels: Topic<Parcel>
  /** The one whose routes skip null values. */
  readonly entities: Topic<Parcel>
  readonly written: readonly Written[]
}

/** Good records around each odd one. */
const neighbours = 3
const oddAt = { first: 0, middle: 1, last: neighbours } as const

/** Any time that a producer may name; `batch` is one request, so one batch in the log. */
export const parcelTopicConfigs = { 'message.timestamp.after.max.ms': '9223372036854775807' }

export interface ParcelLogOptions {
  readonly prefix: string
  readonly admin: TransportAdmin
  /** Take turns, batch by batch. */
  readonly producers: readonly TransportProducer[]
  readonly compressing: TransportProducer
  readonly odd: readonly OddRecord[]
  /** Registers the schema of a topic and answers with its id. */
  readonly register: (topic: Topic<Parcel>) => Promise<number>
  readonly foreign: ForeignSchemas
}

export const writeParcelLog = async (options: ParcelLogOptions): Promise<ParcelLog> => {
  const { prefix, admin } = options
  const parcels = parcelTopic(`${prefix}.parcels`, places.length)
  const entities = parcelTopic(`${prefix}.entities`, places.length)
  await admin.createTopics(
    [parcels, entities].map(({ name, partitions }) => ({
      name,
      partitions,
      replicationFactor: 1,
      configs: parcelTopicConfigs,
    })),
  )
  const written: Written[] = []
  for (const topic of [parcels, entities]) {
    const schemaId = await options.register(topic)
    const odd = options.odd.filter(({ onEntities = false }) => onEntities === (topic === entities))
    const logs = await Promise.all(places.map((place) => writePartition(options, topic, place, schemaId, odd)))
    written.push(...logs.flat())
  }
  return { parcels, entities, written }
}

type Unsent = Omit<Written, 'offset'>

const writePartition = async (
  { producers, compressing, foreign }: ParcelLogOptions,
  topic: Topic<Parcel>,
  place: Written['place'],
  schemaId: number,
  odd: readonly OddRecord[],
): Promise<readonly Written[]> => {
  const partition = places.indexOf(place)
  const good = (id: string, sequence: number, messageId: string = randomUUID()): Unsent => {
    const handled = parcel(id, { sequence })
    const value = framed(schemaId, parcelBytes(id, { sequence: Buffer.from([sequence * 2]) }))
    const headers = HeaderBlock.of([{ name: ceHeaders.id, value: messageId }])
    const record = { topic: topic.name, partition, key: Buffer.from(id), value, headers }
    return { record, place, odd: undefined, handled }
  }
  const messageId = randomUUID()
  const first = good(`known-${place}`, 1, messageId)
  const known = { messageId, parcel: parcel(`known-${place}`), value: first.record.value ?? Buffer.alloc(0) }

  const batchOf = (each: OddRecord, index: number): readonly Unsent[] => {
    const around: Surroundings = { id: `${place}-${index}`, schemaId, foreign, known }
    const { handled, ...bytes } = each.bytes(around)
    const plain = { topic: topic.name, partition, key: Buffer.from(around.id), value: null, headers: HeaderBlock.empty }
    const batch = Array.from({ length: neighbours }, (_, sequence) => good(around.id, sequence))
    batch.splice(oddAt[place], 0, { record: { ...plain, ...bytes }, place, odd: each, handled })
    return batch
  }

  const written: Written[] = []
  for (const [index, batch] of [[first], ...odd.map(batchOf)].entries()) {
    const compressed = batch.some((each) => each.odd?.compressed === true)
    const producer = compressed ? compressing : producers[index % producers.length]
    const outcomes = await producer?.send(batch.map(({ record }) => record))
    for (const [at, unsent] of batch.entries()) {
      const outcome = outcomes?.[at]
      if (outcome?.status !== 'ok') throw new Error(`${unsent.odd?.what} was not sent`, { cause: outcome?.error })
      written.push({ ...unsent, offset: outcome.offset })
    }
  }
  return written
}

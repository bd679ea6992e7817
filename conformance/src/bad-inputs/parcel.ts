import type { Topic } from '@interchange/messaging'

/** What the good records carry, and the odd ones pretend to: a value of every kind Avro has. */
export interface Parcel {
  readonly id: string
  readonly sequence: number
  readonly weight: number
  readonly kind: 'letter' | 'box'
  readonly contents: readonly string[]
  readonly marks: Readonly<Record<string, string>>
  readonly note: string | null
}

const fields = [
  { name: 'id', type: 'string' },
  { name: 'sequence', type: 'long' },
  { name: 'weight', type: 'double' },
  { name: 'kind', type: { type: 'enum', name: 'Kind', symbols: ['letter', 'box'] } },
  { name: 'contents', type: { type: 'array', items: 'string' } },
  { name: 'marks', type: { type: 'map', values: 'string' } },
  { name: 'note', type: ['null', 'string'] },
]

const recordName = 'io.interchange.conformance.Parcel'

/** The schema of a parcel with some fields of another type or new behind the others, and one left out. */
export const parcelSchema = (changed: Readonly<Record<string, unknown>> = {}, without?: string): string => {
  const kept = fields
    .filter(({ name }) => name !== without)
    .map(({ name, type }) => ({ name, type: changed[name] ?? type }))
  const added = Object.entries(changed)
    .filter(([name]) => fields.every((field) => field.name !== name))
    .map(([name, type]) => ({ name, type }))
  return JSON.stringify({ type: 'record', name: recordName, fields: [...kept, ...added] })
}

/** A topic of parcels by this name, keyed by their id. */
export const parcelTopic = (name: string, partitions: number): Topic<Parcel> => ({
  name,
  kind: 'internal',
  keyOf: ({ id }) => id,
  schema: { subject: `${name}-value`, recordName, version: 1, text: parcelSchema() },
  partitions,
  retentionMs: -1,
  cleanup: 'delete',
  eventType: recordName,
  owner: 'conformance',
  groups: [],
  description: 'good records and odd ones',
})

export const parcel = (id: string, more: Partial<Parcel> = {}): Parcel => ({
  id,
  sequence: 1,
  weight: 0.5,
  kind: 'letter',
  contents: [],
  marks: {},
  note: null,
  ...more,
})

/** A zigzag varint of 64 bits, as Avro writes int, long, lengths, counts and branches. */
export const long = (value: bigint): Buffer => {
  const bytes: number[] = []
  for (let rest = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n)); ; rest >>= 7n) {
    if (rest < 0x80n) return Buffer.from([...bytes, Number(rest)])
    bytes.push(Number(rest & 0x7fn) | 0x80)
  }
}

/** A length, then UTF-8 or whatever bytes are given. */
export const text = (content: string | Buffer): Buffer => {
  const bytes = Buffer.from(content)
  return Buffer.concat([long(BigInt(bytes.length)), bytes])
}

export const double = (value: number): Buffer => {
  const bytes = Buffer.alloc(8)
  bytes.writeDoubleLE(value)
  return bytes
}

/** The Confluent frame: magic byte 0, then the schema id. */
export const framed = (schemaId: number, ...body: readonly Buffer[]): Buffer => {
  const frame = Buffer.alloc(5)
  frame.writeInt32BE(schemaId, 1)
  return Buffer.concat([frame, ...body])
}

/** A parcel field by field, written by hand: any field may be any bytes. */
export const parcelBytes = (id: string, odd: Partial<Record<keyof Parcel, Buffer>> = {}): Buffer => {
  const plain: Record<keyof Parcel, Buffer> = {
    id: text(id),
    sequence: long(1n),
    weight: double(0.5),
    kind: long(0n),
    contents: long(0n),
    marks: long(0n),
    note: long(0n),
  }
  return Buffer.concat(Object.values({ ...plain, ...odd }))
}

import { parcelSchema } from './parcel.ts'

/** Ids of schemas that a topic's own producer would never write with, as a registry gives them. */
export interface ForeignSchemas {
  /** Another record type, of another subject. */
  readonly otherRecord: number
  /** A parcel without a field that has no default. */
  readonly withoutField: number
  /** Schemas that are not Avro. */
  readonly json: number
  readonly protobuf: number
  /** Avro that names a type of another subject. */
  readonly referring: number
  /** A parcel with a list that contains itself. */
  readonly recursive: number
  /** A parcel whose kind, or note, may be more than the reader knows. */
  readonly widerEnum: number
  readonly widerUnion: number
}

const link = { type: 'record', name: 'Link', fields: [{ name: 'next', type: ['null', 'Link'] }] }
const address = { type: 'record', name: 'Address', namespace: 'io.other', fields: [{ name: 'city', type: 'string' }] }

const jsonSchema = { $schema: 'http://json-schema.org/draft-07/schema#', type: 'object' }

/** Registers them under subjects that begin with `prefix`; ids are the registry's. */
export const registerForeignSchemas = async (registryUrl: string, prefix: string): Promise<ForeignSchemas> => {
  const register = async (subject: string, content: object): Promise<number> => {
    const answer = await fetch(`${registryUrl}/subjects/${prefix}-${subject}/versions`, {
      method: 'POST',
      headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
      body: JSON.stringify(content),
      signal: AbortSignal.timeout(10_000),
    })
    const { id } = (await answer.json()) as { id?: number }
    if (!answer.ok || id === undefined) throw new Error(`the registry refuses ${subject}: ${answer.status}`)
    return id
  }
  const avro = (subject: string, schema: string): Promise<number> => register(subject, { schema })

  const otherRecord = await avro('address', JSON.stringify(address))
  const references = [{ name: 'io.other.Address', subject: `${prefix}-address`, version: 1 }]
  const sender = { name: 'sender', type: 'io.other.Address' }
  const shipment = { type: 'record', name: 'Shipment', fields: [sender] }
  return {
    otherRecord,
    withoutField: await avro('without-field', parcelSchema({}, 'sequence')),
    json: await register('json', { schemaType: 'JSON', schema: JSON.stringify(jsonSchema) }),
    protobuf: await register('protobuf', {
      schemaType: 'PROTOBUF',
      schema: 'syntax = "proto3"; message Parcel { string id = 1; }',
    }),
    referring: await register('referring', { schema: JSON.stringify(shipment), references }),
    recursive: await avro('recursive', parcelSchema({ chain: ['null', link] })),
    widerEnum: await avro(
      'wider-enum',
      parcelSchema({ kind: { type: 'enum', name: 'Kind', symbols: ['letter', 'box', 'crate'] } }),
    ),
    widerUnion: await avro('wider-union', parcelSchema({ note: ['null', 'string', 'long'] })),
  }
}

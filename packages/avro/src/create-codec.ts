import {
  type AnyTopic,
  type Clock,
  type Codec,
  InterchangeError,
  type SchemaReference,
  schemaMissing,
  systemClock,
  type Topic,
} from '@interchange/messaging'
import type avro from 'avsc'
import { frameBytes, frameId } from './frame.ts'
import { parseSchema } from './parse-schema.ts'
import type { SchemaSource } from './registry-client.ts'
import { type ByteScan, defaultScanLimits, type ScanLimits } from './scan-bytes.ts'
import { createSlab } from './slab.ts'
import { createWriterSchemas, setBounded, type WriterSchema } from './writer-schemas.ts'

/** What a codec needs, and the bounds of what it believes and keeps. */
export interface CodecOptions {
  readonly source: SchemaSource
  readonly clock?: Clock
  readonly limits?: ScanLimits
  /** How long an id that the registry does not know is refused without asking again. */
  readonly unknownTtlMs?: number
  /** How often a second the registry is asked in vain: a flood of ids that nobody registered waits here. */
  readonly unknownPerSecondMax?: number
  /** Writer ids kept, and as many refused ones. */
  readonly idsMax?: number
  readonly slabBytes?: number
}

type Resolver = ReturnType<avro.Type['createResolver']>

/** One writer as one reader sees it. */
interface Pairing {
  readonly scan: ByteScan
  /** Undefined when writer and reader have the same fingerprint: the reader's own type reads fastest. */
  readonly resolver: Resolver | undefined
  /** Why the reader cannot read this writer, undefined when it can. */
  readonly refusal: string | undefined
}

/** One schema of ours: how we read it, and the id we write it under. */
interface Reader {
  readonly schema: SchemaReference
  readonly type: avro.Type
  readonly pairings: Map<number, Pairing>
  lastId: number
  lastPairing: Pairing | undefined
  writerId: number | undefined
}

const contract = (code: 'ICX_AVRO_NOT_FRAMED' | 'ICX_AVRO_SCHEMA_UNKNOWN', what: string): InterchangeError =>
  new InterchangeError(code, what, { class: 'contract' })

/** The id in the frame; throws class `contract` on bytes that no registry can help with. */
const writerIdOf = (bytes: Buffer): number => {
  const id = frameId(bytes)
  if (id === undefined) throw contract('ICX_AVRO_NOT_FRAMED', `${bytes.length} bytes without a Confluent frame`)
  if (id <= 0) throw contract('ICX_AVRO_SCHEMA_UNKNOWN', `no registry gives the schema id ${id}`)
  return id
}

const pair = (reader: Reader, writer: WriterSchema): Pairing => {
  if (reader.type.equals(writer.type)) return { scan: writer.scan, resolver: undefined, refusal: undefined }
  try {
    return { scan: writer.scan, resolver: reader.type.createResolver(writer.type), refusal: undefined }
  } catch {
    const written = writer.type.name ?? writer.type.typeName
    const { recordName, version } = reader.schema
    const refusal = `${recordName} v${version} cannot read what was written as ${written}`
    return { scan: writer.scan, resolver: undefined, refusal }
  }
}

/** What a type takes, where its name says too little. */
const wantedValues: Readonly<Record<string, string>> = {
  int: 'whole number of 32 bits',
  long: 'whole number within 2^52',
  string: 'well-formed string',
}

/** avsc's own message holds the value, which may be personal: name the place and what belongs there instead. */
const encodeError = (reader: Reader, value: unknown): InterchangeError => {
  const { recordName } = reader.schema
  let path = ''
  let wanted = ''
  reader.type.isValid(value, {
    errorHook(at, _value, type) {
      if (wanted !== '') return
      path = at.join('.')
      wanted = type.name ?? wantedValues[type.typeName] ?? type.typeName
    },
  })
  const what = `${path || 'the value'} is not a ${wanted || recordName}`
  const facts = { schema: recordName, path }
  return new InterchangeError('ICX_AVRO_ENCODE', `${recordName}: ${what}`, { class: 'poison', facts })
}

/** Avro in Confluent framing behind the kernel's port; needs only to read the registry. */
export const createCodec = (options: CodecOptions): Codec => {
  const { source, clock = systemClock, limits = defaultScanLimits } = options
  const { unknownTtlMs = 30_000, unknownPerSecondMax = 4, idsMax = 1_000, slabBytes = 65_536 } = options
  const writers = createWriterSchemas({ source, clock, limits, unknownTtlMs, unknownPerSecondMax, idsMax })
  const slab = createSlab(slabBytes)
  const readers = new Map<SchemaReference, Reader>()
  let lastReader: Reader | undefined

  const readerOf = (schema: SchemaReference): Reader => {
    if (lastReader?.schema === schema) return lastReader
    let reader = readers.get(schema)
    if (reader === undefined) {
      const type = parseSchema(schema.text)
      reader = { schema, type, pairings: new Map(), lastId: 0, lastPairing: undefined, writerId: undefined }
      readers.set(schema, reader)
    }
    lastReader = reader
    return reader
  }

  const pairingOf = (reader: Reader, id: number): Pairing | undefined => {
    if (id === reader.lastId) return reader.lastPairing
    let pairing = reader.pairings.get(id)
    if (pairing === undefined) {
      const writer = writers.get(id)
      if (writer === undefined) return undefined
      pairing = pair(reader, writer)
      setBounded(reader.pairings, id, pairing, idsMax)
    }
    reader.lastId = id
    reader.lastPairing = pairing
    return pairing
  }

  const prepareOne = async (schema: SchemaReference): Promise<void> => {
    const reader = readerOf(schema)
    if (reader.writerId !== undefined) return
    const id = await source.idOf(schema.subject, schema.text)
    writers.learn(id, schema.text)
    reader.writerId = id
  }

  return {
    async prepare(topics) {
      await Promise.all([...new Set(topics.map((topic) => topic.schema))].map(prepareOne))
    },

    encode<Value>(topic: Topic<Value>, value: Value): Buffer {
      const reader = readerOf(topic.schema)
      if (reader.writerId === undefined) {
        const what = `${topic.name} was not prepared before its first value was written`
        throw new InterchangeError('ICX_REGISTRY_NOT_REGISTERED', what, {
          class: 'fatal',
          facts: { topic: topic.name },
        })
      }
      try {
        return slab.write(reader.writerId, reader.type, value)
      } catch {
        throw encodeError(reader, value)
      }
    },

    decode<Value>(topic: Topic<Value>, bytes: Buffer): Value | typeof schemaMissing {
      const reader = readerOf(topic.schema)
      const id = writerIdOf(bytes)
      const pairing = pairingOf(reader, id)
      if (pairing === undefined) {
        const refusal = writers.refusal(id)
        if (refusal !== undefined) throw refusal
        return schemaMissing
      }
      if (pairing.refusal !== undefined) {
        const facts = { schemaId: id, reader: reader.schema.recordName }
        throw new InterchangeError('ICX_AVRO_SCHEMA_INCOMPATIBLE', pairing.refusal, { class: 'contract', facts })
      }
      pairing.scan(bytes, frameBytes)
      return reader.type.decode(bytes, frameBytes, pairing.resolver).value as Value
    },

    async resolve(topic: AnyTopic, bytes: Buffer): Promise<void> {
      const id = writerIdOf(bytes)
      if (pairingOf(readerOf(topic.schema), id) !== undefined) return
      const refusal = writers.refusal(id)
      if (refusal !== undefined) throw refusal
      await writers.load(id)
    },

    schemaId: frameId,
  }
}

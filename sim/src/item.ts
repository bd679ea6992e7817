import type { Codec, Topic } from '@interchange/messaging'
import type { Kernel } from './kernel.ts'
import type { PlannedMessage } from './plan.ts'
import type { SchemaAnswer } from './registry.ts'

/** What travels: a message of the plan, and which of its outputs. */
export interface Item {
  readonly n: number
  readonly key: string
  readonly part: number
  readonly schema: 1 | 2
  readonly pad: string
}

export const itemOf = ({ n, schema, padBytes }: PlannedMessage, key: string, part: number): Item => ({
  n,
  key,
  part,
  schema,
  pad: 'x'.repeat(padBytes),
})

export const itemTopic = (name: string, partitions: number): Topic<Item> => ({
  name,
  kind: 'internal',
  keyOf: (item) => item.key,
  schema: { subject: `${name}-value`, recordName: 'sim.Item', version: 1, text: '{}' },
  partitions,
  retentionMs: -1,
  cleanup: 'delete',
  eventType: `sim.${name}.v1`,
  owner: 'sim',
  groups: [],
  description: 'what the simulator sends',
})

/** JSON behind a zero byte and a byte for the schema, which has to be asked for when it is not the first. */
export const itemCodec = (
  { InterchangeError, schemaMissing }: Kernel,
  askRegistry: (schemaId: number) => Promise<SchemaAnswer>,
): Codec => {
  const known = new Set<number>()
  const resolve = async (schemaId: number): Promise<void> => {
    if ((await askRegistry(schemaId)) === 'unknown')
      throw new InterchangeError('ICX_AVRO_SCHEMA_UNKNOWN', `no schema ${schemaId}`, { class: 'contract' })
    known.add(schemaId)
  }
  return {
    prepare: () => resolve(1),
    resolve: (_topic, bytes) => resolve(bytes[1] ?? 0),
    schemaId: (bytes) => bytes[1],
    encode(_topic, value) {
      const item = value as Item
      return Buffer.from(`\0${String.fromCharCode(item.schema)}${JSON.stringify(item)}`)
    },
    decode(_topic, bytes) {
      if (bytes[0] !== 0) throw new InterchangeError('ICX_AVRO_NOT_FRAMED', 'no frame', { class: 'contract' })
      return known.has(bytes[1] ?? 0) ? JSON.parse(bytes.toString('utf8', 2)) : schemaMissing
    },
  }
}

/** What a value says, undefined when it is nobody's item. */
export const readItem = (value: Buffer | null): Item | undefined => {
  if (value === null || value[0] !== 0 || value[1] === unknownSchema) return undefined
  const item: Item = JSON.parse(value.toString('utf8', 2))
  return item.n < 0 ? undefined : item
}

/** No registry has it. */
export const unknownSchema = 9

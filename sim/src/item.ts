import type { Codec, Topic } from '@interchange/messaging'
import type { Kernel } from './kernel.ts'

/** What travels: a message of the plan, and which of its outputs. */
export interface Item {
  readonly n: number
  readonly key: string
  readonly part: number
}

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

/** JSON behind one zero byte. */
export const itemCodec = ({ InterchangeError }: Kernel): Codec => ({
  prepare: async () => undefined,
  resolve: async () => undefined,
  schemaId: () => undefined,
  encode: (_topic, value) => Buffer.from(`\0${JSON.stringify(value)}`),
  decode(_topic, bytes) {
    if (bytes[0] !== 0) throw new InterchangeError('ICX_AVRO_NOT_FRAMED', 'no frame', { class: 'contract' })
    return JSON.parse(bytes.toString('utf8', 1))
  },
})

/** What a value says, undefined when it is nobody's item. */
export const readItem = (value: Buffer | null): Item | undefined => {
  if (value === null || value[0] !== 0) return undefined
  const item: Item = JSON.parse(value.toString('utf8', 1))
  return item.n < 0 ? undefined : item
}

import { type Clock, InterchangeError, type SchemaReference, schemaMissing, type Topic } from '@interchange/messaging'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createCodec } from './create-codec.ts'
import type { SchemaSource } from './registry-client.ts'

interface Order {
  readonly id: string
  readonly lines: readonly { readonly sku: string; readonly quantity: number }[]
  readonly channel: 'unknown' | 'web'
}

const line = {
  type: 'record',
  name: 'Line',
  fields: [
    { name: 'sku', type: 'string' },
    { name: 'quantity', type: 'long' },
  ],
}
const fields = [
  { name: 'id', type: 'string' },
  { name: 'lines', type: { type: 'array', items: line } },
]
const channel = {
  name: 'channel',
  type: { type: 'enum', name: 'Channel', symbols: ['unknown', 'web'], default: 'unknown' },
  default: 'unknown',
}
const recordText = (recordFields: readonly unknown[], name = 'Order'): string =>
  JSON.stringify({ type: 'record', name, namespace: 'io.test', fields: recordFields })

const textV1 = recordText(fields)
const textV2 = recordText([...fields, channel])

const topicOf = (text: string, version = 2): Topic<Order> => {
  const schema: SchemaReference = { subject: 'test.order.v1-value', recordName: 'io.test.Order', version, text }
  return {
    name: 'test.order.v1',
    kind: 'canonical',
    keyOf: (order) => order.id,
    schema,
    partitions: 1,
    retentionMs: -1,
    cleanup: 'delete',
    eventType: 'io.interchange.test.order.v1',
    owner: 'test',
    groups: [],
    description: 'An order.',
  }
}

/** A registry in memory: the port itself, with a count of what it was asked. */
const registryOf = (texts: ReadonlyMap<number, string>) => {
  const asked: number[] = []
  const source: SchemaSource = {
    async schemaText(id) {
      asked.push(id)
      const text = texts.get(id)
      if (text === undefined) throw new InterchangeError('ICX_AVRO_SCHEMA_UNKNOWN', 'unknown', { class: 'contract' })
      return text
    },
    async idOf(_subject, text) {
      for (const [id, known] of texts) if (known === text) return id
      throw new InterchangeError('ICX_REGISTRY_NOT_REGISTERED', 'not registered', { class: 'fatal' })
    },
  }
  return { source, asked }
}

const texts = new Map([
  [1, textV1],
  [2, textV2],
  [3, recordText(fields, 'Parcel')],
  [4, recordText([{ name: 'id', type: 'long' }])],
  [5, '{"type":"record","name":"Broken","fields":[{"name":"a","type":"Nowhere"}]}'],
])
const order: Order = { id: 'o-1', lines: [{ sku: 'A', quantity: 2 }], channel: 'web' }
const v1 = topicOf(textV1, 1)
const v2 = topicOf(textV2)

const framed = (id: number, body = Buffer.alloc(0)): Buffer => {
  const frame = Buffer.alloc(5)
  frame.writeInt32BE(id, 1)
  return Buffer.concat([frame, body])
}
const refusal = (code: string, failureClass = 'contract') => expect.objectContaining({ code, failureClass })

describe('createCodec', () => {
  it('reads back what it wrote', async () => {
    const codec = createCodec({ source: registryOf(texts).source })
    await codec.prepare([v2])
    const bytes = codec.encode(v2, order)
    expect(codec.schemaId(bytes)).toBe(2)
    expect(codec.decode(v2, bytes)).toEqual(order)
  })

  it('reads back whatever fits its schema, from one buffer after another', { timeout: 60_000 }, async () => {
    const codec = createCodec({ source: registryOf(texts).source, slabBytes: 512 })
    await codec.prepare([v2])
    const anyOrder = fc.record({
      id: fc.string({ unit: 'binary' }),
      lines: fc.array(fc.record({ sku: fc.string(), quantity: fc.integer({ min: -(2 ** 52), max: 2 ** 52 }) })),
      channel: fc.constantFrom('unknown' as const, 'web' as const),
    })
    const kept: { value: Order; bytes: Buffer }[] = []
    fc.assert(
      fc.property(anyOrder, (value) => void kept.push({ value, bytes: codec.encode(v2, value) })),
      { numRuns: 2_000 },
    )
    for (const { value, bytes } of kept) expect(codec.decode(v2, bytes)).toEqual(value)
  })

  it('reads an older writer with its own defaults, once the writer is known', async () => {
    const { source, asked } = registryOf(texts)
    const writer = createCodec({ source })
    await writer.prepare([v1])
    const { channel: _, ...old } = order
    const bytes = writer.encode(v1, old as Order)

    const reader = createCodec({ source })
    await reader.prepare([v2])
    expect(reader.decode(v2, bytes)).toBe(schemaMissing)
    await reader.resolve(v2, bytes)
    expect(reader.decode(v2, bytes)).toEqual({ ...old, channel: 'unknown' })
    expect(asked).toEqual([1])
  })

  it('reads a newer writer by leaving out what it does not know', async () => {
    const codec = createCodec({ source: registryOf(texts).source })
    await codec.prepare([v1, v2])
    expect(codec.decode(v1, codec.encode(v2, order))).toEqual({ id: order.id, lines: order.lines })
  })

  it('asks the registry once for a writer, however many wait for it', async () => {
    const { source, asked } = registryOf(texts)
    const codec = createCodec({ source })
    await Promise.all(Array.from({ length: 1_000 }, () => codec.resolve(v2, framed(1))))
    expect(asked).toEqual([1])
  })

  it('remembers an unknown id for its time, then asks again', async () => {
    let nowMs = 0
    const clock: Clock = { now: () => nowMs, after: () => () => undefined }
    const { source, asked } = registryOf(texts)
    const codec = createCodec({ source, clock, unknownTtlMs: 30_000 })
    await expect(codec.resolve(v2, framed(99))).rejects.toThrow(refusal('ICX_AVRO_SCHEMA_UNKNOWN'))
    await expect(codec.resolve(v2, framed(99))).rejects.toThrow(refusal('ICX_AVRO_SCHEMA_UNKNOWN'))
    expect(() => codec.decode(v2, framed(99))).toThrow(refusal('ICX_AVRO_SCHEMA_UNKNOWN'))
    expect(asked).toEqual([99])
    nowMs = 30_000
    expect(codec.decode(v2, framed(99))).toBe(schemaMissing)
    await expect(codec.resolve(v2, framed(99))).rejects.toThrow(refusal('ICX_AVRO_SCHEMA_UNKNOWN'))
    expect(asked).toEqual([99, 99])
  })

  it('does not remember an outage against an id', async () => {
    let isDown = true
    const { source } = registryOf(texts)
    const codec = createCodec({
      source: {
        ...source,
        async schemaText(id) {
          if (isDown) throw new InterchangeError('ICX_REGISTRY_UNAVAILABLE', 'down', { class: 'outage' })
          return source.schemaText(id)
        },
      },
    })
    await expect(codec.resolve(v2, framed(1))).rejects.toThrow(refusal('ICX_REGISTRY_UNAVAILABLE', 'outage'))
    expect(codec.decode(v2, framed(1))).toBe(schemaMissing)
    isDown = false
    await expect(codec.resolve(v2, framed(1))).resolves.toBeUndefined()
  })

  it('keeps a bounded number of writers and can still read the evicted ones', async () => {
    const { source, asked } = registryOf(texts)
    const codec = createCodec({ source, idsMax: 1 })
    for (const id of [1, 2, 1]) await codec.resolve(v2, framed(id))
    expect(asked).toEqual([1, 2, 1])
  })

  it.each([
    ['another record type', 3],
    ['a field of another type', 4],
  ])('refuses %s for good', async (_what, id) => {
    const codec = createCodec({ source: registryOf(texts).source })
    await codec.resolve(v2, framed(id))
    expect(() => codec.decode(v2, framed(id))).toThrow(refusal('ICX_AVRO_SCHEMA_INCOMPATIBLE'))
  })

  it('refuses a schema with an unresolved reference for good', async () => {
    const codec = createCodec({ source: registryOf(texts).source })
    await expect(codec.resolve(v2, framed(5))).rejects.toThrow(refusal('ICX_AVRO_SCHEMA_UNUSABLE'))
  })

  it('does not start when its own schema is not registered', async () => {
    const codec = createCodec({ source: registryOf(new Map()).source })
    await expect(codec.prepare([v2])).rejects.toThrow(refusal('ICX_REGISTRY_NOT_REGISTERED', 'fatal'))
    expect(() => codec.encode(v2, order)).toThrow(refusal('ICX_REGISTRY_NOT_REGISTERED', 'fatal'))
  })

  it('writes values of every size around the end of a slab, and keeps each one intact', async () => {
    const codec = createCodec({ source: registryOf(texts).source, slabBytes: 256 })
    await codec.prepare([v2])
    const orders = Array.from({ length: 600 }, (_, index) => ({ ...order, id: 'x'.repeat(index) }))
    const written = orders.map((value) => codec.encode(v2, value))
    expect(written.map((bytes) => codec.decode(v2, bytes))).toEqual(orders)
  })

  describe('names the field and never the value when a value does not fit', () => {
    const wrong: readonly [string, unknown, string][] = [
      [
        'a fraction',
        { ...order, lines: [{ sku: 'A', quantity: 1.5 }] },
        'lines.0.quantity is not a whole number within 2^52',
      ],
      [
        'a number beyond 2^53',
        { ...order, lines: [{ sku: 'A', quantity: 2 ** 53 }] },
        'lines.0.quantity is not a whole number within 2^52',
      ],
      [
        'NaN',
        { ...order, lines: [{ sku: 'A', quantity: Number.NaN }] },
        'lines.0.quantity is not a whole number within 2^52',
      ],
      ['a missing field', { lines: [], channel: 'web' }, 'id is not a well-formed string'],
      ['another symbol', { ...order, channel: 'secret' }, 'channel is not a io.test.Channel'],
      ['two wrong fields: the first', { id: 1, lines: 2, channel: 'web' }, 'id is not a well-formed string'],
      ['null', null, 'the value is not a io.test.Order'],
      ['a lone surrogate', { ...order, id: 'secret\ud800' }, 'id is not a well-formed string'],
    ]
    it.each(wrong)('%s', async (_what, value, message) => {
      const codec = createCodec({ source: registryOf(texts).source })
      await codec.prepare([v2])
      const attempt = (): Buffer => codec.encode(v2, value as Order)
      expect(attempt).toThrow(refusal('ICX_AVRO_ENCODE', 'poison'))
      expect(attempt).toThrow(`io.test.Order: ${message}`)
      expect(attempt).not.toThrow(/secret/)
    })

    it.each(['constructor', '__proto__', 'toString'])('the symbol %s, which every object has', async (symbol) => {
      const codec = createCodec({ source: registryOf(texts).source })
      await codec.prepare([v2])
      expect(() => codec.encode(v2, { ...order, channel: symbol as 'web' })).toThrow(
        refusal('ICX_AVRO_ENCODE', 'poison'),
      )
    })
  })
})

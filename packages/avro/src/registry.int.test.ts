import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type SchemaReference, schemaMissing, type Topic } from '@interchange/messaging'
import { SchemaRegistry, SchemaType } from '@kafkajs/confluent-schema-registry'
import { beforeAll, describe, expect, it } from 'vitest'
import { createCodec } from './create-codec.ts'
import { registerSchemas } from './register-schemas.ts'
import { createRegistryClient } from './registry-client.ts'
import { readSchemaFolders, type SchemaFolder } from './schema-folders.ts'

const url = process.env['SCHEMA_REGISTRY_URL'] ?? ''
const schemas = fileURLToPath(new URL('../../../schemas', import.meta.url))
const run = randomUUID().slice(0, 8)
const source = createRegistryClient({ url })
const oracle = new SchemaRegistry({ host: url })
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

const referencesOf = (folder: SchemaFolder): readonly SchemaReference[] =>
  folder.versions.map(({ version, text }) => ({
    subject: `${run}.${folder.subject}`,
    recordName: folder.subject,
    version,
    text: JSON.stringify(JSON.parse(text)),
  }))

const topicOf = (schema: SchemaReference): Topic<unknown> => ({
  name: schema.subject,
  kind: 'canonical',
  keyOf: () => '',
  schema,
  partitions: 1,
  retentionMs: -1,
  cleanup: 'delete',
  eventType: schema.subject,
  owner: 'test',
  groups: [],
  description: '',
})

const subjects = readSchemaFolders(schemas).map((folder) => ({
  folder,
  topics: referencesOf(folder).map(topicOf),
  samples: folder.samples.map(({ version, text }) => ({ version, value: JSON.parse(text) as unknown })),
}))
const orders = subjects.find(({ folder }) => folder.subject === 'sales.order-placed.v1-value')

describe('the codec against a real registry', () => {
  beforeAll(async () => {
    const wanted = subjects.map(({ topics }) => ({
      compatibility: 'FULL_TRANSITIVE' as const,
      versions: topics.map(({ schema }) => schema),
    }))
    const first = await registerSchemas(url, wanted)
    expect(await registerSchemas(url, wanted)).toEqual(first)
  })

  it('writes every sample of every schema as the registry library reads it, and reads it as the library writes it', async () => {
    let compared = 0
    const codec = createCodec({ source })
    for (const { topics, samples } of subjects) {
      await codec.prepare(topics)
      for (const { version, value } of samples) {
        const topic = topics[version - 1]
        if (topic === undefined) throw new Error(`no version ${version}`)
        const ours = codec.encode(topic, value)
        expect(plain(await oracle.decode(ours))).toEqual(value)
        const theirs = await oracle.encode(codec.schemaId(ours) ?? 0, value)
        expect(ours.equals(theirs)).toBe(true)
        expect(plain(codec.decode(topic, theirs))).toEqual(value)
        compared++
      }
    }
    expect(compared).toBeGreaterThanOrEqual(30)
  })

  it('reads both versions of an order, each with the reader of the other', async () => {
    const [v1, v2] = orders?.topics ?? []
    const [old, recent] = [1, 2].map((version) => orders?.samples.find((sample) => sample.version === version)?.value)
    if (v1 === undefined || v2 === undefined) throw new Error('order-placed has two versions')
    const writer = createCodec({ source })
    await writer.prepare([v1, v2])
    const reader = createCodec({ source })
    const oldBytes = writer.encode(v1, old)
    expect(reader.decode(v2, oldBytes)).toBe(schemaMissing)
    await reader.resolve(v2, oldBytes)
    expect(plain(reader.decode(v2, oldBytes))).toEqual({
      ...(old as object),
      channel: 'unknown',
      shippingMinor: 0,
      discountMinor: 0,
      taxMinor: 0,
    })
    const recentBytes = writer.encode(v2, recent)
    await reader.resolve(v1, recentBytes)
    const { channel, shippingMinor, discountMinor, taxMinor, ...rest } = recent as Record<string, unknown>
    expect(plain(reader.decode(v1, recentBytes))).toEqual(rest)
    expect([channel, shippingMinor, discountMinor, taxMinor]).not.toContain(undefined)
  })

  it('refuses to start a service whose schema nobody registered', async () => {
    const schema = {
      subject: `${run}.nobody-value`,
      recordName: 'N',
      version: 1,
      text: '{"type":"record","name":"N","fields":[]}',
    }
    await expect(createCodec({ source }).prepare([topicOf(schema)])).rejects.toThrow(
      expect.objectContaining({ code: 'ICX_REGISTRY_NOT_REGISTERED', failureClass: 'fatal' }),
    )
  })

  it('refuses an id that the registry does not know, and one that is not Avro', async () => {
    const topic = orders?.topics[0] as Topic<unknown>
    const framed = (id: number): Buffer => {
      const bytes = Buffer.alloc(6)
      bytes.writeInt32BE(id, 1)
      return bytes
    }
    const codec = createCodec({ source })
    await expect(codec.resolve(topic, framed(2 ** 31 - 1))).rejects.toThrow(
      expect.objectContaining({ code: 'ICX_AVRO_SCHEMA_UNKNOWN', failureClass: 'contract' }),
    )
    const json = JSON.stringify({ $schema: 'http://json-schema.org/draft-07/schema#', title: run, type: 'object' })
    const { id } = await oracle.register({ type: SchemaType.JSON, schema: json }, { subject: `${run}.json-value` })
    await expect(codec.resolve(topic, framed(id))).rejects.toThrow(
      expect.objectContaining({ code: 'ICX_AVRO_SCHEMA_UNUSABLE', failureClass: 'contract' }),
    )
  })

  it('brings a subject back to our policy when somebody loosened it', async () => {
    const text = readFileSync(`${schemas}/sales/order-placed/v1.avsc`, 'utf8')
    const subject = `${run}.policy.v1-value`
    const versions = [{ subject, recordName: 'O', version: 1, text }]
    await registerSchemas(url, [{ compatibility: 'BACKWARD_TRANSITIVE', versions }])
    await registerSchemas(url, [{ compatibility: 'FULL_TRANSITIVE', versions }])
    const answer = await fetch(`${url}/config/${subject}`)
    expect(await answer.json()).toEqual({ compatibilityLevel: 'FULL_TRANSITIVE' })
  })

  it('has a registry that refuses what the offline check refuses', async () => {
    const text = readFileSync(`${schemas}/sales/order-placed/v1.avsc`, 'utf8')
    const { fields, ...record } = JSON.parse(text) as { fields: readonly { name: string }[] }
    const broken = { ...record, fields: fields.filter(({ name }) => name !== 'currency') }
    const schema = {
      subject: `${run}.sales.order-placed.v1-value`,
      recordName: 'O',
      version: 3,
      text: JSON.stringify(broken),
    }
    await expect(
      registerSchemas(url, [{ compatibility: 'FULL_TRANSITIVE', versions: [schema] }]),
    ).rejects.toMatchObject({ status: 409 })
  })
})

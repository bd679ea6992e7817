import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { catalogue, groups, groupsOf, physicalTopicsOf, topics, topicsOf, versionsOf } from './catalogue.ts'
import { schemaVersions } from './generated/schema-versions.ts'
import { timestampMillis } from './logical-types.ts'

const schemas = fileURLToPath(new URL('../../../schemas', import.meta.url))

describe('the catalogue', () => {
  it('carries the newest version of every schema in exactly one topic', () => {
    const subjects = schemaVersions.map((versions) => versions.at(-1))
    expect(topics.map(({ schema }) => schema).sort((a, b) => (a.subject < b.subject ? -1 : 1))).toEqual(
      subjects.sort((a, b) => ((a?.subject ?? '') < (b?.subject ?? '') ? -1 : 1)),
    )
  })

  it('names no physical topic twice, and none that Kafka would refuse', () => {
    const names = catalogue.map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
    for (const name of names) expect(name).toMatch(/^[a-z0-9.-]{1,249}$/)
  })

  it('gives every group a dead-letter topic that keeps for ever and a replay lane, partitioned like their topic', () => {
    for (const topic of topics) {
      const lanes = catalogue.filter((physical) => physical.topic === topic && physical.group !== undefined)
      expect(lanes.map(({ role, group }) => `${role} of ${group}`)).toEqual(
        topic.groups.flatMap((group) => [`dead-letters of ${group}`, `replay of ${group}`]),
      )
      for (const lane of lanes) {
        expect(lane.partitions).toBe(topic.partitions)
        expect(lane.configs['cleanup.policy']).toBe('delete')
        expect(lane.configs['retention.ms']).toBe(lane.role === 'dead-letters' ? '-1' : '604800000')
        expect(lane.configs['max.message.bytes']).toBe('1114124')
      }
    }
  })

  it('gives a group the retry topics it asks for, kept as long as their topic and partitioned like it', () => {
    const [topic] = topics
    if (topic === undefined) throw new Error('no topic')
    const [group = ''] = topic.groups
    const retries = physicalTopicsOf({ ...topic, retryDelaysMs: { [group]: [1_000, 60_000], other: [5] } }).filter(
      ({ role }) => role === 'retry',
    )
    expect(retries.map(({ name }) => name)).toEqual([
      `${topic.name}.${group}.retry.1`,
      `${topic.name}.${group}.retry.2`,
    ])
    for (const retry of retries) {
      expect(retry).toMatchObject({ group, partitions: topic.partitions, topic: { name: topic.name } })
      expect(retry.configs['retention.ms']).toBe(String(topic.retentionMs))
      expect(retry.configs['max.message.bytes']).toBe('1114124')
    }
  })

  it('keys every sample by a text that is not empty', () => {
    for (const topic of topics) {
      const [domain = '', event = ''] = topic.name.split('.')
      const folder = join(schemas, domain, event, 'samples')
      const files = readdirSync(folder)
      expect(files.length).toBeGreaterThanOrEqual(2)
      for (const file of files) {
        const key: unknown = topic.keyOf(JSON.parse(readFileSync(join(folder, file), 'utf8')))
        expect(key, `${topic.name} ${file}`).toEqual(expect.stringMatching(/./))
      }
    }
  })

  it('registers every version of a topic, the one it writes last', () => {
    for (const topic of topics) expect(versionsOf(topic).at(-1)).toBe(topic.schema)
    expect(topics.flatMap(versionsOf)).toHaveLength(schemaVersions.flat().length)
  })

  it('knows who reads what, and nothing about names it does not hold', () => {
    expect(groups).toEqual(['ledger', 'notifications', 'transformer', 'warehouse'])
    expect(groupsOf('sales.order-placed.v1')).toEqual(['warehouse', 'ledger'])
    expect(groupsOf('sales.order-placed.v1.ledger.dlq')).toEqual([])
    for (const group of groups) for (const topic of topicsOf(group)) expect(groupsOf(topic.name)).toContain(group)
  })
})

describe('timestampMillis', () => {
  it('takes instants that a Date can hold and no others', () => {
    expect(timestampMillis(0)).toBe(0)
    for (const ms of [Number.NaN, 0.5, Number.POSITIVE_INFINITY, 8.64e15 + 1]) {
      expect(() => timestampMillis(ms)).toThrow(RangeError)
    }
  })
})

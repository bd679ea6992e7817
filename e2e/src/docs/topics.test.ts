import { join } from 'node:path'
import { checkSchemas, compatibilityOfKind } from '@interchange/avro'
import { catalogue, groups, topics, topicsOf, versionsOf } from '@interchange/contracts'
import { expect, it } from 'vitest'
import { expectSection, markdownTable } from './generated-section.ts'
import { checkout } from './markdown.ts'

const page = 'docs/reference/topics.md'
const dayMs = 86_400_000

const kept = (retentionMs: number): string => (retentionMs < 0 ? 'for ever' : `${retentionMs / dayMs} days`)

it('docs/reference/topics.md lists the catalogue', () => {
  expectSection(
    page,
    'topics',
    markdownTable(
      ['topic', 'carries', 'kind', 'owner', 'groups', 'versions', 'partitions', 'kept'],
      topics.map((topic) => [
        `\`${topic.name}\``,
        topic.description,
        topic.kind,
        topic.owner,
        topic.groups.join(', ') || 'none',
        String(versionsOf(topic).length),
        String(topic.partitions),
        kept(topic.retentionMs),
      ]),
    ),
  )
})

it('docs/reference/topics.md says what each group reads', () => {
  expectSection(
    page,
    'groups',
    markdownTable(
      ['group', 'reads'],
      groups.map((group) => [
        group,
        topicsOf(group)
          .map(({ name }) => `\`${name}\``)
          .join(', '),
      ]),
    ),
  )
})

it('docs/reference/topics.md counts the physical topics by what they are for', () => {
  const roles = Map.groupBy(catalogue, ({ role }) => role)
  expectSection(
    page,
    'lanes',
    markdownTable(
      ['role', 'name', 'topics', 'kept', 'largest record'],
      [...roles].map(([role, physical]) => {
        const [first] = physical
        const retentions = new Set(physical.map(({ configs }) => kept(Number(configs['retention.ms']))))
        return [
          role,
          role === 'events' ? '`<topic>`' : `\`<topic>.<group>.${first?.name.split('.').at(-1)}\``,
          String(physical.length),
          [...retentions].join(' or '),
          `${Number(first?.configs['max.message.bytes']).toLocaleString('en')} bytes`,
        ]
      }),
    ),
  )
})

it('every committed schema and sample keeps the policy of its topic', () => {
  const result = checkSchemas(join(checkout, 'schemas'), (subject) => {
    const topic = topics.find(({ schema }) => schema.subject === subject)
    return topic === undefined ? undefined : compatibilityOfKind[topic.kind]
  })
  expect(result.findings).toEqual([])
  expect(result.subjects).toBe(topics.length)
})

it('the example of how to add an event keeps the policy of a canonical topic', () => {
  const result = checkSchemas(join(checkout, 'e2e/src/docs/examples/schemas'), () => 'FULL_TRANSITIVE')
  expect(result.findings).toEqual([])
  expect(result).toMatchObject({ subjects: 1, versions: 1, samples: 2 })
})

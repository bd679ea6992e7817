import type { SchemaReference, Topic, TopicKind } from '@interchange/messaging'

const dayMs = 86_400_000

/** What a kind of topic costs and keeps, unless a topic says otherwise. */
const defaults: Readonly<Record<TopicKind, { readonly partitions: number; readonly retentionMs: number }>> = {
  source: { partitions: 6, retentionMs: 14 * dayMs },
  canonical: { partitions: 6, retentionMs: 30 * dayMs },
  internal: { partitions: 3, retentionMs: -1 },
}

/** The facts of a topic that do not follow from its kind or its schema. */
export interface TopicFacts<Value> {
  readonly kind: TopicKind
  /** Every version of the value's schema, oldest first; the newest is read with and written. */
  readonly versions: readonly [SchemaReference, ...SchemaReference[]]
  readonly keyOf: (value: Value) => string
  readonly owner: string
  readonly groups: readonly string[]
  readonly retryDelaysMs?: Topic<Value>['retryDelaysMs']
  readonly description: string
}

/** Completes a topic: its name is its schema's subject without `-value`, its newest version the schema. */
export const defineTopic = <Value>({ versions, ...facts }: TopicFacts<Value>): Topic<Value> => {
  const schema = versions[versions.length - 1] ?? versions[0]
  const name = schema.subject.replace(/-value$/, '')
  return { ...facts, name, schema, ...defaults[facts.kind], cleanup: 'delete', eventType: `io.interchange.${name}` }
}

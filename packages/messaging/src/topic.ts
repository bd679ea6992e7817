/**
 * A schema as the kernel knows it: which subject it registers under, its canonical text and a fingerprint.
 * The kernel never parses it; a `Codec` does.
 */
export interface SchemaReference {
  /** Registry subject, TopicNameStrategy: `<topic>-value`. */
  readonly subject: string
  /** Full name of the Avro record, for example `io.interchange.sales.OrderPlaced`. */
  readonly recordName: string
  /** Major-internal version of the schema text, 1 for `v1.avsc`. */
  readonly version: number
  /** The Avro schema as JSON text: what this code base reads with, and the newest it writes. */
  readonly text: string
}

/** What the topic carries: a source's own words, our canonical model, or the machinery's own records. */
export type TopicKind = 'source' | 'canonical' | 'internal'

/**
 * A typed value that names a topic, its key and its schema. The only place where a topic name may stand is the
 * catalogue (`@interchange/contracts`); nothing parses topic names.
 */
export interface Topic<Value> {
  readonly name: string
  readonly kind: TopicKind
  /** What the key is, in words; keys are UTF-8 strings. */
  readonly keyOf: (value: Value) => string
  readonly schema: SchemaReference
  readonly partitions: number
  /** Milliseconds a record is kept; -1 for ever. */
  readonly retentionMs: number
  /** `compact` topics hold the last record of a key. */
  readonly cleanup: 'delete' | 'compact'
  /** CloudEvents `type` of its events, for example `io.interchange.sales.order-placed.v1`. */
  readonly eventType: string
  /** The service that publishes it, and the groups that subscribe. */
  readonly owner: string
  readonly groups: readonly string[]
  /**
   * Groups whose messages wait in retry topics, each with the constant delay of every one of them, in milliseconds, shortest
   * first. For routes with `ordering: 'none'` and no store; others wait without them.
   */
  readonly retryDelaysMs?: Readonly<Record<string, readonly number[]>> | undefined
  /** One sentence for the catalogue. */
  readonly description: string
}

/** A topic of any value, for code that only moves bytes. */
// biome-ignore lint/suspicious/noExplicitAny: keyOf is contravariant, so no narrower "any topic" exists.
export type AnyTopic = Topic<any>

/** The value type a topic carries. */
export type ValueOf<T> = T extends Topic<infer Value> ? Value : never

/** The dead-letter topic of a group that reads `topicName`. */
export const deadLetterTopicName = (topicName: string, group: string): string => `${topicName}.${group}.dlq`

/** The lane by which a replay goes back to one group alone (design page 3, "Dead letters and replay"). */
export const replayLaneName = (topicName: string, group: string): string => `${topicName}.${group}.replay`

/** A group's retry topic number `level`, counted from 1 (design page 3, "Waiting without losing order"). */
export const retryTopicName = (topicName: string, group: string, level: number): string =>
  `${topicName}.${group}.retry.${level}`

/** The seeded topics by name: how the orders in it are written, and how many. */
export const inputs = {
  'avro-large': { format: 'avro', count: 400_000 },
  'avro-small': { format: 'avro', count: 100_000 },
  'json-large': { format: 'json', count: 400_000 },
  'json-small': { format: 'json', count: 100_000 },
  'json-tiny': { format: 'json', count: 8_000 },
} as const

/** A consumer reads one of the inputs again and again; a producer writes to a topic of its own. */
export type Arm = {
  /** As the tables say it. */
  readonly label: string
  /** Below `bench/dist/kernel/arms` or, with `peers/` in front, below `peers/bench`. */
  readonly program: string
  readonly mode: string
  readonly input?: keyof typeof inputs
}

export const arms = {
  full: { label: 'ours, everything on', program: 'our-consumer.js', mode: 'full', input: 'avro-large' },
  opaque: { label: 'ours, without codec', program: 'our-consumer.js', mode: 'bytes', input: 'avro-large' },
  store: { label: 'ours, Postgres inbox', program: 'our-consumer.js', mode: 'store', input: 'avro-small' },
  nest: {
    label: 'NestJS Kafka transport, JSON',
    program: 'peers/nest-consumer.mjs',
    mode: 'json',
    input: 'json-small',
  },
  transactions: {
    label: 'kafkajs, one transaction a message',
    program: 'peers/transaction-per-message.mjs',
    mode: 'json',
    input: 'json-tiny',
  },
  json: {
    label: 'kafkajs eachBatch, JSON.parse',
    program: 'peers/kafkajs-consumer.mjs',
    mode: 'json',
    input: 'json-large',
  },
  bytes: {
    label: 'kafkajs eachBatch, bytes',
    program: 'peers/kafkajs-consumer.mjs',
    mode: 'bytes',
    input: 'avro-large',
  },
  registryReader: {
    label: 'kafkajs + registry client, reader schema',
    program: 'peers/kafkajs-consumer.mjs',
    mode: 'registry-reader',
    input: 'avro-small',
  },
  registry: {
    label: 'kafkajs + registry client',
    program: 'peers/kafkajs-consumer.mjs',
    mode: 'registry',
    input: 'avro-large',
  },
  platformaticBytes: {
    label: '@platformatic/kafka stream, bytes',
    program: 'peers/platformatic-consumer.mjs',
    mode: 'bytes',
    input: 'avro-large',
  },
  publish: { label: 'ours, 200 callers', program: 'our-publisher.js', mode: 'single' },
  kafkajsPublish: { label: 'kafkajs send, 200 callers', program: 'peers/kafkajs-producer.mjs', mode: 'single' },
  platformaticPublish: {
    label: '@platformatic/kafka send, 200 callers',
    program: 'peers/platformatic-producer.mjs',
    mode: 'single',
  },
  bulk: { label: 'ours, bulk, Avro', program: 'our-publisher.js', mode: 'bulk' },
  kafkajsBulk: { label: 'kafkajs send, 1,000 a call', program: 'peers/kafkajs-producer.mjs', mode: 'bulk' },
  platformaticBulk: {
    label: '@platformatic/kafka send, 1,000 a call',
    program: 'peers/platformatic-producer.mjs',
    mode: 'bulk',
  },
} as const satisfies Readonly<Record<string, Arm>>

export type ArmName = keyof typeof arms

/** What a benchmark compares: ours with the fastest of `against`, as messages a second. */
export interface Comparison {
  readonly what: string
  readonly ours: ArmName
  readonly against: readonly [ArmName, ...ArmName[]]
  /** Measured beside them, without a goal. */
  readonly beside?: readonly ArmName[]
  readonly goal: number
  /** The 99th percentile a caller waits, in milliseconds: linger and 20 ms. */
  readonly p99MsMax?: number
}

/** Design page 4, "To reach". */
export const comparisons = {
  P1: { what: 'full consume path', ours: 'full', against: ['nest'], goal: 6 },
  P1s: { what: 'full consume path into Postgres', ours: 'store', against: ['transactions'], goal: 10 },
  P2: { what: 'full consume path', ours: 'full', against: ['json'], goal: 1 },
  P3: { what: 'full consume path', ours: 'full', against: ['bytes'], beside: ['platformaticBytes'], goal: 0.5 },
  P4: { what: 'consume path without codec', ours: 'opaque', against: ['bytes'], goal: 0.8 },
  P5: { what: 'full consume path', ours: 'full', against: ['registryReader'], beside: ['registry'], goal: 20 },
  P7: {
    what: '200 callers, each awaiting its publish',
    ours: 'publish',
    against: ['kafkajsPublish', 'platformaticPublish'],
    goal: 10,
    p99MsMax: 22,
  },
  P8: { what: 'bulk publish', ours: 'bulk', against: ['kafkajsBulk'], beside: ['platformaticBulk'], goal: 2 },
} as const satisfies Readonly<Record<string, Comparison>>

export type ComparisonName = keyof typeof comparisons

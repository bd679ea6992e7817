/** The seeded topics by name: how the orders in it are written, how many, and over how many partitions. */
export const inputs = {
  'avro-large': { format: 'avro', count: 400_000, partitions: 6 },
  'avro-64': { format: 'avro', count: 400_000, partitions: 64 },
  'avro-512': { format: 'avro', count: 400_000, partitions: 512 },
  'avro-small': { format: 'avro', count: 100_000, partitions: 6 },
  'json-large': { format: 'json', count: 400_000, partitions: 6 },
  'json-small': { format: 'json', count: 100_000, partitions: 6 },
  'json-tiny': { format: 'json', count: 8_000, partitions: 6 },
} as const

export type InputName = keyof typeof inputs

/** A program that is measured. */
export type Arm = {
  /** As the tables say it. */
  readonly label: string
  /** Below `bench/dist/kernel/arms` or, with `peers/` in front, below `peers/bench`. */
  readonly program: string
  readonly mode: string
} & (
  | {
      /** Reads one of the inputs again and again; `maps`: writes each order to a topic of its own as well. */
      readonly kind: 'reads'
      readonly input: InputName
      readonly maps?: true
    }
  | {
      /** Writes orders 0, 1, 2 ... to a topic of its own, Avro or bytes that begin with the number; `ordered`: each key's in order. */
      readonly kind: 'writes'
      readonly format: 'avro' | 'numbered'
      readonly ordered?: true
    }
  | { /** Reads a topic of its own while an open loop writes it. */ readonly kind: 'follows' }
  | { /** Needs no servers. */ readonly kind: 'alone'; readonly nodeArgs: readonly string[] }
)

const ours = (label: string, mode: string, input: InputName) =>
  ({ label, program: 'our-consumer.js', mode, kind: 'reads', input }) as const
const kafkajs = (label: string, mode: string, input: InputName) =>
  ({ label, program: 'peers/kafkajs-consumer.mjs', mode, kind: 'reads', input }) as const
const waits = (label: string, mode: string, input: InputName) =>
  ({ label, program: 'our-waiter.js', mode, kind: 'reads', input }) as const
const writes = (label: string, program: string, mode: string, format: 'avro' | 'numbered') =>
  ({ label, program, mode, kind: 'writes', format }) as const

export const arms = {
  full: ours('ours, everything on', 'full', 'avro-large'),
  full64: ours('ours, 64 partitions', 'full', 'avro-64'),
  full512: ours('ours, 512 partitions', 'full', 'avro-512'),
  opaque: ours('ours, without codec', 'bytes', 'avro-large'),
  store: ours('ours, Postgres inbox', 'store', 'avro-small'),
  nest: {
    label: 'NestJS Kafka transport, JSON',
    program: 'peers/nest-consumer.mjs',
    mode: 'json',
    kind: 'reads',
    input: 'json-small',
  },
  asyncRetry: {
    label: 'kafkajs-async-retry eachMessage, JSON',
    program: 'peers/async-retry-consumer.mjs',
    mode: 'json',
    kind: 'reads',
    input: 'json-small',
  },
  transactions: {
    label: 'kafkajs, one transaction a message',
    program: 'peers/transaction-per-message.mjs',
    mode: 'json',
    kind: 'reads',
    input: 'json-tiny',
  },
  json: kafkajs('kafkajs eachBatch, JSON.parse', 'json', 'json-large'),
  bytes: kafkajs('kafkajs eachBatch, bytes', 'bytes', 'avro-large'),
  registryReader: kafkajs('kafkajs + registry client, reader schema', 'registry-reader', 'avro-small'),
  registry: kafkajs('kafkajs + registry client', 'registry', 'avro-large'),
  platformaticBytes: {
    label: '@platformatic/kafka stream, bytes',
    program: 'peers/platformatic-consumer.mjs',
    mode: 'bytes',
    kind: 'reads',
    input: 'avro-large',
  },
  wait1: waits('ours, a handler that waits 1 ms', '1', 'avro-large'),
  wait10: waits('ours, a handler that waits 10 ms', '10', 'avro-small'),
  wait50: waits('ours, a handler that waits 50 ms', '50', 'avro-small'),
  kafkajsWait10: {
    label: 'kafkajs eachMessage that waits 10 ms, all partitions at once',
    program: 'peers/kafkajs-waiter.mjs',
    mode: '10',
    kind: 'reads',
    input: 'json-tiny',
  },
  publish: writes('ours, 200 callers', 'our-publisher.js', 'single', 'avro'),
  kafkajsPublish: writes('kafkajs send, 200 callers', 'peers/kafkajs-producer.mjs', 'single', 'numbered'),
  platformaticPublish: writes(
    '@platformatic/kafka send, 200 callers',
    'peers/platformatic-producer.mjs',
    'single',
    'numbered',
  ),
  bulk: writes('ours, bulk, Avro', 'our-publisher.js', 'bulk', 'avro'),
  kafkajsBulk: writes('kafkajs send, 1,000 a call', 'peers/kafkajs-producer.mjs', 'bulk', 'numbered'),
  platformaticBulk: writes(
    '@platformatic/kafka send, 1,000 a call',
    'peers/platformatic-producer.mjs',
    'bulk',
    'numbered',
  ),
  relay: { ...writes('ours, outbox relay', 'our-relay.js', 'relay', 'avro'), ordered: true },
  poller: {
    ...writes('pg + kafkajs poller, an UPDATE a row', 'peers/outbox-poller.mjs', 'poller', 'numbered'),
    ordered: true,
  },
  transactional: {
    label: 'ours, transformer with transactions',
    program: 'our-transformer.js',
    mode: 'transactional',
    kind: 'reads',
    input: 'avro-small',
    maps: true,
  },
  atLeastOnce: {
    label: 'ours, transformer at least once',
    program: 'our-transformer.js',
    mode: 'at-least-once',
    kind: 'reads',
    input: 'avro-small',
    maps: true,
  },
  latency: { label: 'ours, behind a load', program: 'our-latency.js', mode: 'full', kind: 'follows' },
  kafkajsLatency: {
    label: 'kafkajs eachBatch, bytes, behind a load',
    program: 'peers/kafkajs-latency.mjs',
    mode: 'bytes',
    kind: 'follows',
  },
  allocations: {
    label: 'ours, a kernel without client and codec',
    program: 'our-allocations.js',
    mode: 'alone',
    kind: 'alone',
    // A whole window fits into the young generation, so that nothing is collected within it.
    nodeArgs: ['--expose-gc', '--min-semi-space-size=128', '--max-semi-space-size=128'],
  },
} as const satisfies Readonly<Record<string, Arm>>

export type ArmName = keyof typeof arms

/** Tells how much the machine changed while the arms ran: it opens and closes every session. */
export const controlArm: ArmName = 'bytes'

import { createKafkaTransport } from '@interchange/kafka'
import {
  type Codec,
  createConsumerGroup,
  effectRoute,
  noMetrics,
  noTracing,
  notYet,
  silentLogger,
  systemClock,
  type Topic,
} from '@interchange/messaging'
import { createDatabase, createWaitingEffectStore, type Database } from '@interchange/store'

/** What is sent: the key, and its place in the order of that key. */
export interface Step {
  readonly key: string
  readonly place: number
}

export const stepTopic = (name: string, partitions: number): Topic<Step> => ({
  name,
  kind: 'internal',
  keyOf: ({ key }) => key,
  schema: { subject: `${name}-value`, recordName: 'test.Step', version: 1, text: '{}' },
  partitions,
  retentionMs: -1,
  cleanup: 'delete',
  eventType: `test.${name}.v1`,
  owner: 'test',
  groups: [],
  description: 'steps of keys',
})

/** JSON: this is about order, not about schemas. */
export const stepCodec: Codec = {
  prepare: async () => undefined,
  encode: (_topic, value) => Buffer.from(JSON.stringify(value)),
  decode: (_topic, bytes) => JSON.parse(bytes.toString('utf8')),
  resolve: async () => undefined,
  schemaId: () => undefined,
}

/** Where a member finds everything, from its environment. */
export const memberSettings = (env: NodeJS.ProcessEnv) => ({
  name: env['STEP_TOPIC'] ?? '',
  group: env['STEP_GROUP'] ?? '',
  schema: env['STEP_SCHEMA'] ?? '',
})

export const openDatabase = (schema: string): Database =>
  createDatabase({ url: process.env['DATABASE_URL'] ?? '', schema, poolMax: 4 })

export const openTransport = (clientId: string) =>
  createKafkaTransport({ brokers: (process.env['KAFKA_BROKERS'] ?? '').split(','), clientId }, { logger: silentLogger })

/** A member whose handler needs a customer to be known; it writes each step once, in the order it handles them. */
const startMember = async (): Promise<void> => {
  const { name, group, schema } = memberSettings(process.env)
  const database = openDatabase(schema)
  const known = new Set<string>()
  const look = async (): Promise<void> => {
    for (const { key } of await database.query<{ key: string }>('SELECT key FROM customer')) known.add(key)
  }
  await look()
  setInterval(() => void look(), 100)
  const route = effectRoute<Step, Step>({
    from: stepTopic(name, 2),
    group,
    ordering: 'key',
    retry: { attemptsMax: 2, backoffMs: 10, backoffMsMax: 20, waitingBackoffMs: 500, waitingBackoffMsMax: 1_000 },
    handle: (step) => {
      if (!known.has(step.key)) throw notYet(`customer ${step.key} has not arrived`)
      return step
    },
    store: createWaitingEffectStore<Step>({
      database,
      apply: async (tx, steps) => {
        await tx.query('INSERT INTO step (key, place) SELECT * FROM unnest($1::text[], $2::integer[])', [
          steps.map(({ key }) => key),
          steps.map(({ place }) => place),
        ])
      },
    }),
  })
  await createConsumerGroup({
    group,
    routes: [route],
    transport: openTransport(`member-${process.pid}`),
    codec: stepCodec,
    publisher: undefined,
    reportOutcome: async () => undefined,
    service: { name: 'member', version: '0' },
    clock: systemClock,
    random: Math.random,
    logger: silentLogger,
    metrics: noMetrics,
    tracing: noTracing,
    limits: { sessionTimeoutMs: 6_000, commitIntervalMs: 100 },
    onEnded: (error) => {
      process.stderr.write(`${error.stack}\n`)
      process.exit(1)
    },
  })
}

if (process.argv[1] === import.meta.filename) await startMember()

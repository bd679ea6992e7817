import { createCodec, createRegistryClient } from '@interchange/avro'
import { createKafkaTransport, type KafkaConfig } from '@interchange/kafka'
import { type Codec, type SchemaReference, silentLogger, type Topic, type Transport } from '@interchange/messaging'
import { createDatabase, type Database } from '@interchange/store'
import type { Load } from '../setting.ts'
import { type Deed, sessionTimeoutMs } from './deeds.ts'
import type { Handling } from './handling.ts'
import { createStockSchemaSource } from './stock-schema-source.ts'

/** What the load is made of: the key, and a number that grows by one with every message of the key. */
export interface Step {
  readonly key: string
  readonly seq: number
  /** No handler can take it. */
  readonly poison: boolean
  /** What its handler does beside its effect; JSON alone carries it. */
  readonly does?: Deed
}

/** Where a process of the load finds everything. */
export interface Ground {
  /** Its name in the history. */
  readonly proc: string
  readonly historyFolder: string
  readonly brokers: readonly string[]
  readonly databaseUrl: string
  readonly schema: string
  readonly topic: string
  readonly partitions: number
  readonly group: string
  /** Null where values are JSON: most drills are about delivery, not about schemas. */
  readonly registryUrl: string | null
  readonly schemaVersion: 1 | 2
  /** Poison can be handled: somebody has mended what was wrong with it. */
  readonly healed?: boolean
  /** Who asks the registry for members; default: our own client. */
  readonly registryClient?: 'stock' | undefined
  readonly load: Load
  readonly handling: Handling
  /** What each step asks before it has its effect; null: nobody. */
  readonly dependencyUrl: string | null
  /** Who collects the spans of members; null: there are none. */
  readonly tracesUrl: string | null
  readonly sessionTimeoutMs: number
  /** Undefined: the driver's. */
  readonly transactionTimeoutMs?: number | undefined
}

/** The ground of this process, in one variable. */
export const groundVariable = 'DRILL_GROUND'

export const readGround = (env: NodeJS.ProcessEnv): Ground => JSON.parse(env[groundVariable] ?? 'null') as Ground

/** Version 2 has one more field, which a reader of version 1 does not miss. */
export const stepSchema = (topic: string, version: 1 | 2): SchemaReference => ({
  subject: `${topic}-value`,
  recordName: 'drill.Step',
  version,
  text: JSON.stringify({
    type: 'record',
    name: 'Step',
    namespace: 'drill',
    fields: [
      { name: 'key', type: 'string' },
      { name: 'seq', type: 'int' },
      { name: 'poison', type: 'boolean' },
      ...(version === 2 ? [{ name: 'note', type: 'string', default: '' }] : []),
    ],
  }),
})

export const stepTopic = ({
  topic,
  partitions,
  schemaVersion,
}: Pick<Ground, 'topic' | 'partitions' | 'schemaVersion'>): Topic<Step> => ({
  name: topic,
  kind: 'internal',
  keyOf: ({ key }) => key,
  schema: stepSchema(topic, schemaVersion),
  partitions,
  retentionMs: -1,
  cleanup: 'delete',
  eventType: 'drill.step.v1',
  owner: 'drill',
  groups: [],
  description: 'the load of a drill',
})

export const openCodec = ({ registryUrl, registryClient }: Pick<Ground, 'registryUrl' | 'registryClient'>): Codec => {
  if (registryUrl === null) return jsonCodec
  const source =
    registryClient === 'stock' ? createStockSchemaSource(registryUrl) : createRegistryClient({ url: registryUrl })
  return createCodec({ source })
}

const jsonCodec: Codec = {
  prepare: async () => undefined,
  encode: (_topic, value) => Buffer.from(JSON.stringify(value)),
  decode: (_topic, bytes) => JSON.parse(bytes.toString('utf8')),
  resolve: async () => undefined,
  schemaId: () => undefined,
}

export const openTransport = (
  { brokers, proc }: Pick<Ground, 'brokers' | 'proc'>,
  more: Partial<KafkaConfig> = {},
): Transport => createKafkaTransport({ brokers, clientId: proc, ...more }, { logger: silentLogger })

export const openDatabase = ({ databaseUrl, schema }: Pick<Ground, 'databaseUrl' | 'schema'>): Database =>
  createDatabase({ url: databaseUrl, schema, poolMax: 4, idleInTransactionMs: sessionTimeoutMs / 3 })

/** Ends in good order when it is told to (SIGTERM), as a deployment does: exit code 0, or 1 when `end` rejects. */
export const onTermination = (end: () => Promise<void>): void => {
  process.once('SIGTERM', () => {
    void end().then(
      () => process.exit(0),
      (error: unknown) => {
        process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`)
        process.exit(1)
      },
    )
  })
}

import { randomBytes } from 'node:crypto'
import { systemClock } from '../clock.ts'
import { type Codec, schemaMissing } from '../codec.ts'
import type { ConsumerGroup, ConsumerGroupOptions } from '../consumer-group.ts'
import type { DeliveryOutcome } from '../delivery-outcome.ts'
import type { EffectStore, SettleEntry, SettleResult } from '../effect-store.ts'
import { InterchangeError } from '../failure/failure.ts'
import { type LogFields, type Logger, silentLogger } from '../logger.ts'
import {
  createMemoryTransport,
  type MemoryTransport,
  type MemoryTransportOptions,
  type MemoryWaitingRoom,
} from '../memory/index.ts'
import { type Metrics, noMetrics } from '../metrics.ts'
import { createPublisher, type PublisherLimits } from '../publish/create-publisher.ts'
import type { Publisher } from '../publisher.ts'
import { HeaderBlock } from '../record/header-block.ts'
import type { HeaderEntry } from '../record/header-entry.ts'
import type { Route } from '../route.ts'
import { deadLetterTopicName, replayLaneName, retryTopicName, type Topic } from '../topic.ts'
import { noTracing, type Tracing } from '../tracing.ts'
import type { Transport, TransportRecord } from '../transport.ts'
import { createConsumerGroup } from './create-consumer-group.ts'
import type { GroupLimits } from './group-limits.ts'

/** What the tests send: `id` is the key. */
export interface Item {
  readonly id: string
  readonly n: number
}

export const itemTopic = (name: string, partitions = 1): Topic<Item> => ({
  name,
  kind: 'internal',
  keyOf: (item) => item.id,
  schema: { subject: `${name}-value`, recordName: 'test.Item', version: 1, text: '{}' },
  partitions,
  retentionMs: -1,
  cleanup: 'delete',
  eventType: `test.${name}.v1`,
  owner: 'test',
  groups: [],
  description: 'what the tests send',
})

/** JSON behind the wire frame's first byte; schemas can be made missing and the registry taken away. */
export interface ScriptedCodec extends Codec {
  registry: 'there' | 'slow' | 'away' | 'silent'
  knowsSchema: boolean
  readonly resolved: number
}

export const scriptedCodec = (): ScriptedCodec => {
  let resolved = 0
  const codec: ScriptedCodec = {
    registry: 'there',
    knowsSchema: true,
    get resolved() {
      return resolved
    },
    prepare: async () => undefined,
    encode: (_topic, value) => Buffer.from(`\0${JSON.stringify(value)}`),
    decode(_topic, bytes) {
      if (bytes[0] !== 0) throw new InterchangeError('ICX_AVRO_NOT_FRAMED', 'no frame', { class: 'contract' })
      if (!codec.knowsSchema) return schemaMissing
      try {
        return JSON.parse(bytes.toString('utf8', 1))
      } catch (cause) {
        throw new InterchangeError('ICX_AVRO_MALFORMED', 'not readable', { class: 'contract', cause })
      }
    },
    async resolve() {
      resolved++
      if (codec.registry === 'away') {
        throw new InterchangeError('ICX_REGISTRY_UNAVAILABLE', 'registry away', { class: 'outage' })
      }
      await new Promise((resolve) => setTimeout(resolve, codec.registry === 'slow' ? 200 : 5))
      if (codec.registry !== 'silent') codec.knowsSchema = true
    },
    schemaId: (bytes) => (bytes[0] === 0 ? 7 : undefined),
  }
  return codec
}

/** An effect store in memory with an inbox, which can be away or refuse single messages. */
export interface ScriptedStore extends EffectStore<string> {
  away: boolean
  refuse: (entry: SettleEntry<string>) => InterchangeError | undefined
  readonly effects: string[]
  readonly batches: number[]
  readonly calls: number
}

export const scriptedStore = (waiting?: MemoryWaitingRoom): ScriptedStore => {
  const inbox = new Set<string>()
  let calls = 0
  const store: ScriptedStore = {
    ...(waiting && { waiting }),
    away: false,
    refuse: () => undefined,
    effects: [],
    batches: [],
    get calls() {
      return calls
    },
    async settle(_group, entries) {
      calls++
      await Promise.resolve()
      if (store.away) throw new InterchangeError('ICX_STORE_UNAVAILABLE', 'database away', { class: 'outage' })
      store.batches.push(entries.length)
      return entries.map((entry): SettleResult => {
        const refused = (entry.claim && waiting?.refusal(entry.claim)) ?? store.refuse(entry)
        if (refused !== undefined) return refused
        if (entry.claim !== undefined) waiting?.leave(entry.claim, entry.offset)
        if (inbox.has(entry.messageId)) return 'duplicate'
        inbox.add(entry.messageId)
        store.effects.push(...entry.effects)
        return 'done'
      })
    },
  }
  return store
}

export interface Bench {
  readonly transport: MemoryTransport
  readonly codec: ScriptedCodec
  readonly publisher: Publisher
  readonly outcomes: DeliveryOutcome[]
  readonly errors: InterchangeError[]
  readonly logged: { level: string; fields: LogFields; message: string }[]
  /** Creates the topics with the lanes of `group`. */
  topics(group: string, ...topics: readonly Topic<Item>[]): Promise<void>
  start(routes: readonly Route[], options?: Partial<ConsumerGroupOptions>): Promise<ConsumerGroup>
  /** Writes a record as a stranger would. */
  write(topic: string, record: Partial<RawRecord>): Promise<number>
  committed(group: string, topic: string, partition?: number): Promise<number | undefined>
  letters(topic: string, group: string): readonly TransportRecord[]
  end(): Promise<void>
}

interface RawRecord {
  readonly partition: number
  readonly key: Buffer | string | null
  readonly value: Buffer | string | null
  readonly headers: readonly HeaderEntry[] | HeaderBlock
}

/** Short waits, everything else as in production. */
export const quickLimits: Partial<GroupLimits> = {
  commitIntervalMs: 5,
  outageBackoffMs: 5,
  outageBackoffMsMax: 20,
  floodPauseMs: 10,
  floodPauseMsMax: 40,
  revokeDrainMsMax: 200,
}

export const quickRetry = { backoffMs: 2, backoffMsMax: 5, attemptsMax: 3, notYetMsMax: 60 }

export interface BenchOptions {
  readonly memory?: MemoryTransportOptions
  readonly publisher?: Partial<PublisherLimits>
  readonly tracing?: Tracing
  readonly metrics?: Metrics
  readonly around?: (transport: Transport) => Transport
}

export const createBench = async (options: BenchOptions = {}): Promise<Bench> => {
  const memory = createMemoryTransport(options.memory)
  const transport = options.around?.(memory) ?? memory
  const codec = scriptedCodec()
  const outcomes: DeliveryOutcome[] = []
  const errors: InterchangeError[] = []
  const logged: Bench['logged'] = []
  const note =
    (level: string) =>
    (fields: LogFields, message: string): void => {
      logged.push({ level, fields, message })
    }
  const logger: Logger = { ...silentLogger, warn: note('warn'), error: note('error') }
  const ambient = {
    clock: systemClock,
    random: Math.random,
    metrics: options.metrics ?? noMetrics,
    tracing: options.tracing ?? noTracing,
    service: { name: 'bench', version: '1.2.3' },
  }
  const publisher = await createPublisher({
    ...ambient,
    transport,
    codec,
    limits: { lingerMs: 0, retryBackoffMs: 5, retryBackoffMsMax: 20, deadlineMs: 2_000, ...options.publisher },
  })
  const producer = await memory.createProducer()
  const admin = await memory.createAdmin()
  const groups: ConsumerGroup[] = []
  return {
    transport: memory,
    codec,
    publisher,
    outcomes,
    errors,
    logged,
    async topics(group, ...topics) {
      const names = topics.flatMap(({ name, partitions, retryDelaysMs }) => {
        const retries = (retryDelaysMs?.[group] ?? []).map((_delayMs, index) => retryTopicName(name, group, index + 1))
        const all = [name, replayLaneName(name, group), deadLetterTopicName(name, group), ...retries]
        return all.map((topic) => ({ topic, partitions }))
      })
      await admin.createTopics(
        names.map(({ topic, partitions }) => ({ name: topic, partitions, replicationFactor: 1, configs: {} })),
      )
    },
    async start(routes, given = {}) {
      const group = await createConsumerGroup({
        ...ambient,
        logger,
        group: routes[0]?.group ?? 'none',
        routes,
        transport,
        codec,
        publisher,
        reportOutcome: async (outcome) => {
          outcomes.push(outcome)
        },
        onEnded: (error) => errors.push(error),
        ...given,
        limits: { ...quickLimits, ...given.limits },
      })
      groups.push(group)
      return group
    },
    async write(topic, { partition = 0, key = null, value = null, headers = [] }) {
      const bytes = (text: Buffer | string | null): Buffer | null =>
        typeof text === 'string' ? Buffer.from(text) : text
      const block = headers instanceof HeaderBlock ? headers : HeaderBlock.of(headers)
      const [outcome] = await producer.send([
        { topic, partition, key: bytes(key), value: bytes(value), headers: block },
      ])
      if (outcome?.status !== 'ok') throw outcome?.error ?? new Error('no outcome')
      return outcome.offset
    },
    async committed(group, topic, partition = 0) {
      const found = await admin.committedOffsets(group, [topic])
      return found.find((offset) => offset.topic === topic && offset.partition === partition)?.offset
    },
    letters: (topic, group) => memory.records(deadLetterTopicName(topic, group)),
    async end() {
      await Promise.all(groups.map((group) => group.stop(500)))
      await publisher.close()
    },
  }
}

export const frameOf = (item: Item): string => `\0${JSON.stringify(item)}`

export const uniqueName = (stem: string): string => `${stem}-${randomBytes(4).toString('hex')}`

/** Waits for a state. */
export const until = async (holds: () => boolean | Promise<boolean>, timeoutMs = 4_000): Promise<void> => {
  const endsAtMs = Date.now() + timeoutMs
  while (!(await holds())) {
    if (Date.now() > endsAtMs) throw new Error(`not within ${timeoutMs} ms: ${holds}`)
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}

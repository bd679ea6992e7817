import { setTimeout as sleep } from 'node:timers/promises'
import {
  type Answer,
  type Codec,
  createConsumerGroup,
  deadLetterTopicName,
  effectRoute,
  type GroupHealth,
  type InterchangeError,
  type Logger,
  noMetrics,
  noTracing,
  type PartitionOffsets,
  type Route,
  replayLaneName,
  systemClock,
  type Topic,
  type Transport,
  type TransportAdmin,
  type TransportRecord,
} from '@interchange/messaging'
import { createEffectStore, type Database, migrate } from '@interchange/store'
import { misbehaviours } from './misbehaviours.ts'
import type { Parcel } from './parcel.ts'
import type { ParcelLog } from './parcel-log.ts'

/** The place of a record, as text: topic, partition, offset. */
export const placeOf = (record: { topic: string; partition: number; offset: number }): string =>
  `${record.topic}/${record.partition}/${record.offset}`

/** What one group made of a log. */
export interface LogReading {
  /** Places whose effects are in the database, in the order in which they were committed. */
  readonly effects: readonly string[]
  /** What the handler saw last, by place. */
  readonly values: ReadonlyMap<string, Parcel>
  readonly letters: readonly TransportRecord[]
  readonly committed: ReadonlyMap<string, number>
  readonly health: GroupHealth
  readonly ended: readonly InterchangeError[]
  readonly logged: string
  /** Above what was in use before, heap and buffers. */
  readonly memoryBytesMax: number
}

export interface ReadParcelLogOptions {
  readonly log: ParcelLog
  readonly group: string
  readonly transport: Transport
  readonly admin: TransportAdmin
  readonly codec: Codec
  /** With a schema of its own. */
  readonly database: Database
  readonly withinMs: number
}

interface Effect {
  readonly place: string
}

/** Dead letters may be as much larger as in the catalogue. */
const letterConfigs = { 'max.message.bytes': String(1_048_588 + 65_536) }
const handlerTimeoutMs = 500
const retry = { attemptsMax: 2, backoffMs: 10, backoffMsMax: 20 }

/** Reads a whole log as one group does: the kernel, this transport, the codec, effects and inbox in Postgres. */
export const readParcelLog = async (options: ReadParcelLogOptions): Promise<LogReading> => {
  const { log, group, transport, admin, codec, database } = options
  const topics = [log.parcels, log.entities]
  const letterTopics = topics.map(({ name }) => deadLetterTopicName(name, group))
  await admin.createTopics(
    [...letterTopics, ...topics.map(({ name }) => replayLaneName(name, group))].map((name) => ({
      name,
      partitions: log.parcels.partitions,
      replicationFactor: 1,
      configs: letterConfigs,
    })),
  )
  await migrate(database)
  await database.query('CREATE TABLE effect (number bigserial PRIMARY KEY, place text NOT NULL)')
  const store = createEffectStore<Effect>({
    database,
    apply: async (tx, effects) => {
      await tx.query('INSERT INTO effect (place) SELECT * FROM unnest($1::text[])', [effects.map(({ place }) => place)])
    },
  })

  const values = new Map<string, Parcel>()
  const routeOf = (from: Topic<Parcel>): Route =>
    effectRoute<Parcel, Effect>({
      from,
      group,
      store,
      retry,
      timeoutMs: handlerTimeoutMs,
      tombstones: from === log.entities ? 'skip' : 'reject',
      handle(value, context) {
        const effect = { place: placeOf(context) }
        values.set(effect.place, value)
        const misbehave: ((effect: Effect) => unknown) | undefined = isMisbehaviour(value.note)
          ? misbehaviours[value.note]
          : undefined
        return misbehave === undefined ? effect : (misbehave(effect) as Answer<Effect>)
      },
    })

  const logged: string[] = []
  const ended: InterchangeError[] = []
  const memory = watchMemory()
  const running = await createConsumerGroup({
    group,
    routes: topics.map(routeOf),
    transport,
    codec,
    publisher: undefined,
    reportOutcome: async () => undefined,
    service: { name: 'conformance', version: '0' },
    clock: systemClock,
    random: Math.random,
    logger: loggerInto(logged),
    metrics: noMetrics,
    tracing: noTracing,
    // Far more is bad here than good; the breaker has its own tests (X58, X59).
    limits: { floodLetters: { inARow: 10_000, ratio: 1, window: 200 } },
    onEnded: (error) => void ended.push(error),
  })
  try {
    const ends = await endsOf(admin, topics)
    const committed = await caughtUp(options, ends, () => ended.length > 0)
    const health = running.health()
    const effects = await database.query<Effect>('SELECT place FROM effect ORDER BY number')
    return {
      effects: effects.map(({ place }) => place),
      values,
      letters: await recordsOf(transport, admin, letterTopics),
      committed,
      health,
      ended,
      logged: logged.join('\n'),
      memoryBytesMax: memory(),
    }
  } finally {
    memory()
    await running.stop(10_000)
  }
}

const isMisbehaviour = (note: string | null): note is keyof typeof misbehaviours =>
  note !== null && Object.hasOwn(misbehaviours, note)

const loggerInto = (lines: string[]): Logger => {
  const write = (fields: object, message: string): void => void lines.push(`${JSON.stringify(fields)} ${message}`)
  return { debug: write, info: write, warn: write, error: write }
}

const partitionOf = (topic: string, partition: number): string => `${topic}/${partition}`

/** Behind the last record of every partition. */
export const endsOf = async (
  admin: TransportAdmin,
  topics: readonly { readonly name: string }[],
): Promise<ReadonlyMap<string, number>> => {
  const found = await Promise.all(
    topics.map(async ({ name }) =>
      (await admin.topicOffsets(name)).map(({ partition, latest }: PartitionOffsets) => {
        return [partitionOf(name, partition), latest] as const
      }),
    ),
  )
  return new Map(found.flat())
}

/** What is committed once that is everything, or once the time is over or the group has ended. */
const caughtUp = async (
  { admin, group, log, withinMs }: ReadParcelLogOptions,
  ends: ReadonlyMap<string, number>,
  over: () => boolean,
): Promise<ReadonlyMap<string, number>> => {
  const untilMs = Date.now() + withinMs
  for (;;) {
    const found = await admin.committedOffsets(group, [log.parcels.name, log.entities.name])
    const committed = new Map(found.map(({ topic, partition, offset }) => [partitionOf(topic, partition), offset]))
    const done = [...ends].every(([partition, end]) => committed.get(partition) === end)
    if (done || over() || Date.now() > untilMs) return committed
    await sleep(100)
  }
}

const recordsOf = async (
  transport: Transport,
  admin: TransportAdmin,
  topics: readonly string[],
): Promise<readonly TransportRecord[]> => {
  const records: TransportRecord[] = []
  for (const topic of topics) {
    const ranges = (await admin.topicOffsets(topic))
      .filter(({ earliest, latest }) => earliest < latest)
      .map(({ partition, earliest, latest }) => ({ topic, partition, fromOffset: earliest, untilOffset: latest }))
    if (ranges.length > 0) for await (const record of transport.read(ranges)) records.push(record)
  }
  return records
}

/** Answers with the most that was in use since, above what was in use at the begin. */
const watchMemory = (): (() => number) => {
  const inUse = (): number => {
    const { heapUsed, external } = process.memoryUsage()
    return heapUsed + external
  }
  const before = inUse()
  let most = 0
  const look = (): void => {
    most = Math.max(most, inUse() - before)
  }
  const timer = setInterval(look, 50)
  return () => {
    look()
    clearInterval(timer)
    return most
  }
}

import { createCodec, createRegistryClient } from '@interchange/avro'
import type { ConfigOf, kafkaConfig, registryConfig } from '@interchange/config'
import { catalogue, deliveryOutcome, type PhysicalTopic, reportOutcomeBy } from '@interchange/contracts'
import { connectionOf, createKafkaTransport } from '@interchange/kafka'
import {
  type AnyTopic,
  type Codec,
  type ConsumerGroup,
  createConsumerGroup,
  createPublisher,
  type GroupHealth,
  InterchangeError,
  type Logger,
  type Publisher,
  systemClock,
  type Transport,
  type TransportAdmin,
} from '@interchange/messaging'
import type { Relay, RelayHealth } from '@interchange/store'
import type { Telemetry } from '@interchange/telemetry'
import { checkTopics } from './check-topics.ts'
import { checkInboxes, type GroupParts, startUpkeep } from './group-store.ts'
import { holdingInboxRow } from './holding-inbox-row.ts'
import type { Lifetimes } from './lifetimes.ts'
import { untilUp } from './until-up.ts'

export interface KafkaRuntimeOptions {
  readonly service: { readonly name: string; readonly version: string }
  readonly kafka: ConfigOf<typeof kafkaConfig>
  readonly registry: ConfigOf<typeof registryConfig>
  /** What this service publishes: their schemas must be registered before the first event. */
  readonly publishes: readonly AnyTopic[]
  readonly logger: Logger
  readonly telemetry: Telemetry
  readonly lifetimes: Lifetimes
  /** A group ended by itself, or could not start: the process is of no use any more. */
  readonly onFatal: (error: unknown) => void
  /** In the place of the real ones, for tests. */
  readonly transport?: Transport
  readonly codec?: Codec
}

/** Where start-up is. `failed` does not come back. */
export type StartState = 'starting' | 'started' | 'failed'

/** Kafka as one service uses it. */
export interface KafkaRuntime {
  readonly transport: Transport
  readonly codec: Codec
  readonly publisher: Publisher
  /**
   * Checks the groups' topics and how far back their inboxes reach, brings their schemas, relays what is left in their
   * outboxes, joins. Rejects when it cannot; call once.
   */
  start(groups: ReadonlyMap<string, GroupParts>): Promise<void>
  state(): StartState
  health(): readonly ({ readonly group: string } & GroupHealth)[]
  /** The relays of the groups that have an outbox. */
  relays(): readonly ({ readonly group: string } & RelayHealth)[]
}

/** Connects, checks the topics this service publishes, and has their schemas ready. Waits for what is down. */
export const createKafkaRuntime = async (options: KafkaRuntimeOptions): Promise<KafkaRuntime> => {
  const { service, logger, telemetry, lifetimes, onFatal } = options
  const transport = options.transport ?? createKafkaTransport(connectionOf(options.kafka, service.name), { logger })
  const codec = options.codec ?? createCodec({ source: createRegistryClient({ url: registryUrl(options.registry) }) })
  const { tracing, metrics } = telemetry
  const running: ConsumerGroup[] = []
  const relays = new Map<string, Relay>()
  let state: StartState = 'starting'

  const ready = async (topics: readonly AnyTopic[], physical: readonly PhysicalTopic[]): Promise<void> => {
    if (topics.length === 0) return
    await untilUp(
      'kafka',
      () =>
        withAdmin(transport, (admin) => checkTopics(admin, physical, { create: options.kafka.topicsApply, logger })),
      { logger },
    )
    await untilUp('schema registry', () => codec.prepare(topics), { logger })
  }

  await ready(options.publishes, physicalOf(options.publishes, undefined))
  const publisher = await untilUp(
    'kafka',
    () => createPublisher({ transport, codec, service, clock: systemClock, random: Math.random, metrics, tracing }),
    { logger },
  )
  lifetimes.add('publisher', 'publisher', () => publisher.close())

  const join = async (group: string, { routes, store }: GroupParts): Promise<void> => {
    const report = reportOutcomeBy(publisher)
    const consumer = await untilUp(
      'kafka',
      () =>
        createConsumerGroup({
          group,
          routes,
          transport,
          codec,
          publisher,
          reportOutcome: store === undefined ? report : holdingInboxRow(store.database, report),
          service,
          clock: systemClock,
          random: Math.random,
          logger,
          metrics,
          tracing,
          onEnded: onFatal,
        }),
      { logger },
    )
    running.push(consumer)
    lifetimes.add('groups', group, (deadlineMs) => consumer.stop(deadlineMs))
    logger.info({ group, topics: routes.map(({ from }) => from.name) }, 'the consumer group runs')
  }

  return {
    transport,
    codec,
    publisher,
    async start(groups) {
      try {
        const consumed = [...groups].flatMap(([group, { routes }]) => routes.map(({ from }) => ({ group, from })))
        const needed = new Set<AnyTopic>(consumed.map(({ from }) => from))
        const physical = consumed.flatMap(({ group, from }) => physicalOf([from], group))
        if (groups.size > 0) {
          needed.add(deliveryOutcome)
          physical.push(...physicalOf([deliveryOutcome], undefined))
        }
        await ready([...needed], physical)
        const kept = [...groups.values()].flatMap(({ routes, store }) =>
          store === undefined ? [] : [{ routes, store }],
        )
        if (kept.length > 0) await untilUp('kafka', () => withAdmin(transport, checkInboxes(kept)), { logger })
        for (const { store } of kept) {
          relays.set(store.group, startUpkeep(store, { transport, logger, lifetimes, telemetry }))
        }
        await Promise.all([...groups].map(([group, parts]) => join(group, parts)))
        state = 'started'
      } catch (error) {
        state = 'failed'
        throw error
      }
    },
    state: () => state,
    health: () => running.map((group) => ({ group: group.group, ...group.health() })).sort(byGroup),
    relays: () => [...relays].map(([group, relay]) => ({ group, ...relay.health() })).sort(byGroup),
  }
}

const byGroup = (left: { readonly group: string }, right: { readonly group: string }): number =>
  left.group < right.group ? -1 : 1

/** A topic of the catalogue itself, and with a group also that group's dead letters and replay lane. */
const physicalOf = (topics: readonly AnyTopic[], group: string | undefined): readonly PhysicalTopic[] => {
  const names = new Set(topics.map(({ name }) => name))
  const unknown = topics.filter(({ name }) => !catalogue.some((physical) => physical.name === name))
  if (unknown.length > 0) {
    throw new InterchangeError(
      'ICX_ROUTE_INVALID',
      `Not in the catalogue: ${unknown.map(({ name }) => name).join(', ')}`,
      {
        class: 'fatal',
      },
    )
  }
  return catalogue.filter(
    (physical) => names.has(physical.topic.name) && (physical.role === 'events' || physical.group === group),
  )
}

const withAdmin = async <Result>(
  transport: Transport,
  work: (admin: TransportAdmin) => Promise<Result>,
): Promise<Result> => {
  const admin = await transport.createAdmin()
  try {
    return await work(admin)
  } finally {
    await admin.close()
  }
}

const registryUrl = ({ url, username, password }: ConfigOf<typeof registryConfig>): string => {
  if (username === undefined || password === undefined) return url
  const withLogin = new URL(url)
  withLogin.username = encodeURIComponent(username)
  withLogin.password = encodeURIComponent(password)
  return withLogin.href
}

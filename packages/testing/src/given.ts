import {
  type AnyTopic,
  type Codec,
  type ConsumerGroup,
  createConsumerGroup,
  createPublisher,
  deadLetterTopicName,
  type EffectRoute,
  HeaderBlock,
  noMetrics,
  noTracing,
  type OutboundRecord,
  type Publisher,
  type PublishRoute,
  replayLaneName,
  retryTopicName,
  silentLogger,
  systemClock,
  type Topic,
  type Transport,
  type TransportConsumer,
} from '@interchange/messaging'
import { createMemoryTransport, type MemoryTransport } from '@interchange/messaging/memory'
import { type Delivery, testTimeMs } from './delivery.ts'
import { createMemoryEffectStore, type MemoryEffectStore } from './memory-effect-store.ts'
import { lettersOf, type Outcome, publishedOn } from './outcome.ts'
import { createStructuredCodec } from './structured-codec.ts'
import { waitFor } from './wait-for.ts'
import { type WaitingWatch, watchWaiting } from './waiting-watch.ts'

export interface GivenOptions<Effect> {
  /** What a database would refuse: throws for that effect. */
  readonly check?: (effect: Effect) => void
  /** Longest time a scenario may take, in milliseconds. Default 10,000. */
  readonly timeoutMs?: number
}

/** When the process dies: with its effects written but not committed, or committed but not yet acknowledged to Kafka. */
export type CrashMoment = 'before-commit' | 'after-commit'

/** A route on a Kafka of its own. Each call delivers, waits until everything is settled, and answers what became of it all. */
export interface Scenario<Value, Effect> {
  /** Delivers the messages in order. */
  when(...deliveries: readonly Delivery<Value>[]): Promise<Outcome<Effect>>
  /** Delivers each message twice, as Kafka may. */
  whenDuplicated(...deliveries: readonly Delivery<Value>[]): Promise<Outcome<Effect>>
  /** Delivers, kills the process at that moment, and starts it again. A publish route dies with its events sent. */
  whenCrashed(moment: CrashMoment, ...deliveries: readonly Delivery<Value>[]): Promise<Outcome<Effect>>
}

/**
 * Runs a route through the real kernel on an in-memory broker: no Kafka, no registry, no database. An effect route's own store is
 * replaced by one in memory, with a waiting room if it has one; pauses between attempts are cut to milliseconds.
 */
export const given = <Value, Effect = never>(
  route: PublishRoute<Value> | EffectRoute<Value, Effect>,
  { check, timeoutMs = 10_000 }: GivenOptions<Effect> = {},
): Scenario<Value, Effect> => {
  const waits = watchWaiting(route)
  const store = createMemoryEffectStore<Effect>({ ...(check && { check }), ...(waits && { waiting: waits.room }) })
  const codec = createStructuredCodec()
  const transport = createMemoryTransport()
  const kafka = withTopics(transport, codec.written)
  const { from, group } = route
  const retries = (from.retryDelaysMs?.[group] ?? []).map((_delayMs, index) =>
    retryTopicName(from.name, group, index + 1),
  )
  const readTopics = [from.name, ...retries]

  const outcome = (): Outcome<Effect> => ({
    published: (topic) => publishedOn(transport, codec, topic),
    effects: store.effects(),
    letters: lettersOf(transport, from.name, group),
    waited: [...(waits?.waited ?? [])],
    waiting: waits?.waiting() ?? [],
  })

  const play = async (
    deliveries: readonly Delivery<Value>[],
    crash: CrashMoment | undefined,
  ): Promise<Outcome<Effect>> => {
    await createTopics(
      transport,
      [...readTopics, deadLetterTopicName(from.name, group), replayLaneName(from.name, group)],
      from,
    )
    const publisher = await publisherOn(kafka, codec)
    await deliver(kafka, publisher, from, deliveries)
    if (crash !== undefined)
      await runUntilDeath({ route, store, transport, kafka, codec, publisher, moment: crash, timeoutMs })
    const running = await startGroup(quick(route, store), kafka, codec, publisher)
    try {
      await waitFor(() => everythingSettled(transport, readTopics, group, waits), {
        timeoutMs,
        everyMs: 2,
        what: `${group} to settle every message on ${from.name}`,
      }).catch((error: unknown) => {
        throw new Error(`not settled: ${JSON.stringify(running.health())}`, { cause: error })
      })
      for (const { event, options } of store.events()) await publisher.publish(event.topic, event.value, options)
    } finally {
      await running.stop(1_000)
      await publisher.close()
    }
    return outcome()
  }

  return {
    when: (...deliveries) => play(deliveries, undefined),
    whenDuplicated: (...deliveries) =>
      play(
        deliveries.flatMap((delivery) => [delivery, delivery]),
        undefined,
      ),
    whenCrashed: (moment, ...deliveries) => play(deliveries, moment),
  }
}

const quick = <Value, Effect>(
  route: PublishRoute<Value> | EffectRoute<Value, Effect>,
  store: MemoryEffectStore<Effect>,
): PublishRoute<Value> | EffectRoute<Value, Effect> => {
  const inPlace = { backoffMs: 1, backoffMsMax: 4, notYetMsMax: 40 }
  const retry = {
    ...{ ...route.retry, ...inPlace },
    ...{ waitingBackoffMs: 2, waitingBackoffMsMax: 8, waitingNotYetMsMax: 1_000 },
  }
  return 'store' in route ? { ...route, retry, store } : { ...route, retry, from: hasty(route.from) }
}

/** Retry topics as they are declared, with delays of milliseconds. */
const hasty = <Value>(topic: Topic<Value>): Topic<Value> => ({
  ...topic,
  retryDelaysMs: Object.fromEntries(
    Object.entries(topic.retryDelaysMs ?? {}).map(([group, delaysMs]) => [
      group,
      delaysMs.map((_, index) => index + 1),
    ]),
  ),
})

interface Doomed<Value, Effect> {
  readonly route: PublishRoute<Value> | EffectRoute<Value, Effect>
  readonly store: MemoryEffectStore<Effect>
  readonly transport: MemoryTransport
  readonly kafka: Transport
  readonly codec: Codec
  readonly publisher: Publisher
  readonly moment: CrashMoment
  readonly timeoutMs: number
}

/** Runs the route in a process that dies when it first settles; what it told Kafka and the store by then stays. */
const runUntilDeath = async <Value, Effect>(doomed: Doomed<Value, Effect>): Promise<void> => {
  const { route, store, transport, kafka, codec, publisher, moment, timeoutMs } = doomed
  const consumers: TransportConsumer[] = []
  let dead = false
  const die = (): void => {
    dead = true
  }
  const mortal: Transport = {
    ...kafka,
    async createConsumer(options) {
      const consumer = await kafka.createConsumer(options)
      consumers.push(consumer)
      return {
        ...consumer,
        commit() {
          die()
          // A dead process's commit never arrives.
          return new Promise(() => undefined)
        },
      }
    },
  }
  const living = quick(route, store)
  const dying = 'store' in living ? { ...living, store: store.dying(moment, die) } : living
  const running = await startGroup(dying, mortal, codec, publisher)
  await waitFor(() => dead, { timeoutMs, everyMs: 2, what: 'the crash' })
  for (const consumer of consumers) await transport.crash(consumer)
  await running.stop(0)
}

const startGroup = <Value, Effect>(
  route: PublishRoute<Value> | EffectRoute<Value, Effect>,
  transport: Transport,
  codec: Codec,
  publisher: Publisher,
): Promise<ConsumerGroup> =>
  createConsumerGroup({
    group: route.group,
    routes: [route],
    transport,
    codec,
    publisher,
    reportOutcome: async () => undefined,
    service: testService,
    clock: systemClock,
    random: Math.random,
    logger: silentLogger,
    metrics: noMetrics,
    tracing: noTracing,
    limits: { commitIntervalMs: 2 },
    // A group that ends is seen by the wait for its messages, which never settle.
    onEnded: () => undefined,
  })

const testService = { name: 'test', version: '0' } as const

const publisherOn = (transport: Transport, codec: Codec): Promise<Publisher> =>
  createPublisher({
    transport,
    codec,
    service: testService,
    clock: systemClock,
    random: Math.random,
    metrics: noMetrics,
    tracing: noTracing,
    limits: { lingerMs: 0 },
  })

const deliver = async <Value>(
  transport: Transport,
  publisher: Publisher,
  topic: PublishRoute<Value>['from'],
  deliveries: readonly Delivery<Value>[],
): Promise<void> => {
  const producer = await transport.createProducer()
  for (const delivery of deliveries) {
    if (delivery.kind === 'event') {
      const { settings, messageId } = delivery
      await publisher.publish(topic, delivery.value, { timeMs: testTimeMs, ...settings, messageId })
    } else {
      await producer.send([rawRecord(topic.name, delivery)])
    }
  }
  await producer.close()
}

const rawRecord = (
  topic: string,
  { key, bytes, headers }: Extract<Delivery<never>, { kind: 'record' }>,
): OutboundRecord => ({
  topic,
  partition: 0,
  key: key === null ? null : Buffer.from(key),
  value: bytes,
  headers: HeaderBlock.of(headers),
  timestampMs: testTimeMs,
})

const createTopics = async (transport: Transport, names: readonly string[], like: AnyTopic): Promise<void> => {
  const admin = await transport.createAdmin()
  await admin.createTopics(
    names.map((name) => ({ name, partitions: like.partitions, replicationFactor: 1, configs: {} })),
  )
  await admin.close()
}

/** Creates the topics a handler publishes to when it first does, as the catalogue says them. */
const withTopics = (transport: Transport, written: ReadonlyMap<string, AnyTopic>): Transport => ({
  ...transport,
  async createProducer() {
    const producer = await transport.createProducer()
    return {
      ...producer,
      async send(records) {
        for (const name of new Set(records.map(({ topic }) => topic))) {
          const topic = written.get(name)
          if (topic !== undefined) await createTopics(transport, [name], topic)
        }
        return producer.send(records)
      },
    }
  },
})

const everythingSettled = async (
  transport: MemoryTransport,
  topics: readonly string[],
  group: string,
  waits: WaitingWatch | undefined,
): Promise<boolean> => {
  const admin = await transport.createAdmin()
  const committed = await admin.committedOffsets(group, topics)
  const passed = async (topic: string): Promise<boolean> =>
    (await admin.topicOffsets(topic)).every(
      ({ partition, latest }) =>
        latest === 0 || committed.some((at) => at.topic === topic && at.partition === partition && at.offset >= latest),
    )
  // The ends are younger than the offsets: what has left one topic is in the other by then.
  const all = await Promise.all(topics.map(passed))
  await admin.close()
  return all.every((one) => one) && (waits === undefined || waits.isSettled())
}

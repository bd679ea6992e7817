import { randomUUID } from 'node:crypto'
import { createCodec, createRegistryClient, registerSchemas } from '@interchange/avro'
import {
  catalogue,
  deliveryOutcome,
  type MarketingCustomerRegistered,
  marketingCustomerRegistered,
  replayAudit,
  reportOutcomeBy,
  schemaVersions,
} from '@interchange/contracts'
import { createLetterBook, createReplayClient, letterSources, type ReplayClient } from '@interchange/dead-letters'
import { createKafkaTransport } from '@interchange/kafka'
import {
  createConsumerGroup,
  createPublisher,
  deadLetterTopicName,
  type EffectStore,
  effectRoute,
  newEventId,
  noMetrics,
  noTracing,
  type Publisher,
  rejected,
  replayLaneName,
  silentLogger,
  systemClock,
  type Topic,
} from '@interchange/messaging'
import { createMemoryWaitingRoom } from '@interchange/messaging/memory'
import { LOGGER, ProblemFilter } from '@interchange/nest'
import { type INestApplication, Module } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify'
import { followTopics, type TopicFollower } from './desk/follow-topics.ts'
import { createReplayDesk, type ReplayDesk } from './desk/replay-desk.ts'
import { DESK, DeskController } from './http/desk-controller.ts'
import { OPERATOR_TOKEN, OperatorGuard } from './http/operator-guard.ts'

const unique = randomUUID().slice(0, 8)
export const group = `notifications-${unique}`
export const name = `${unique}.${marketingCustomerRegistered.name}`
const topic: Topic<MarketingCustomerRegistered> = {
  ...marketingCustomerRegistered,
  name,
  groups: [group],
  partitions: 2,
  schema: { ...marketingCustomerRegistered.schema, subject: `${name}-value` },
}
const registryUrl = process.env['SCHEMA_REGISTRY_URL'] ?? ''
const transport = createKafkaTransport(
  { brokers: (process.env['KAFKA_BROKERS'] ?? '').split(','), clientId: 'dlq-replay-test' },
  { logger: silentLogger },
)
const codec = createCodec({ source: createRegistryClient({ url: registryUrl }) })
const parts = {
  transport,
  codec,
  service: { name: 'test', version: '0' },
  clock: systemClock,
  random: Math.random,
  metrics: noMetrics,
  tracing: noTracing,
}
export const token = randomUUID()

export interface OpenDesk {
  readonly client: ReplayClient
  readonly url: string
  close(): Promise<void>
}

/** A desk on its own topics, as the service opens it, behind the service's own controller, guard and filter. */
const openDesk = async (publisher: Publisher): Promise<OpenDesk> => {
  const book = createLetterBook()
  const reading = { transport, codec, sources: letterSources([topic]), book }
  const follower: TopicFollower = followTopics({ reading, clock: systemClock, logger: silentLogger })
  await follower.caughtUp
  const desk: ReplayDesk = createReplayDesk({ ...parts, book, publisher, logger: silentLogger })
  @Module({
    controllers: [DeskController],
    providers: [
      OperatorGuard,
      { provide: DESK, useValue: desk },
      { provide: OPERATOR_TOKEN, useValue: token },
      { provide: LOGGER, useValue: silentLogger },
    ],
  })
  class DeskOnOwnTopics {}
  const app: INestApplication = await NestFactory.create<NestFastifyApplication>(
    DeskOnOwnTopics,
    new FastifyAdapter(),
    {
      logger: false,
    },
  )
  app.useGlobalFilters(new ProblemFilter(silentLogger))
  await app.listen(0, '127.0.0.1')
  const url = await app.getUrl()
  return {
    url,
    client: createReplayClient({ url, token }),
    async close() {
      await app.close()
      await Promise.all([follower.stop(), desk.stop()])
    },
  }
}

/** Topics and schemas of the group, as operations would have made them. */
const prepareTopics = async (): Promise<void> => {
  const internal = [deliveryOutcome, replayAudit].flatMap(({ schema }) =>
    schemaVersions.filter(([first]) => first.subject === schema.subject),
  )
  await registerSchemas(
    registryUrl,
    [[topic.schema], ...internal].map((versions) => ({ compatibility: 'BACKWARD_TRANSITIVE', versions })),
  )
  const admin = await transport.createAdmin()
  const names = [name, deadLetterTopicName(name, group), replayLaneName(name, group)]
  const own = names.map((each) => ({ name: each, partitions: 2, configs: {} }))
  const ours = catalogue.filter(({ topic: known }) => known === deliveryOutcome || known === replayAudit)
  await admin.createTopics(
    [...own, ...ours].map(({ configs, ...spec }) => ({ ...spec, configs, replicationFactor: 1 })),
  )
  await admin.close()
  await codec.prepare([topic, deliveryOutcome, replayAudit])
}

/** A group of its own that holds the keys of its letters, whose handler refuses who is unwelcome, and a desk for its letters. */
export const openDeskOfAGroup = async () => {
  await prepareTopics()
  const unwelcome = new Set<string>()
  const room = createMemoryWaitingRoom()
  const done = new Map<string, readonly string[]>()
  const store: EffectStore<string> = {
    waiting: room,
    settle: async (_group, entries) =>
      entries.map(({ messageId, claim, offset, effects }) => {
        const refused = claim && room.refusal(claim)
        if (refused !== undefined) return refused
        if (claim !== undefined) room.leave(claim, offset)
        if (done.has(messageId)) return 'duplicate'
        done.set(messageId, effects)
        return 'done'
      }),
  }
  const publisher = await createPublisher(parts)
  const consumer = await createConsumerGroup({
    ...parts,
    group,
    routes: [
      effectRoute<MarketingCustomerRegistered, string>({
        from: topic,
        group,
        store,
        afterDeadLetter: 'hold',
        handle({ customerId }) {
          if (unwelcome.has(customerId)) throw rejected('the customer is unwelcome')
          return customerId
        },
      }),
    ],
    publisher,
    reportOutcome: reportOutcomeBy(publisher),
    logger: silentLogger,
    onEnded: (error) => {
      throw error
    },
  })
  const desk = await openDesk(publisher)
  const publish = async (customerId: string): Promise<string> => {
    const parted = { prefix: null, given: 'Mary', middle: 'Jane', particles: null, family: 'Watson', suffix: null }
    const personName = { ...parted, original: 'Mary Jane Watson' }
    const messageId = newEventId(Date.now())
    await publisher.publish(
      topic,
      { customerId, name: personName, email: 'mj@example.com', consent: 'granted' },
      { messageId, correlationId: `c-${customerId}` },
    )
    return messageId
  }

  const register = async (customerId: string): Promise<void> => {
    unwelcome.add(customerId)
    await publish(customerId)
  }

  return {
    unwelcome,
    room,
    done,
    desk,
    publish,
    register,
    /** Another process, which has nothing but the topics. */
    openAnother: () => openDesk(publisher),
    async close() {
      await desk.close()
      await consumer.stop(5_000)
      await publisher.close()
    },
  }
}

import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { createCodec, createRegistryClient, registerSchemas } from '@interchange/avro'
import {
  catalogue,
  deliveryOutcome,
  type MarketingCustomerRegistered,
  marketingCustomerRegistered,
  replayAudit,
  schemaVersions,
  timestampMillis,
} from '@interchange/contracts'
import {
  createLetterBook,
  createReplayClient,
  letterSources,
  type ReplayClient,
  type ReplayStatus,
} from '@interchange/dead-letters'
import { createKafkaTransport } from '@interchange/kafka'
import {
  type ConsumerGroup,
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
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { followTopics, type TopicFollower } from './desk/follow-topics.ts'
import { createReplayDesk, type ReplayDesk } from './desk/replay-desk.ts'
import { DESK, DeskController } from './http/desk-controller.ts'
import { OPERATOR_TOKEN, OperatorGuard } from './http/operator-guard.ts'

const unique = randomUUID().slice(0, 8)
const group = `notifications-${unique}`
const name = `${unique}.${marketingCustomerRegistered.name}`
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
const token = randomUUID()

/** A desk on its own topics, as the service opens it, behind the service's own controller, guard and filter. */
const openDesk = async (): Promise<{ client: ReplayClient; url: string; close(): Promise<void> }> => {
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
let publisher: Publisher
let consumer: ConsumerGroup
let desk: Awaited<ReturnType<typeof openDesk>>

beforeAll(async () => {
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
  publisher = await createPublisher(parts)
  consumer = await createConsumerGroup({
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
    async reportOutcome({ outcome, replayId, atMs, code, failureClass, ...facts }) {
      const result = { 'failed-again': 'failed_again', 'dead-lettered': 'dead_lettered' } as const
      await publisher.publish(deliveryOutcome, {
        ...facts,
        outcome: outcome === 'failed-again' || outcome === 'dead-lettered' ? result[outcome] : outcome,
        replayId: replayId ?? null,
        at: timestampMillis(atMs),
        code: code ?? null,
        class: failureClass ?? null,
      })
    },
    logger: silentLogger,
    onEnded: (error) => {
      throw error
    },
  })
  desk = await openDesk()
})

afterAll(async () => {
  await desk.close()
  await consumer.stop(5_000)
  await publisher.close()
})

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

const lettersOf = async (customerId: string) => (await desk.client.letters({ key: customerId })).letters

const untilLettered = async (customerId: string) => {
  await vi.waitFor(async () => expect(await lettersOf(customerId)).toHaveLength(1), { timeout: 20_000, interval: 50 })
  const [letter] = await lettersOf(customerId)
  if (letter === undefined) throw new Error('no letter')
  return letter
}

const untilEnded = async (replayId: string): Promise<ReplayStatus> => {
  for (;;) {
    const status = await desk.client.replay(replayId)
    if (status.state === 'done' || status.state === 'stopped') return status
    await pause(50)
  }
}

test('lists a letter as it arrives, and groups it by cause', async () => {
  await register('listed')
  const letter = await untilLettered('listed')
  expect(letter).toMatchObject({ state: 'new', group, topic: name, correlationId: 'c-listed', reason: 'poison' })
  expect(await desk.client.letters({ correlation: 'c-listed', state: 'new', cause: letter.fingerprint })).toMatchObject(
    {
      total: 1,
      nextCursor: null,
    },
  )
  expect(await desk.client.causes({ group })).toMatchObject([{ fingerprint: letter.fingerprint, topics: [name] }])
})

test('masks what is about a person, and reveals it only with an audit record', async () => {
  await register('masked')
  const { id, shortId } = await untilLettered('masked')
  const shown = await desk.client.letter(shortId)
  expect(JSON.stringify(shown.value)).not.toMatch(/Mary|example/)
  expect(shown).toMatchObject({ id, revealed: false, valueBase64: null, value: { customerId: 'masked' } })
  expect((await desk.client.audit()).some(({ letterIds }) => letterIds.includes(id))).toBe(false)

  const revealed = await desk.client.letter(id, { reveal: true, actor: 'ada' })
  expect(revealed).toMatchObject({ revealed: true, value: { email: 'mj@example.com' } })
  expect(await desk.client.audit()).toContainEqual(
    expect.objectContaining({ action: 'reveal', actor: 'ada', letterIds: [id] }),
  )
})

test('runs a replay in the background and says how each letter ended', async () => {
  await Promise.all([register('fixed'), register('unfixed')])
  const ids = [(await untilLettered('fixed')).id, (await untilLettered('unfixed')).id]
  unwelcome.delete('fixed')
  const response = await fetch(`${desk.url}/replays`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ letterIds: [...ids, 'nothing'], reason: 'a test', actor: 'ada' }),
  })
  const started = (await response.json()) as ReplayStatus
  expect(response.status).toBe(202)
  expect(response.headers.get('location')).toBe(`/replays/${started.replayId}`)
  expect(started.refused).toEqual([{ letterId: 'nothing', reason: 'unknown' }])
  const ended = await untilEnded(started.replayId)
  expect(ended).toMatchObject({ state: 'done', actor: 'ada', reason: 'a test', error: null })
  const counts = { planned: 2, sent: 2, resolved: 1, failedAgain: 1, duplicate: 0, pending: 0, gone: 0 }
  expect(ended.counts).toEqual(counts)
  expect((await untilLettered('fixed')).state).toBe('resolved')
  await vi.waitFor(async () => expect((await untilLettered('unfixed')).replays).toBe(1), 20_000)
  expect((await desk.client.letter(ids[1] ?? '')).history).toMatchObject([{ actor: 'ada', outcome: 'failed_again' }])
  await expect(desk.client.startReplay({ letterIds: [ids[0] ?? ''], reason: 'again' })).rejects.toMatchObject({
    code: 'ICX_REPLAY_REFUSED',
    message: expect.stringContaining('resolved'),
  })

  // Another process, which has nothing but the topics, says the same.
  const other = await openDesk()
  expect((await other.client.replay(started.replayId)).counts).toEqual(counts)
  expect(await other.client.letters({ group })).toEqual(await desk.client.letters({ group }))
  await other.close()
})

test('continues a replay that was cut short, in another process and under its id', async () => {
  const names = Array.from({ length: 6 }, (_, place) => `cut-${place}`)
  await Promise.all(names.map(register))
  const letterIds = await Promise.all(names.map(async (each) => (await untilLettered(each)).id))
  for (const each of names) unwelcome.delete(each)
  const dying = await openDesk()
  const { replayId } = await dying.client.startReplay({
    letterIds,
    reason: 'a test',
    actor: 'ada',
    ratePerSecondMax: 0.5,
  })
  const sentOf = async (client: ReplayClient) => (await client.replay(replayId)).counts.sent
  await vi.waitFor(async () => expect(await sentOf(dying.client)).toBeGreaterThan(0), 20_000)
  await dying.close()
  await vi.waitFor(async () => expect(await sentOf(desk.client)).toBeGreaterThan(0), 20_000)
  expect(await desk.client.replay(replayId)).toMatchObject({ state: 'stopped', actor: 'ada' })

  const order = { reason: 'the other one died', actor: 'bob' }
  expect(await desk.client.continueReplay(replayId, order)).toMatchObject({ replayId, actor: 'bob' })
  const { state, counts } = await untilEnded(replayId)
  expect({ state, planned: counts.planned, sent: counts.sent }).toEqual({ state: 'done', planned: 6, sent: 6 })
  // What the first one had sent without our knowing is a duplicate.
  expect(counts.resolved + counts.duplicate).toBe(6)
  expect(await desk.client.audit()).toContainEqual(expect.objectContaining({ ...order, action: 'continue' }))
  await expect(desk.client.continueReplay(replayId, order)).rejects.toMatchObject({ code: 'ICX_REPLAY_REFUSED' })
  await expect(desk.client.continueReplay('nothing', order)).rejects.toMatchObject({ code: 'ICX_HTTP_NOT_FOUND' })
})

test('archives a letter: its key goes on without it, and the audit says who wanted that', async () => {
  await register('kept')
  const letter = await untilLettered('kept')
  unwelcome.delete('kept')
  const later = await publish('kept')
  await vi.waitFor(() => expect(room.records(group)).toHaveLength(1), 20_000)
  expect(done.has(later)).toBe(false)
  const archived = await desk.client.archive({ letterIds: [letter.id, 'nothing'], reason: 'a test', actor: 'ada' })
  expect(archived).toMatchObject({ archived: 1, refused: [{ letterId: 'nothing', reason: 'unknown' }] })
  await vi.waitFor(() => expect(done.get(later)).toEqual(['kept']), 20_000)
  expect(done.has(letter.messageId)).toBe(false)
  expect((await untilLettered('kept')).state).toBe('archived')
  expect(await desk.client.audit()).toContainEqual(
    expect.objectContaining({ action: 'archive', actor: 'ada', reason: 'a test', letterIds: [letter.id] }),
  )
  await expect(desk.client.startReplay({ letterIds: [letter.id], reason: 'after all' })).rejects.toMatchObject({
    code: 'ICX_REPLAY_REFUSED',
    message: expect.stringContaining('archived'),
  })
})

test('pages through letters, each once', async () => {
  await Promise.all(Array.from({ length: 7 }, (_, place) => register(`paged-${place}`)))
  await Promise.all(Array.from({ length: 7 }, (_, place) => untilLettered(`paged-${place}`)))
  const all = (await desk.client.letters({ group, limit: 500 })).letters.map(({ id }) => id)
  const paged: string[] = []
  let cursor: string | null | undefined
  while (cursor !== null) {
    const page = await desk.client.letters({ group, limit: 3, ...(cursor !== undefined && { cursor }) })
    paged.push(...page.letters.map(({ id }) => id))
    cursor = page.nextCursor
  }
  expect(paged).toEqual(all)
})

test.each([
  ['GET', '/dead-letters', undefined, 401, 'ICX_HTTP_UNAUTHENTICATED'],
  ['GET', '/audit', 'Bearer wrong', 401, 'ICX_HTTP_UNAUTHENTICATED'],
  ['POST', '/replays', 'Basic x', 401, 'ICX_HTTP_UNAUTHENTICATED'],
  ['GET', '/dead-letters/nothing', `Bearer ${token}`, 404, 'ICX_HTTP_NOT_FOUND'],
  ['GET', '/replays/nothing', `Bearer ${token}`, 404, 'ICX_HTTP_NOT_FOUND'],
  ['GET', '/dead-letters?cursor=%21', `Bearer ${token}`, 422, 'ICX_HTTP_INVALID'],
  ['POST', '/replays', `Bearer ${token}`, 422, 'ICX_HTTP_INVALID'],
])('answers %s %s with %s by a problem', async (method, path, authorization, status, code) => {
  const response = await fetch(`${desk.url}${path}`, {
    method,
    headers: { ...(authorization !== undefined && { authorization }) },
  })
  expect(response.status).toBe(status)
  expect(response.headers.get('content-type')).toContain('application/problem+json')
  expect(await response.json()).toMatchObject({ status, code })
})

test('says that nobody answers when nobody does', async () => {
  const nobody = createReplayClient({ url: 'http://127.0.0.1:1', token })
  await expect(nobody.causes()).rejects.toMatchObject({ code: 'ICX_REPLAY_UNREACHABLE', failureClass: 'outage' })
})

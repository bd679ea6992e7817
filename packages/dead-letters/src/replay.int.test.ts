import { randomUUID } from 'node:crypto'
import { createCodec, createRegistryClient, registerSchemas } from '@interchange/avro'
import {
  catalogue,
  deliveryOutcome,
  replayAudit,
  type StockAdjusted,
  schemaVersions,
  stockAdjusted,
  timestampMillis,
} from '@interchange/contracts'
import { createKafkaTransport } from '@interchange/kafka'
import {
  type ConsumerGroup,
  createConsumerGroup,
  createPublisher,
  type DeliveryOutcome,
  deadLetterHeaders,
  type EffectStore,
  effectRoute,
  HeaderBlock,
  newEventId,
  noMetrics,
  noTracing,
  type OutboundRecord,
  type Publisher,
  rejected,
  silentLogger,
  systemClock,
  type Topic,
  type TransportRecord,
} from '@interchange/messaging'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { createLetterBook, type LetterBook } from './letter-book.ts'
import { letterSources } from './letter-source.ts'
import { planContinuation } from './plan-continuation.ts'
import { planReplay, type ReplaySelection } from './plan-replay.ts'
import { readLetterBook } from './read-letter-book.ts'
import { type ReplayProgress, runReplay } from './run-replay.ts'
import { showLetter } from './show-letter.ts'

const unique = randomUUID().slice(0, 8)
const group = `warehouse-${unique}`
const name = `${unique}.${stockAdjusted.name}`
const topic: Topic<StockAdjusted> = {
  ...stockAdjusted,
  name,
  groups: [group],
  partitions: 2,
  schema: { ...stockAdjusted.schema, subject: `${name}-value` },
}
const sources = letterSources([topic])
const [source] = sources
if (source === undefined) throw new Error('no source')
const transport = createKafkaTransport(
  { brokers: (process.env['KAFKA_BROKERS'] ?? '').split(','), clientId: 'dead-letters-test' },
  { logger: silentLogger },
)
const registryUrl = process.env['SCHEMA_REGISTRY_URL'] ?? ''
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

/** What the handler refuses; emptied when somebody "fixes" it. */
const refusedReasons = new Set<string>()
const done = new Map<string, number>()
const store: EffectStore<string> = {
  settle: async (_, entries) =>
    entries.map(({ messageId }) => {
      const known = done.has(messageId)
      if (!known) done.set(messageId, 1)
      return known ? 'duplicate' : 'done'
    }),
}

let publisher: Publisher
let consumer: ConsumerGroup

const reportOutcome = async ({ outcome, replayId, atMs, code, failureClass, ...facts }: DeliveryOutcome) => {
  const words = { 'failed-again': 'failed_again', 'dead-lettered': 'dead_lettered' } as const
  const result = outcome === 'failed-again' || outcome === 'dead-lettered' ? words[outcome] : outcome
  await publisher.publish(deliveryOutcome, {
    ...facts,
    outcome: result,
    replayId: replayId ?? null,
    at: timestampMillis(atMs),
    code: code ?? null,
    class: failureClass ?? null,
  })
}

const startGroup = (): Promise<ConsumerGroup> =>
  createConsumerGroup({
    ...parts,
    group,
    routes: [
      effectRoute({
        from: topic,
        group,
        store,
        handle({ adjustmentId, lines }) {
          const reason = lines[0]?.reason ?? ''
          if (refusedReasons.has(reason)) throw rejected(`no stock for ${reason} in ${adjustmentId}`)
          return adjustmentId
        },
      }),
    ],
    publisher: undefined,
    reportOutcome,
    logger: silentLogger,
    onEnded: (error) => {
      throw error
    },
  })

beforeAll(async () => {
  const internal = [deliveryOutcome, replayAudit].flatMap(({ schema }) =>
    schemaVersions.filter(([first]) => first.subject === schema.subject),
  )
  await registerSchemas(
    registryUrl,
    [[topic.schema], ...internal].map((versions) => ({ compatibility: 'BACKWARD_TRANSITIVE', versions })),
  )
  const admin = await transport.createAdmin()
  const own = [name, source.deadLetterTopic, source.lane].map((each) => ({ name: each, partitions: 2, configs: {} }))
  const ours = catalogue.filter(({ topic: known }) => known === deliveryOutcome || known === replayAudit)
  await admin.createTopics(
    [...own, ...ours].map(({ configs, ...spec }) => ({ ...spec, configs, replicationFactor: 1 })),
  )
  await admin.close()
  await codec.prepare([topic, deliveryOutcome, replayAudit])
  publisher = await createPublisher(parts)
  consumer = await startGroup()
})

afterAll(async () => {
  await consumer.stop(5_000)
  await publisher.close()
})

const publish = (reason: string, messageId = newEventId(Date.now())): Promise<unknown> => {
  const lines = [{ sku: 'A', quantityDelta: 1, reason }]
  return publisher.publish(topic, { adjustmentId: messageId, adjustedAt: timestampMillis(0), lines }, { messageId })
}

/** A book made of nothing but the topics, as after the loss of everything else. */
const bookFromTopics = async (): Promise<LetterBook> => {
  const book = createLetterBook()
  await readLetterBook({ transport, codec, sources, book })
  return book
}

const statesOf = (book: LetterBook, cause?: string): readonly string[] =>
  book.list(cause === undefined ? {} : { match: cause }).map(({ status }) => status.state)

const untilStates = async (cause: string, expected: readonly string[]): Promise<LetterBook> => {
  let book = createLetterBook()
  await vi.waitFor(
    async () => {
      book = await bookFromTopics()
      expect(statesOf(book, cause)).toEqual(expected)
    },
    { timeout: 30_000, interval: 200 },
  )
  return book
}

const replay = async (
  book: LetterBook,
  selection: ReplaySelection,
  more: { replayId?: string; force?: boolean; publisher?: Publisher; ratePerSecondMax?: number } = {},
): Promise<ReplayProgress> => {
  const admin = await transport.createAdmin()
  try {
    const { replayId = newEventId(Date.now()), force = false } = more
    const plan = await planReplay({ book, admin, transport, selection, replayId, force })
    return await runReplay({
      plan,
      book,
      transport,
      publisher: more.publisher ?? publisher,
      actor: 'ada',
      reason: 'a test',
      ratePerSecondMax: more.ratePerSecondMax,
      clock: systemClock,
    })
  } finally {
    await admin.close()
  }
}

const idsOf = (book: LetterBook, cause: string) => book.list({ match: cause }).map(({ letter }) => letter.id)

const recordsOf = async (from: string): Promise<readonly TransportRecord[]> => {
  const admin = await transport.createAdmin()
  const ranges = (await admin.topicOffsets(from))
    .filter(({ earliest, latest }) => earliest < latest)
    .map(({ partition, earliest, latest }) => ({ topic: from, partition, fromOffset: earliest, untilOffset: latest }))
  await admin.close()
  const records: TransportRecord[] = []
  if (ranges.length > 0) for await (const record of transport.read(ranges)) records.push(record)
  return records
}

test('follows a letter through a replay that fails again to one that resolves it', async () => {
  refusedReasons.add('damage')
  await Promise.all([publish('damage'), publish('damage'), publish('found')])
  const first = await untilStates('damage', ['new', 'new'])
  expect(first.causes({ match: 'damage' })).toMatchObject([
    { group, open: 2, reason: 'poison', code: 'ICX_HANDLER_REJECTED', topics: [name] },
  ])
  const [id] = idsOf(first, 'damage')
  if (id === undefined) throw new Error('no letter')
  const found = first.find(id)
  if (found === undefined) throw new Error('not found')
  const shown = await showLetter({ transport, codec }, found.letter)
  expect(shown.decoded).toMatchObject({ ok: true, value: { lines: [{ sku: 'A', reason: 'damage' }] } })

  expect(await replay(first, { letterIds: [id] })).toEqual({ planned: 1, sent: 1, skipped: 0, gone: 0 })
  const again = await untilStates('damage', ['failed-again', 'new'])
  const [latest] = again.list({ match: 'damage', state: 'failed-again' })
  expect(latest?.letter.facts).toMatchObject({ replays: 1, messageId: found.letter.facts.messageId })
  expect(again.find(id)?.status).toMatchObject({ state: 'failed-again', supersededBy: latest?.letter.id })
  expect(again.find(id)?.status.replays).toMatchObject([{ actor: 'ada', reason: 'a test' }])

  refusedReasons.delete('damage')
  expect(await replay(again, { group, cause: latest?.letter.facts.fingerprint ?? '' })).toMatchObject({ sent: 2 })
  const resolved = await untilStates('damage', ['resolved', 'resolved'])
  expect(resolved.find(id)?.status.state).toBe('resolved')

  expect(await replay(resolved, { letterIds: idsOf(resolved, 'damage') })).toMatchObject({ planned: 0, sent: 0 })
  expect(await replay(resolved, { letterIds: idsOf(resolved, 'damage') }, { force: true })).toMatchObject({ sent: 2 })
  await vi.waitFor(async () => {
    const outcomes = (await bookFromTopics()).audits().flatMap(({ auditId }) => auditId.split('.')[0] ?? [])
    const [newest] = outcomes
    expect((await bookFromTopics()).outcomesOf(newest ?? '').map(({ outcome }) => outcome)).toEqual([
      'duplicate',
      'duplicate',
    ])
  }, 30_000)
})

test('sends the original back byte for byte, whatever its headers are, and believes none of them', async () => {
  refusedReasons.add('odd')
  const producer = await transport.createProducer()
  const lines = [{ sku: 'A', quantityDelta: 1, reason: 'odd' }]
  const value = codec.encode(topic, { adjustmentId: 'odd-1', adjustedAt: timestampMillis(0), lines })
  const original: OutboundRecord = {
    topic: name,
    partition: 1,
    key: Buffer.from('odd-1'),
    value,
    headers: HeaderBlock.of([
      { name: 'a', value: null },
      { name: 'a', value: Buffer.from([0xff, 0xfe]) },
      { name: '', value: '' },
      { name: deadLetterHeaders.replays, value: '9' },
      { name: deadLetterHeaders.replayId, value: 'forged' },
      { name: deadLetterHeaders.originalHeaderCount, value: '0' },
      { name: deadLetterHeaders.group, value: 'somebody' },
      { name: 'a', value: 'last' },
    ]),
  }
  await producer.send([original])
  await producer.close()
  const book = await untilStates('odd', ['new'])
  const [listed] = book.list({ match: 'odd' })
  expect(listed?.letter.facts).toMatchObject({ complete: true, replays: 0, replayId: undefined, partition: 1 })
  expect(listed?.letter.source.group).toBe(group)

  for (const state of ['failed-again', 'resolved']) {
    if (state === 'resolved') refusedReasons.delete('odd')
    const [{ letter } = {}] = (await bookFromTopics()).list({ match: 'odd' })
    await replay(await bookFromTopics(), { letterIds: [letter?.id ?? ''] })
    await untilStates('odd', [state])
  }
  const consumed = (await recordsOf(name)).find(({ key }) => key?.equals(Buffer.from('odd-1')))
  const sent = (await recordsOf(source.lane)).filter(({ key }) => key?.equals(Buffer.from('odd-1')))
  expect(sent).toHaveLength(2)
  for (const { partition, key, value: bytes, headers } of sent) {
    expect(partition).toBe(1)
    expect(key).toEqual(consumed?.key)
    expect(bytes).toEqual(consumed?.value)
    expect(headers.take(8).bytes).toEqual(consumed?.headers.bytes)
  }
  expect(sent.map(({ headers }) => headers.text(deadLetterHeaders.replays)).sort()).toEqual(['0', '1'])
})

test('sends nothing when the audit cannot be written', async () => {
  refusedReasons.add('unaudited')
  await publish('unaudited')
  const book = await untilStates('unaudited', ['new'])
  const closed = await createPublisher(parts)
  await closed.close()
  const before = (await recordsOf(source.lane)).length
  await expect(replay(book, { letterIds: idsOf(book, 'unaudited') }, { publisher: closed })).rejects.toMatchObject({
    code: 'ICX_PUBLISH_CLOSED',
  })
  expect(await recordsOf(source.lane)).toHaveLength(before)
  expect(statesOf(await bookFromTopics(), 'unaudited')).toEqual(['new'])
})

test('sends what was planned once, however often the plan is run', async () => {
  refusedReasons.add('twice')
  await Promise.all(Array.from({ length: 20 }, () => publish('twice')))
  const book = await untilStates(
    'twice',
    Array.from({ length: 20 }, () => 'new'),
  )
  refusedReasons.delete('twice')
  const selection = { letterIds: idsOf(book, 'twice') }
  const replayId = newEventId(Date.now())
  expect(await replay(book, selection, { replayId })).toMatchObject({ sent: 20, skipped: 0 })
  // A process that knows nothing but the topics continues the same plan.
  const other = await bookFromTopics()
  expect(await replay(other, selection, { replayId, force: true })).toEqual({
    planned: 20,
    sent: 0,
    skipped: 20,
    gone: 0,
  })
  await untilStates(
    'twice',
    Array.from({ length: 20 }, () => 'resolved'),
  )
})

test('a replay that was cut short goes on where it stopped, and the audit says who continued it', async () => {
  refusedReasons.add('cut')
  await Promise.all(Array.from({ length: 20 }, () => publish('cut')))
  const all = (state: string): readonly string[] => Array.from({ length: 20 }, () => state)
  const book = await untilStates('cut', all('new'))
  refusedReasons.delete('cut')
  const replayId = newEventId(Date.now())
  const admin = await transport.createAdmin()
  const planning = { admin, transport, replayId, acceptReorder: true }
  const cut = new AbortController()
  const parts = { transport, publisher, reason: 'a test', ratePerSecondMax: 20, clock: systemClock }
  const plan = await planReplay({ ...planning, book, selection: { letterIds: idsOf(book, 'cut') } })
  const first = await runReplay({
    ...parts,
    plan,
    book,
    actor: 'ada',
    signal: cut.signal,
    onProgress: ({ sent }) => sent >= 6 && cut.abort(),
  })
  expect(first.sent).toBe(6)
  // Another process, which knows nothing but the topics.
  const other = await bookFromTopics()
  const rest = await planContinuation({ ...planning, book: other })
  await admin.close()
  if (rest === undefined) throw new Error('nobody knows of the replay')
  expect(await runReplay({ ...parts, plan: rest, book: other, actor: 'bob', continues: true })).toMatchObject({
    planned: 14,
    sent: 14,
  })
  const resolved = await untilStates('cut', all('resolved'))
  expect(resolved.sentBy(replayId)).toHaveLength(20)
  const audits = resolved.audits().filter(({ auditId }) => auditId.startsWith(replayId))
  expect(audits.map(({ actor, action, count }) => [actor, action, count])).toEqual([
    ['bob', 'continue', 14],
    ['ada', 'replay', 20],
  ])
})

test('keeps to its rate', async () => {
  refusedReasons.add('slow')
  await Promise.all(Array.from({ length: 10 }, () => publish('slow')))
  const book = await untilStates(
    'slow',
    Array.from({ length: 10 }, () => 'new'),
  )
  refusedReasons.delete('slow')
  const startedMs = performance.now()
  await replay(book, { letterIds: idsOf(book, 'slow') }, { ratePerSecondMax: 20 })
  // Ten at twenty a second, two by two: the last two go after 400 ms.
  expect(performance.now() - startedMs).toBeGreaterThanOrEqual(390)
  await untilStates(
    'slow',
    Array.from({ length: 10 }, () => 'resolved'),
  )
})

test('refuses to send while no member of the group is alive', async () => {
  refusedReasons.add('alone')
  await publish('alone')
  const book = await untilStates('alone', ['new'])
  await consumer.stop(5_000)
  const admin = await transport.createAdmin()
  const selection = { letterIds: idsOf(book, 'alone') }
  const { letters, refused } = await planReplay({ book, admin, transport, selection, replayId: newEventId(Date.now()) })
  await admin.close()
  expect(letters).toEqual([])
  expect(refused.map(({ reason }) => reason)).toEqual(['no-live-member'])
})

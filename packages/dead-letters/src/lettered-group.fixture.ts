import { randomUUID } from 'node:crypto'
import { createCodec, createRegistryClient, registerSchemas } from '@interchange/avro'
import {
  catalogue,
  deliveryOutcome,
  replayAudit,
  reportOutcomeBy,
  type StockAdjusted,
  schemaVersions,
  stockAdjusted,
  timestampMillis,
} from '@interchange/contracts'
import { createKafkaTransport } from '@interchange/kafka'
import {
  createConsumerGroup,
  createPublisher,
  type EffectStore,
  effectRoute,
  newEventId,
  noMetrics,
  noTracing,
  type Publisher,
  rejected,
  silentLogger,
  systemClock,
  type Topic,
  type TransportRecord,
} from '@interchange/messaging'
import { expect, vi } from 'vitest'
import { createLetterBook, type LetterBook } from './letter-book.ts'
import { letterSources } from './letter-source.ts'
import { planReplay, type ReplaySelection } from './plan-replay.ts'
import { readLetterBook } from './read-letter-book.ts'
import { type ReplayProgress, runReplay } from './run-replay.ts'

const unique = randomUUID().slice(0, 8)
export const group = `warehouse-${unique}`
export const name = `${unique}.${stockAdjusted.name}`
export const topic: Topic<StockAdjusted> = {
  ...stockAdjusted,
  name,
  groups: [group],
  partitions: 2,
  schema: { ...stockAdjusted.schema, subject: `${name}-value` },
}
const sources = letterSources([topic])
const [found] = sources
if (found === undefined) throw new Error('no source')
export const source = found
export const transport = createKafkaTransport(
  { brokers: (process.env['KAFKA_BROKERS'] ?? '').split(','), clientId: 'dead-letters-test' },
  { logger: silentLogger },
)
const registryUrl = process.env['SCHEMA_REGISTRY_URL'] ?? ''
export const codec = createCodec({ source: createRegistryClient({ url: registryUrl }) })
export const parts = {
  transport,
  codec,
  service: { name: 'test', version: '0' },
  clock: systemClock,
  random: Math.random,
  metrics: noMetrics,
  tracing: noTracing,
}

/** A book made of nothing but the topics, as after the loss of everything else. */
export const bookFromTopics = async (): Promise<LetterBook> => {
  const book = createLetterBook()
  await readLetterBook({ transport, codec, sources, book })
  return book
}

export const statesOf = (book: LetterBook, cause?: string): readonly string[] =>
  book.list(cause === undefined ? {} : { match: cause }).map(({ status }) => status.state)

export const untilStates = async (cause: string, expected: readonly string[]): Promise<LetterBook> => {
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

export const idsOf = (book: LetterBook, cause: string) => book.list({ match: cause }).map(({ letter }) => letter.id)

export const recordsOf = async (from: string): Promise<readonly TransportRecord[]> => {
  const admin = await transport.createAdmin()
  const ranges = (await admin.topicOffsets(from))
    .filter(({ earliest, latest }) => earliest < latest)
    .map(({ partition, earliest, latest }) => ({ topic: from, partition, fromOffset: earliest, untilOffset: latest }))
  await admin.close()
  const records: TransportRecord[] = []
  if (ranges.length > 0) for await (const record of transport.read(ranges)) records.push(record)
  return records
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
  const own = [name, source.deadLetterTopic, source.lane].map((each) => ({ name: each, partitions: 2, configs: {} }))
  const ours = catalogue.filter(({ topic: known }) => known === deliveryOutcome || known === replayAudit)
  await admin.createTopics(
    [...own, ...ours].map(({ configs, ...spec }) => ({ ...spec, configs, replicationFactor: 1 })),
  )
  await admin.close()
  await codec.prepare([topic, deliveryOutcome, replayAudit])
}

/** A group of its own whose handler refuses what it is told to, and what it takes to fill its dead-letter topic and send letters back. */
export const openLetteredGroup = async () => {
  await prepareTopics()
  const publisher = await createPublisher(parts)
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

  const consumer = await createConsumerGroup({
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
    reportOutcome: reportOutcomeBy(publisher),
    logger: silentLogger,
    onEnded: (error) => {
      throw error
    },
  })

  const publish = (reason: string, messageId = newEventId(Date.now())): Promise<unknown> => {
    const lines = [{ sku: 'A', quantityDelta: 1, reason }]
    return publisher.publish(topic, { adjustmentId: messageId, adjustedAt: timestampMillis(0), lines }, { messageId })
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

  return {
    refusedReasons,
    publisher,
    publish,
    replay,
    stopGroup: () => consumer.stop(5_000),
    async close() {
      await consumer.stop(5_000)
      await publisher.close()
    },
  }
}

import { setTimeout as delay } from 'node:timers/promises'
import { type DeliveryOutcome, deliveryOutcome, topics } from '@interchange/contracts'
import {
  type AnyTopic,
  type Codec,
  type CommitOffset,
  ceHeaders,
  type InterchangeError,
  type Logger,
  type RecordBatch,
  schemaMissing,
  type Transport,
  type TransportConsumer,
  type TransportRecord,
} from '@interchange/messaging'
import type { CanonicalSighting, ProgressStore } from './progress-store.ts'

export interface ProgressReaderOptions {
  /** It owns no dead letters, because it rejects nothing. */
  readonly group: string
  readonly transport: Transport
  readonly codec: Codec
  readonly store: ProgressStore
  readonly logger: Logger
  /** Pause after a failure of the database, in milliseconds. */
  readonly retryMs: number
  readonly onEnded: (error: InterchangeError) => void
}

/** Reads along what happens to our events behind Kafka. */
export interface ProgressReader {
  stop(deadlineMs: number): Promise<void>
}

const canonicalTopics: readonly AnyTopic[] = topics.filter(({ kind }) => kind === 'canonical')
const pendingBatchesMax = 32

/**
 * Joins the group and writes down each canonical event by its headers alone, its value undecoded, and each delivery outcome. Offsets are
 * committed behind the rows. A record that cannot be read is logged and passed over: this is a view, nothing depends on it.
 */
export const startProgressReader = async (options: ProgressReaderOptions): Promise<ProgressReader> => {
  const { transport, store, logger } = options
  const stopping = new AbortController()
  let pending: RecordBatch[] = []
  let writing: Promise<void> | undefined
  let paused: RecordBatch[] = []

  const joined = Promise.withResolvers<TransportConsumer>()
  let consumer: TransportConsumer | undefined

  consumer = await transport.createConsumer({
    group: options.group,
    topics: [...canonicalTopics, deliveryOutcome].map(({ name }) => name),
    isolation: 'read_committed',
    sessionTimeoutMs: 30_000,
    rebalanceTimeoutMs: 60_000,
    fetchPartitionBytesMax: 1024 * 1024,
    onBatch(batch) {
      pending.push(batch)
      if (pending.length >= pendingBatchesMax) {
        consumer?.pause([batch])
        paused.push(batch)
      }
      writing ??= drain().finally(() => {
        writing = undefined
      })
    },
    onAssigned: () => undefined,
    onRevoked: () => writing,
    onEnded: options.onEnded,
  })
  joined.resolve(consumer)

  const drain = async (): Promise<void> => {
    while (pending.length > 0 && !stopping.signal.aborted) {
      const batches = pending
      pending = []
      if (await written(batches)) await commit(batches)
      if (paused.length > 0) (await joined.promise).resume(paused)
      paused = []
    }
  }

  const written = async (batches: readonly RecordBatch[]): Promise<boolean> => {
    while (!stopping.signal.aborted) {
      try {
        const { sightings, outcomes } = await readBatches(options, batches)
        await store.record(sightings, outcomes)
        return true
      } catch (error) {
        logger.warn({ error, group: options.group }, 'the progress of events could not be written; trying again')
        await delay(options.retryMs, undefined, { signal: stopping.signal }).catch(stopped)
      }
    }
    return false
  }

  const commit = async (batches: readonly RecordBatch[]): Promise<void> => {
    const last = new Map<string, CommitOffset>()
    for (const { topic, partition, epoch, nextOffset } of batches) {
      last.set(`${topic}/${partition}`, { topic, partition, epoch, offset: nextOffset })
    }
    try {
      await (await joined.promise).commit([...last.values()])
    } catch (error) {
      // The rows are idempotent: reading the same records again is harmless.
      logger.warn({ error, group: options.group }, 'offsets could not be committed')
    }
  }

  return {
    async stop(deadlineMs) {
      stopping.abort()
      await writing
      await consumer?.close(deadlineMs)
    },
  }
}

const stopped = (): void => undefined

const readBatches = async (
  { codec, logger }: ProgressReaderOptions,
  batches: readonly RecordBatch[],
): Promise<{ sightings: CanonicalSighting[]; outcomes: DeliveryOutcome[] }> => {
  const sightings: CanonicalSighting[] = []
  const outcomes: DeliveryOutcome[] = []
  for (const record of batches.flatMap(({ records }) => records)) {
    try {
      if (record.topic === deliveryOutcome.name) outcomes.push(...(await outcomeIn(codec, record)))
      else sightings.push(...sightingIn(record))
    } catch (error) {
      if (isOutage(error)) throw error
      const { topic, partition, offset } = record
      logger.warn({ error, topic, partition, offset }, 'a record was passed over in the progress of events')
    }
  }
  return { sightings, outcomes }
}

const sightingIn = ({ headers, topic, partition, offset, timestampMs }: TransportRecord): CanonicalSighting[] => {
  const eventId = headers.text(ceHeaders.id)
  const correlationId = headers.text(ceHeaders.correlationId)
  if (eventId === undefined || correlationId === undefined || eventId.includes('\0')) return []
  return [{ eventId, correlationId, topic, partition, offset, atMs: timestampMs }]
}

const outcomeIn = async (codec: Codec, { value }: TransportRecord): Promise<DeliveryOutcome[]> => {
  if (value === null) return []
  const read = codec.decode(deliveryOutcome, value)
  if (read !== schemaMissing) return [read]
  await codec.resolve(deliveryOutcome, value)
  const again = codec.decode(deliveryOutcome, value)
  return again === schemaMissing ? [] : [again]
}

const isOutage = (error: unknown): boolean =>
  error instanceof Error && 'failureClass' in error && error.failureClass === 'outage'

import type { ConfigOf, httpConfig } from '@interchange/config'
import type { Codec, InterchangeError, Logger, Publisher, Transport } from '@interchange/messaging'
import type { Database } from '@interchange/store'
import { createClaimStore } from './claims/claim-store.ts'
import { createPublishEvent, type PublishEvent } from './claims/publish-event.ts'
import type { producerConfig } from './config.ts'
import { createRateLimit, type RateLimit } from './http/rate-limit.ts'
import { startJobRunner } from './imports/job-runner.ts'
import { createJobStore, type JobStore } from './imports/job-store.ts'
import { createSpool, type Spool } from './imports/spool.ts'
import { startProgressReader } from './progress/progress-reader.ts'
import { createProgressStore, type ProgressStore } from './progress/progress-store.ts'

/** The settings the producer's parts read. */
export interface ProducerSettings {
  readonly http: ConfigOf<typeof httpConfig>
  readonly producer: ConfigOf<typeof producerConfig>
}

export interface ProducerOptions {
  readonly settings: ProducerSettings
  readonly database: Database
  readonly transport: Transport
  readonly codec: Codec
  readonly publisher: Publisher
  readonly logger: Logger
}

/** The parts of the running service, as the controllers use them. */
export interface Producer {
  readonly settings: ProducerSettings
  readonly publishEvent: PublishEvent
  readonly spool: Spool
  readonly jobs: JobStore
  readonly progress: ProgressStore
  readonly limitWebhooks: RateLimit
  readonly limitImports: RateLimit
  /** There may be a new import. */
  wakeImports(): void
  /** Takes no more imports and lets what is in flight settle. */
  stopImports(): Promise<void>
  /** Starts to read along behind Kafka. Rejects with class `outage` while it cannot; answers how to stop. */
  readAlong(onEnded: (error: InterchangeError) => void): Promise<(deadlineMs: number) => Promise<void>>
}

const staleUploadMs = 86_400_000
const pollMs = 2_000
const importPublishDeadlineMs = 30_000

/** Wires the service and starts to run imports, also those that were left unfinished. */
export const createProducer = async (options: ProducerOptions): Promise<Producer> => {
  const { settings, database, transport, codec, publisher, logger } = options
  const { producer } = settings
  const now = (): number => Date.now()
  const claims = createClaimStore(database)
  const jobs = createJobStore(database)
  const spool = createSpool(producer.spoolDir, producer.importBytesMax)
  const progress = createProgressStore(database)
  await spool.sweep(now() - staleUploadMs, async (jobId) => (await jobs.find(jobId)) !== undefined)
  const runner = startJobRunner({
    database,
    transport,
    publisher,
    claims,
    jobs,
    spool,
    logger,
    now,
    pollMs,
    leaseMs: producer.importLeaseMs,
    publishDeadlineMs: importPublishDeadlineMs,
  })
  return {
    settings,
    spool,
    jobs,
    progress,
    publishEvent: createPublishEvent({
      claims,
      database,
      publisher,
      logger,
      now,
      deadlineMs: producer.publishDeadlineMs,
    }),
    limitWebhooks: createRateLimit(producer.webhooksPerMinuteMax, 60),
    limitImports: createRateLimit(producer.importsPerMinuteMax, 60),
    wakeImports: () => runner.wake(),
    stopImports: () => runner.stop(),
    async readAlong(onEnded) {
      const reader = await startProgressReader({
        group: producer.progressGroup,
        transport,
        codec,
        store: progress,
        logger,
        retryMs: 1_000,
        onEnded,
      })
      return (deadlineMs) => reader.stop(deadlineMs)
    },
  }
}

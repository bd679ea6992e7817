import { setTimeout as delay } from 'node:timers/promises'
import { InterchangeError, type Logger } from '@interchange/messaging'
import type { ImportJob } from './job-store.ts'
import { type ImportTools, runImport } from './run-import.ts'

export interface JobRunnerOptions extends Omit<ImportTools, 'signal'> {
  readonly logger: Logger
  /** How often to look for jobs of other processes, in milliseconds. */
  readonly pollMs: number
}

/** Runs import jobs one after the other, also those that a process before us left unfinished. */
export interface JobRunner {
  /** There may be a new job. */
  wake(): void
  /** Takes no more, lets what is in flight settle, gives the job back. */
  stop(): Promise<void>
}

/** Starts at once. */
export const startJobRunner = (options: JobRunnerOptions): JobRunner => {
  const stopping = new AbortController()
  let woken = Promise.withResolvers<void>()

  const idle = async (): Promise<void> => {
    const timer = new AbortController()
    const signal = AbortSignal.any([stopping.signal, timer.signal])
    await Promise.race([woken.promise, delay(options.pollMs, undefined, { signal, ref: false }).catch(ended)])
    timer.abort()
    woken = Promise.withResolvers()
  }

  const loop = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const job = await takeJob(options)
      if (job === undefined) await idle()
      else await runJob(options, job, stopping.signal)
    }
  }

  const running = loop()
  return {
    wake: () => woken.resolve(),
    async stop() {
      stopping.abort()
      woken.resolve()
      await running
    },
  }
}

// The only rejection of an aborted timer is the abort itself.
const ended = (): void => undefined

const takeJob = async ({ jobs, leaseMs, logger }: JobRunnerOptions): Promise<ImportJob | undefined> => {
  try {
    return await jobs.take(leaseMs)
  } catch (error) {
    logger.warn({ error }, 'the database does not answer; imports wait')
    return undefined
  }
}

const runJob = async (options: JobRunnerOptions, job: ImportJob, stopping: AbortSignal): Promise<void> => {
  const { jobs, logger, leaseMs } = options
  const ours = new AbortController()
  const signal = AbortSignal.any([stopping, ours.signal])
  const renewing = setInterval(() => {
    jobs.renew(job, leaseMs, null).catch((error) => {
      logger.warn({ error, jobId: job.id }, 'the lease of an import could not be renewed')
      if (error instanceof InterchangeError && error.code === 'ICX_IMPORT_LEASE_LOST') ours.abort(error)
    })
  }, leaseMs / 3)
  logger.info({ jobId: job.id, attempt: job.attempt, line: job.next.lineNo }, 'import runs')
  try {
    await runImport({ ...options, signal }, job)
    if (stopping.aborted) await jobs.giveBack(job)
    else await finish(options, job)
  } catch (error) {
    await afterFailure(options, job, stopping.aborted, error)
  } finally {
    clearInterval(renewing)
  }
}

const finish = async ({ jobs, spool }: JobRunnerOptions, job: ImportJob, error?: InterchangeError): Promise<void> => {
  await jobs.finish(job, error)
  await spool.discard(job.id)
}

/** An outage, a lost lease and a shutdown leave the job to its next holder; anything else ends it. */
const afterFailure = async (
  options: JobRunnerOptions,
  job: ImportJob,
  stopping: boolean,
  error: unknown,
): Promise<void> => {
  const { jobs, logger, pollMs } = options
  try {
    if (stopping) return await jobs.giveBack(job)
    if (error instanceof InterchangeError && waits.has(error.failureClass)) {
      logger.warn({ error, jobId: job.id }, 'import waits and will go on from its checkpoint')
      await delay(pollMs)
      return await jobs.giveBack(job)
    }
    logger.error({ error, jobId: job.id }, 'import failed')
    await finish(options, job, asFailure(error))
  } catch (again) {
    logger.warn({ error: again, jobId: job.id }, 'the end of an import attempt could not be noted; its lease runs out')
  }
}

const waits: ReadonlySet<string> = new Set(['outage', 'transient', 'rate-limited'])

const asFailure = (error: unknown): InterchangeError =>
  error instanceof InterchangeError
    ? error
    : new InterchangeError('ICX_HANDLER_FAILED', error instanceof Error ? error.message : String(error), {
        class: 'poison',
        cause: error,
      })

import { open } from 'node:fs/promises'
import { InterchangeError, type Transport } from '@interchange/messaging'
import type { Database } from '@interchange/store'
import { confirmFromLog } from './confirm-from-log.ts'
import { type BatchOutcome, type BatchTools, publishBatch } from './import-batch.ts'
import { invoiceRuns } from './invoice-runs.ts'
import type { ImportJob, JobStore } from './job-store.ts'
import type { ReadyInvoice, RejectedLine } from './judge-invoice.ts'
import { readInvoices } from './read-invoices.ts'
import { type FilePosition, readLines } from './read-lines.ts'
import { openRejectFile, type RejectFile } from './reject-file.ts'
import { indexRuns } from './run-index.ts'
import type { Spool } from './spool.ts'

/** Bounds of a running import. */
export const importBounds = { batchInvoicesMax: 256, batchLinesMax: 8_000, batchesInFlightMax: 3 } as const

export interface ImportTools extends BatchTools {
  readonly database: Database
  readonly transport: Transport
  readonly jobs: JobStore
  readonly spool: Spool
  readonly leaseMs: number
}

interface Batch {
  readonly invoices: ReadyInvoice[]
  readonly rejected: RejectedLine[]
  /** Invoices among `rejected`; a line without an invoice counts as one. */
  rejectedInvoices: number
  lines: number
  next: FilePosition
}

/**
 * Runs a job from its checkpoint to its end: two passes over the spooled file, a few batches in flight, one checkpoint per
 * batch in the order of the file. When `signal` aborts it takes no more batches and ends, perhaps by rejecting; what is
 * behind the checkpoint is done.
 */
export const runImport = async (tools: ImportTools, job: ImportJob): Promise<void> => {
  const file = await open(tools.spool.bodyPath(job.id)).catch(unreadable)
  const rejects = await openRejectFile(tools.spool.rejectsPath(job.id), job.rejectsBytes).catch(unreadable)
  try {
    if (job.attempt > 1) await confirmFromLog(tools, job.id)
    const start = await tools.spool.startOf(job.id)
    const index = await indexRuns(invoiceRuns(readLines(file, start)))
    await tools.jobs.renew(job, tools.leaseMs, index.lines)
    const settle = settler(tools, job, rejects)
    let batch = newBatch(job.next)
    for await (const { ready, rejected, position } of readInvoices(file, index, job.next)) {
      if (tools.signal.aborted) break
      if (ready !== undefined) batch.invoices.push(ready)
      if (rejected.length > 0) batch.rejectedInvoices++
      batch.rejected.push(...rejected)
      batch.lines += rejected.length + (ready?.lines.length ?? 0)
      batch.next = position
      if (batch.invoices.length < importBounds.batchInvoicesMax && batch.lines < importBounds.batchLinesMax) continue
      await settle.add(batch)
      batch = newBatch(position)
    }
    if (!tools.signal.aborted) await settle.add(batch)
    await settle.end()
  } finally {
    await rejects.close()
    await file.close()
  }
}

const newBatch = (next: FilePosition): Batch => ({ invoices: [], rejected: [], rejectedInvoices: 0, lines: 0, next })

/** Publishes batches side by side and checkpoints them one behind the other. */
const settler = (tools: ImportTools, job: ImportJob, rejects: RejectFile) => {
  const inFlight: Promise<void>[] = []
  let last: Promise<void> = Promise.resolve()

  const settleBatch = async (batch: Batch, before: Promise<void>): Promise<void> => {
    const outcome = await publishBatch(tools, job.id, batch.invoices)
    await before
    await checkpoint(tools, job, rejects, batch, outcome)
  }

  return {
    /** Takes a batch in; waits while enough are in flight. Rejects with the first failure. */
    async add(batch: Batch): Promise<void> {
      last = settleBatch(batch, last)
      last.catch(ignored) // whoever awaits it hears of it; this only keeps Node from calling it unhandled
      inFlight.push(last)
      if (inFlight.length >= importBounds.batchesInFlightMax) await inFlight.shift()
    },
    async end(): Promise<void> {
      await last
    },
  }
}

const ignored = (): void => undefined

const checkpoint = async (
  tools: ImportTools,
  job: ImportJob,
  rejects: RejectFile,
  batch: Batch,
  outcome: BatchOutcome,
): Promise<void> => {
  const rejected = [...batch.rejected, ...outcome.rejected].sort((one, other) => one.lineNo - other.lineNo)
  const rejectsBytes = await rejects.append(rejected)
  await tools.database.transaction(async (tx) => {
    await tools.claims.confirm(tx, outcome.confirmations, tools.now())
    await tools.claims.release(tx, outcome.released)
    const done = {
      next: batch.next,
      rejectsBytes,
      invoicesPublished: outcome.published,
      invoicesDuplicate: outcome.duplicate,
      invoicesRejected: batch.rejectedInvoices + outcome.rejectedInvoices,
      linesRejected: rejected.length,
    }
    await tools.jobs.checkpoint(tx, job, done, tools.leaseMs)
  })
}

const unreadable = (cause: Error): never => {
  throw spoolFailure(cause)
}

/** The spooled file is gone or unreadable: the job cannot be run, here or anywhere. */
const spoolFailure = (cause: Error): InterchangeError =>
  new InterchangeError('ICX_IMPORT_SPOOL', `The spooled file cannot be read: ${cause.message}`, {
    class: 'poison',
    cause,
  })

import { InterchangeError } from '@interchange/messaging'
import type { Database, Transaction } from '@interchange/store'
import type { FilePosition } from './read-lines.ts'

/** A job as its status resource shows it. */
export interface ImportJob {
  readonly id: string
  readonly state: 'queued' | 'running' | 'done' | 'failed'
  readonly attempt: number
  readonly createdAt: Date
  readonly startedAt: Date | null
  readonly finishedAt: Date | null
  readonly bytesTotal: number
  readonly linesTotal: number | null
  readonly next: FilePosition
  readonly rejectsBytes: number
  readonly invoicesPublished: number
  readonly invoicesDuplicate: number
  readonly invoicesRejected: number
  readonly linesRejected: number
  readonly errorCode: string | null
  readonly errorDetail: string | null
}

/** How far a batch brought the job. Counts are added to the job's. */
export interface Checkpoint {
  readonly next: FilePosition
  readonly rejectsBytes: number
  readonly invoicesPublished: number
  readonly invoicesDuplicate: number
  readonly invoicesRejected: number
  readonly linesRejected: number
}

/** An upload that is completely on disk. */
export interface NewJob {
  readonly id: string
  readonly tokenName: string
  readonly idempotencyKey: string
  readonly bodySha256: Buffer
  readonly bytesTotal: number
  readonly start: FilePosition
}

/** The table `import_jobs`. A job is held by whoever raised its `attempt` last and keeps its lease. */
export interface JobStore {
  /** Adds the job unless the key is taken; answers the job that has the key, and whether its body is this one. */
  add(job: NewJob): Promise<{ job: ImportJob; added: boolean; sameBody: boolean }>
  find(id: string): Promise<ImportJob | undefined>
  /** Takes the oldest job that waits, or whose holder is gone. */
  take(leaseMs: number): Promise<ImportJob | undefined>
  /** Keeps the lease. Like `checkpoint`, rejects with `ICX_IMPORT_LEASE_LOST` when somebody else has the job. */
  renew(job: ImportJob, leaseMs: number, linesTotal: number | null): Promise<void>
  checkpoint(tx: Transaction, job: ImportJob, done: Checkpoint, leaseMs: number): Promise<void>
  finish(job: ImportJob, error: InterchangeError | undefined): Promise<void>
  /** Gives the job back, so that the next process need not wait for the lease. */
  giveBack(job: ImportJob): Promise<void>
}

interface JobRow {
  readonly id: string
  readonly state: ImportJob['state']
  readonly attempt: number
  readonly created_at: Date
  readonly started_at: Date | null
  readonly finished_at: Date | null
  readonly body_sha256: Buffer
  readonly bytes_total: string
  readonly lines_total: string | null
  readonly next_byte: string
  readonly next_line: string
  readonly rejects_bytes: string
  readonly invoices_published: string
  readonly invoices_duplicate: string
  readonly invoices_rejected: string
  readonly lines_rejected: string
  readonly error_code: string | null
  readonly error_detail: string | null
}

/** Jobs in the table `import_jobs`. */
export const createJobStore = (database: Database): JobStore => ({
  async add(job) {
    const values = [job.id, job.tokenName, job.idempotencyKey, job.bodySha256, job.bytesTotal]
    const [added] = await database.query<JobRow>(insertJob, [...values, job.start.byte, job.start.lineNo])
    if (added !== undefined) return { job: jobOf(added), added: true, sameBody: true }
    const [row] = await database.query<JobRow>(
      'SELECT * FROM import_jobs WHERE token_name = $1 AND idempotency_key = $2',
      [job.tokenName, job.idempotencyKey],
    )
    if (row === undefined) throw new Error('a job with this key was there a moment ago')
    return { job: jobOf(row), added: false, sameBody: row.body_sha256.equals(job.bodySha256) }
  },
  async find(id) {
    const [row] = await database.query<JobRow>('SELECT * FROM import_jobs WHERE id = $1', [id])
    return row && jobOf(row)
  },
  async take(leaseMs) {
    const [row] = await database.query<JobRow>(takeJob, [leaseMs])
    return row && jobOf(row)
  },
  async renew(job, leaseMs, linesTotal) {
    held(job, await database.query(renewJob, [job.id, job.attempt, leaseMs, linesTotal]))
  },
  async checkpoint(tx, job, done, leaseMs) {
    const counts = [done.invoicesPublished, done.invoicesDuplicate, done.invoicesRejected, done.linesRejected]
    const values = [job.id, job.attempt, leaseMs, done.next.byte, done.next.lineNo, done.rejectsBytes, ...counts]
    held(job, await tx.query(checkpointJob, values))
  },
  async finish(job, error) {
    const state = error === undefined ? 'done' : 'failed'
    const values = [job.id, job.attempt, state, error?.code ?? null, error?.message ?? null]
    held(job, await database.query(finishJob, values))
  },
  async giveBack(job) {
    await database.query(
      "UPDATE import_jobs SET state = 'queued' WHERE id = $1 AND attempt = $2 AND state = 'running'",
      [job.id, job.attempt],
    )
  },
})

const held = (job: ImportJob, rows: readonly object[]): void => {
  if (rows.length > 0) return
  throw new InterchangeError('ICX_IMPORT_LEASE_LOST', `Import ${job.id} has been taken over.`, {
    class: 'transient',
    facts: { jobId: job.id, attempt: job.attempt },
  })
}

const jobOf = (row: JobRow): ImportJob => ({
  id: row.id,
  state: row.state,
  attempt: row.attempt,
  createdAt: row.created_at,
  startedAt: row.started_at,
  finishedAt: row.finished_at,
  bytesTotal: Number(row.bytes_total),
  linesTotal: row.lines_total === null ? null : Number(row.lines_total),
  next: { byte: Number(row.next_byte), lineNo: Number(row.next_line) },
  rejectsBytes: Number(row.rejects_bytes),
  invoicesPublished: Number(row.invoices_published),
  invoicesDuplicate: Number(row.invoices_duplicate),
  invoicesRejected: Number(row.invoices_rejected),
  linesRejected: Number(row.lines_rejected),
  errorCode: row.error_code,
  errorDetail: row.error_detail,
})

const insertJob = `
  INSERT INTO import_jobs (id, token_name, idempotency_key, body_sha256, bytes_total, state, next_byte, next_line)
  VALUES ($1, $2, $3, $4, $5, 'queued', $6, $7)
  ON CONFLICT (token_name, idempotency_key) DO NOTHING
  RETURNING *`

const takeJob = `
  UPDATE import_jobs SET state = 'running', attempt = attempt + 1, started_at = coalesce(started_at, now()),
    lease_until = now() + $1 * interval '1 millisecond'
  WHERE id = (
    SELECT id FROM import_jobs WHERE state = 'queued' OR (state = 'running' AND lease_until < now())
    ORDER BY created_at LIMIT 1 FOR UPDATE SKIP LOCKED)
  RETURNING *`

const mine = "WHERE id = $1 AND attempt = $2 AND state = 'running' RETURNING id"

const renewJob = `
  UPDATE import_jobs SET lease_until = now() + $3 * interval '1 millisecond', lines_total = coalesce($4, lines_total)
  ${mine}`

const checkpointJob = `
  UPDATE import_jobs SET lease_until = now() + $3 * interval '1 millisecond', next_byte = $4, next_line = $5,
    rejects_bytes = $6, invoices_published = invoices_published + $7, invoices_duplicate = invoices_duplicate + $8,
    invoices_rejected = invoices_rejected + $9, lines_rejected = lines_rejected + $10
  ${mine}`

const finishJob = `
  UPDATE import_jobs SET state = $3, error_code = $4, error_detail = $5, finished_at = now(), lease_until = NULL
  ${mine}`

import type { ImportJob } from './job-store.ts'

/** The status resource of an import. */
export interface ImportStatus {
  readonly id: string
  readonly state: ImportJob['state']
  readonly bytesTotal: number
  readonly bytesRead: number
  readonly linesTotal: number | null
  readonly linesRead: number
  readonly invoicesPublished: number
  readonly invoicesDuplicate: number
  readonly invoicesRejected: number
  readonly linesRejected: number
  readonly linesPerSecond: number | null
  readonly createdAt: string
  readonly startedAt: string | null
  readonly finishedAt: string | null
  readonly rejects: string
  readonly error: { readonly code: string; readonly detail: string | null } | null
}

/** What a client sees of a job. Lines count the header as line 1; lines and bytes are those behind which all is settled. */
export const importStatus = (job: ImportJob, nowMs: number): ImportStatus => {
  const linesRead = job.next.lineNo - 1
  const ranMs = job.startedAt === null ? 0 : (job.finishedAt?.getTime() ?? nowMs) - job.startedAt.getTime()
  return {
    id: job.id,
    state: job.state,
    bytesTotal: job.bytesTotal,
    bytesRead: job.next.byte,
    linesTotal: job.linesTotal,
    linesRead,
    invoicesPublished: job.invoicesPublished,
    invoicesDuplicate: job.invoicesDuplicate,
    invoicesRejected: job.invoicesRejected,
    linesRejected: job.linesRejected,
    linesPerSecond: ranMs > 0 ? Math.round((linesRead * 1_000) / ranMs) : null,
    createdAt: job.createdAt.toISOString(),
    startedAt: job.startedAt?.toISOString() ?? null,
    finishedAt: job.finishedAt?.toISOString() ?? null,
    rejects: `/imports/${job.id}/rejects`,
    error: job.errorCode === null ? null : { code: job.errorCode, detail: job.errorDetail },
  }
}

import { randomUUID } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { Readable } from 'node:stream'
import { ProblemError } from '../http/problem.ts'
import { lateAfter } from '../http/read-body.ts'
import type { ImportJob, JobStore } from './job-store.ts'
import type { Spool } from './spool.ts'

export interface ReceiveImportTools {
  readonly spool: Spool
  readonly jobs: JobStore
  readonly timeoutMs: number
  readonly wake: () => void
}

/**
 * Takes an upload in and makes it a job. The same key with the same body is the same job, however often it is sent; with
 * another body it is refused. Rejects with a problem; then nothing is left behind.
 */
export const receiveImport = async (
  tools: ReceiveImportTools,
  tokenName: string,
  headers: IncomingHttpHeaders,
  body: Readable,
): Promise<{ job: ImportJob; added: boolean }> => {
  const idempotencyKey = keyOf(headers)
  const gzip = isGzip(headers)
  const id = randomUUID()
  const late = lateAfter(body, tools.timeoutMs)
  try {
    const { sha256, bytes, start } = await tools.spool.receive(id, body, gzip)
    const job = { id, tokenName, idempotencyKey, bodySha256: sha256, bytesTotal: bytes, start }
    const known = await tools.jobs.add(job)
    if (known.added) tools.wake()
    else await tools.spool.discard(id)
    if (!known.sameBody) {
      const detail = `The Idempotency-Key was used before with another body, for import ${known.job.id}.`
      throw new ProblemError(422, 'ICX_IMPORT_KEY_REUSED', detail)
    }
    return known
  } catch (error) {
    // A database that did not answer may have the job all the same: then its file stays, and a later sweep decides.
    if (error instanceof ProblemError) await tools.spool.discard(id)
    throw error
  } finally {
    late.cancel()
  }
}

const keyOf = (headers: IncomingHttpHeaders): string => {
  const key = headers['idempotency-key']
  if (typeof key !== 'string' || !/^[\x20-\x7e]{1,200}$/.test(key)) {
    const detail = 'An Idempotency-Key header of 1 to 200 printable characters is required.'
    throw new ProblemError(400, 'ICX_HTTP_MALFORMED', detail)
  }
  return key
}

const isGzip = (headers: IncomingHttpHeaders): boolean => {
  const type = (headers['content-type'] ?? '').toLowerCase()
  if (!/^text\/csv\s*(;|$)/.test(type)) throw mediaType('The content type must be text/csv.')
  if (/charset\s*=\s*"?(?!utf-?8\b)/.test(type)) throw mediaType('The charset must be UTF-8.')
  const encoding = (headers['content-encoding'] ?? 'identity').toLowerCase()
  if (encoding !== 'identity' && encoding !== 'gzip') throw mediaType('The content encoding must be gzip or none.')
  return encoding === 'gzip'
}

const mediaType = (detail: string): ProblemError => new ProblemError(415, 'ICX_HTTP_MEDIA_TYPE', detail)

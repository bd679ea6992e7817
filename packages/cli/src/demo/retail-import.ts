import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { Readable } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import { CommandEnd, exitCodes } from '../exit-codes.ts'

/** An import job as `GET /imports/{id}` shows it. */
export interface ImportJob {
  readonly id: string
  readonly state: 'queued' | 'running' | 'done' | 'failed'
  readonly linesRead: number
  readonly invoicesPublished: number
  readonly invoicesRejected: number
}

export interface ImportTarget {
  readonly producerUrl: string
  readonly token: string
  readonly signal: AbortSignal
}

/** Uploads a file and waits until its job has ended. `onProgress` is called at each look, at most twice a second. */
export const importRetailFile = async (
  target: ImportTarget,
  path: string,
  onProgress: (job: ImportJob) => void,
): Promise<ImportJob> => {
  const location = await upload(target, path)
  for (;;) {
    const job = await readJob(target, location)
    onProgress(job)
    if (job.state === 'done') return job
    if (job.state === 'failed')
      throw new CommandEnd(exitCodes.failed, `The import ${job.id} failed: ${JSON.stringify(job)}`)
    await pause(500, undefined, { signal: target.signal })
  }
}

/** The invoices of the reject file, each with how many of its lines were refused. */
export const rejectedInvoices = async (target: ImportTarget, job: ImportJob): Promise<string> => {
  const answer = await ask(target, `/imports/${job.id}/rejects`, {})
  return await answer.text()
}

const upload = async (target: ImportTarget, path: string): Promise<string> => {
  const answer = await ask(target, '/imports/retail', {
    method: 'POST',
    headers: {
      'content-type': 'text/csv',
      'idempotency-key': createHash('sha256').update(path).update(String(process.pid)).digest('hex').slice(0, 32),
      ...(path.endsWith('.gz') && { 'content-encoding': 'gzip' }),
    },
    body: Readable.toWeb(createReadStream(path)) as ReadableStream<Uint8Array>,
    duplex: 'half',
  })
  const location = answer.headers.get('location')
  if (answer.status !== 202 || location === null) {
    throw new CommandEnd(
      exitCodes.failed,
      `The producer answered ${answer.status} to the import: ${await answer.text()}`,
    )
  }
  return location
}

const readJob = async (target: ImportTarget, location: string): Promise<ImportJob> => {
  const answer = await ask(target, location, {})
  if (!answer.ok)
    throw new CommandEnd(
      exitCodes.failed,
      `The producer answered ${answer.status} about the import: ${await answer.text()}`,
    )
  return (await answer.json()) as ImportJob
}

const ask = (target: ImportTarget, path: string, request: RequestInit): Promise<Response> =>
  fetch(new URL(path, target.producerUrl), {
    ...request,
    headers: { ...request.headers, authorization: `Bearer ${target.token}` },
    signal: target.signal,
  })

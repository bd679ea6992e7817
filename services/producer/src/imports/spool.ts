import { createHash, type Hash } from 'node:crypto'
import { createWriteStream, mkdirSync } from 'node:fs'
import { open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { ProblemError } from '../http/problem.ts'
import { bodyProblem } from '../http/read-body.ts'
import type { FilePosition } from './read-lines.ts'
import { retailHeader } from './retail-line.ts'

/** What is known of an upload once it is completely on disk. */
export interface SpooledBody {
  readonly sha256: Buffer
  readonly bytes: number
  readonly start: FilePosition
}

/** The folder where uploads wait for their job, and reject files stay. */
export interface Spool {
  bodyPath(jobId: string): string
  rejectsPath(jobId: string): string
  /** Writes the body durably under the job's id, unpacked. Rejects with a problem when it is too large, broken or no retail export. */
  receive(jobId: string, body: Readable, gzip: boolean): Promise<SpooledBody>
  /** The first line behind the header. */
  startOf(jobId: string): Promise<FilePosition>
  discard(jobId: string): Promise<void>
  /** Removes what was last written before `olderThanMs` and belongs to no job: uploads that a crash or an outage cut off. */
  sweep(olderThanMs: number, isJob: (jobId: string) => Promise<boolean>): Promise<void>
}

/** A spool in `folder`, which is created. `bodyBytesMax` counts unpacked bytes. */
export const createSpool = (folder: string, bodyBytesMax: number): Spool => {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const bodyPath = (jobId: string): string => join(folder, `${jobId}.csv`)
  const partPath = (jobId: string): string => join(folder, `${jobId}.part`)

  const startOf = async (path: string): Promise<FilePosition> => {
    const file = await open(path)
    try {
      const head = Buffer.alloc(512)
      const { bytesRead } = await file.read(head, 0, head.length, 0)
      return afterHeader(head.subarray(0, bytesRead))
    } finally {
      await file.close()
    }
  }

  return {
    bodyPath,
    rejectsPath: (jobId) => join(folder, `${jobId}.rejects.csv`),
    startOf: (jobId) => startOf(bodyPath(jobId)),
    async receive(jobId, body, gzip) {
      const hash = createHash('sha256')
      const counted = limited(bodyBytesMax, hash)
      const out = createWriteStream(partPath(jobId), { flags: 'wx', mode: 0o600, flush: true })
      try {
        await (gzip ? pipeline(body, createGunzip(), counted.stream, out) : pipeline(body, counted.stream, out))
        const start = await startOf(partPath(jobId))
        await rename(partPath(jobId), bodyPath(jobId))
        return { sha256: hash.digest(), bytes: counted.bytes(), start }
      } catch (error) {
        await rm(partPath(jobId), { force: true })
        throw uploadProblem(error)
      }
    },
    discard: (jobId) => rm(bodyPath(jobId), { force: true }),
    async sweep(olderThanMs, isJob) {
      for (const name of await readdir(folder)) {
        const [, jobId] = /^([0-9a-f-]{36})\.(part|csv)$/.exec(name) ?? []
        if (jobId === undefined) continue
        const { mtimeMs } = await stat(join(folder, name))
        if (mtimeMs < olderThanMs && !(await isJob(jobId))) await rm(join(folder, name), { force: true })
      }
    },
  }
}

/** The bytes of a reject file, undefined when nothing was rejected. */
export const readRejects = (path: string, lengthBytes: number): Promise<Buffer> =>
  readFile(path).then((bytes) => bytes.subarray(0, lengthBytes))

const limited = (bytesMax: number, hash: Hash) => {
  let bytes = 0
  const stream = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length
      if (bytes > bytesMax) {
        done(new ProblemError(413, 'ICX_HTTP_TOO_LARGE', `The file is larger than ${bytesMax} bytes, unpacked.`))
        return
      }
      hash.update(chunk)
      done(null, chunk)
    },
  })
  return { stream, bytes: () => bytes }
}

const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf])

const afterHeader = (head: Buffer): FilePosition => {
  if (head.length === 0) throw wrongHeader('the file is empty')
  if ((head[0] === 0xff && head[1] === 0xfe) || (head[0] === 0xfe && head[1] === 0xff)) {
    throw wrongHeader('the file is UTF-16; convert it to UTF-8')
  }
  const from = head.subarray(0, 3).equals(byteOrderMark) ? 3 : 0
  const lineEnd = head.indexOf(0x0a)
  const line = head.toString('utf8', from, lineEnd === -1 ? head.length : lineEnd).replace(/\r$/, '')
  if (line !== retailHeader) throw wrongHeader(`the first line must be ${retailHeader}`)
  return { byte: lineEnd === -1 ? head.length : lineEnd + 1, lineNo: 2 }
}

const wrongHeader = (what: string): ProblemError =>
  new ProblemError(422, 'ICX_IMPORT_HEADER', `This is no retail export: ${what}.`)

const uploadProblem = (error: unknown): unknown => {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (code.startsWith('Z_')) {
    return new ProblemError(400, 'ICX_HTTP_MALFORMED', 'The body is not whole, valid gzip.', { cause: error })
  }
  return bodyProblem(error)
}

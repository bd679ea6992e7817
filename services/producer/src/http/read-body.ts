import type { Readable } from 'node:stream'
import { ProblemError } from './problem.ts'

/** The whole body, at most `bytesMax` bytes within `timeoutMs` milliseconds. Rejects with a 400, 408 or 413 problem. */
export const readBody = async (body: Readable, bytesMax: number, timeoutMs: number): Promise<Buffer> => {
  const late = lateAfter(body, timeoutMs)
  try {
    const chunks: Buffer[] = []
    let bytes = 0
    for await (const chunk of body.iterator({ destroyOnReturn: false })) {
      bytes += chunk.length
      if (bytes > bytesMax) {
        throw new ProblemError(413, 'ICX_HTTP_TOO_LARGE', `The body is larger than ${bytesMax} bytes.`)
      }
      chunks.push(chunk)
    }
    return Buffer.concat(chunks)
  } catch (error) {
    throw bodyProblem(error)
  } finally {
    late.cancel()
  }
}

/** Breaks the stream off with a 408 problem when it has not ended in time. */
export const lateAfter = (body: Readable, timeoutMs: number): { cancel(): void } => {
  const problem = new ProblemError(408, 'ICX_HTTP_TIMEOUT', `The body did not arrive within ${timeoutMs} ms.`)
  const timer = setTimeout(() => body.emit('error', problem), timeoutMs)
  return { cancel: () => clearTimeout(timer) }
}

/** What a body that broke off means for the client; other errors as they are. */
export const bodyProblem = (error: unknown): unknown => {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (code === 'ERR_STREAM_PREMATURE_CLOSE' || code === 'ECONNRESET') {
    return new ProblemError(400, 'ICX_HTTP_MALFORMED', 'The body ended before it was complete.', { cause: error })
  }
  return error
}

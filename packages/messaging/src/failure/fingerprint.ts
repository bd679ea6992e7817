import { createHash } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import type { Failure } from './classify.ts'

/**
 * What letters with one cause have in common: the error's type and code, the first stack frame of our own code (function
 * and file, no line) and the message without ids and numbers, hashed. 16 hex digits.
 */
export const fingerprintOf = (failure: Failure): string =>
  createHash('sha256')
    .update(
      `${failure.type}\n${failure.code}\n${ownFrame(failure.stack)}\n${withoutIdsAndNumbers(failure.message.slice(0, 1_024))}`,
    )
    .digest('hex')
    .slice(0, 16)

/** `unknown country "Elbonia" on line 17` and the same on line 18 are one cause. */
export const withoutIdsAndNumbers = (message: string): string =>
  message
    .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi, '#')
    .replaceAll(/\b(?=[0-9a-f]*\d)[0-9a-f]{8,}\b/gi, '#')
    .replaceAll(/\d+/g, '#')
    .replaceAll(/#(?:[.,:_-]?#)+/g, '#')

const kernelFolder = fileURLToPath(new URL('.', import.meta.url))

/** `function file` of the first frame outside Node, node_modules and this kernel; empty when there is none. */
export const ownFrame = (stack: string): string => {
  for (const line of stack.split('\n', 40)) {
    const frame = /^\s+at (?:(?:async )?(.*?) \()?(?:file:\/\/)?(.*?):\d+:\d+\)?$/.exec(line)
    const path = frame?.[2]
    if (path === undefined || path.startsWith('node:') || path.includes('node_modules')) continue
    if (path.startsWith(kernelFolder) && !path.includes('.test.')) continue
    const file = path.slice(path.lastIndexOf('/') + 1).replace(/\.[cm]?[jt]s$/, '')
    return `${frame?.[1] ?? ''} ${file}`
  }
  return ''
}

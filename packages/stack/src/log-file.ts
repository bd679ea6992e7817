import { closeSync, fstatSync, openSync, readSync } from 'node:fs'

const tailBytes = 64 * 1024

/** The last lines of a log, at most 64 KiB of it; empty when there is none. */
export const lastLines = (file: string, linesMax: number): string => {
  let descriptor: number
  try {
    descriptor = openSync(file, 'r')
  } catch {
    return ''
  }
  try {
    const { size } = fstatSync(descriptor)
    const length = Math.min(size, tailBytes)
    const bytes = Buffer.alloc(length)
    readSync(descriptor, bytes, 0, length, size - length)
    return bytes.toString('utf8').trimEnd().split('\n').slice(-linesMax).join('\n')
  } finally {
    closeSync(descriptor)
  }
}

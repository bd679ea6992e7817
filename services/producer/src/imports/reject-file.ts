import { open } from 'node:fs/promises'
import type { RejectedLine } from './judge-invoice.ts'

/** First line of a reject file. */
export const rejectHeader = 'line,reason,text\r\n'

const textCharsMax = 2_000

/** Rejected lines as CSV. A text that a spreadsheet would run as a formula is prefixed with an apostrophe. */
export const formatRejects = (lines: readonly RejectedLine[]): string =>
  lines.map(({ lineNo, reason, text }) => `${lineNo},${cell(reason)},${cell(text.slice(0, textCharsMax))}\r\n`).join('')

const cell = (text: string): string => {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return `"${safe.replaceAll('\0', '\u{FFFD}').replaceAll('"', '""')}"`
}

/** A reject file that grows with the checkpoints of its job. */
export interface RejectFile {
  /** Writes the lines durably; answers the file's length, for the checkpoint. */
  append(lines: readonly RejectedLine[]): Promise<number>
  close(): Promise<void>
}

/** Opens the file and drops what was written after the last checkpoint. */
export const openRejectFile = async (path: string, lengthBytes: number): Promise<RejectFile> => {
  const file = await open(path, 'a+')
  let length = lengthBytes
  await file.truncate(length)
  const write = async (text: string): Promise<void> => {
    const bytes = Buffer.from(text)
    await file.appendFile(bytes)
    length += bytes.length
  }
  return {
    async append(lines) {
      if (lines.length === 0) return length
      if (length === 0) await write(rejectHeader)
      await write(formatRejects(lines))
      await file.datasync()
      return length
    },
    close: () => file.close(),
  }
}

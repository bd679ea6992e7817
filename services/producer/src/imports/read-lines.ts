import { isAscii, isUtf8 } from 'node:buffer'
import type { FileHandle } from 'node:fs/promises'
import type { FileLine } from './retail-line.ts'

/** Longest line that is read; a longer one is rejected and skipped without being held. */
export const lineBytesMax = 16 * 1024

/** Where in a file reading begins or ended: always the start of a line. */
export interface FilePosition {
  readonly byte: number
  readonly lineNo: number
}

const chunkBytes = 256 * 1024
const lineFeed = 0x0a
const carriageReturn = 0x0d
// biome-ignore lint/suspicious/noControlCharactersInRegex: finding them is the point.
const controlCharacter = /[\x00-\x08\x0b\x0c\x0e-\x1f]/

/**
 * The lines of a file from `from` on, chunk by chunk, up to byte `until`. Lines end in LF or CRLF. A line that is no clean UTF-8
 * text, or too long, comes with a `fault` and does not touch its neighbours.
 */
export async function* readLines(
  file: FileHandle,
  from: FilePosition,
  until: number = Number.POSITIVE_INFINITY,
): AsyncGenerator<readonly FileLine[]> {
  let { byte: position, lineNo } = from
  let byteStart = position
  // One buffer for the whole file: what leaves it are strings.
  const buffer = Buffer.allocUnsafe(chunkBytes + lineBytesMax)
  let held = 0
  for (;;) {
    const room = Math.min(buffer.length - held, until - position)
    const { bytesRead } = room === 0 ? { bytesRead: 0 } : await file.read(buffer, held, room, position)
    position += bytesRead
    const bytes = buffer.subarray(0, held + bytesRead)
    const lines: FileLine[] = []
    const read = lineReader(bytes)
    let start = 0
    for (let end = bytes.indexOf(lineFeed); end !== -1; end = bytes.indexOf(lineFeed, start)) {
      const byteEnd = byteStart + (end + 1 - start)
      lines.push(read(start, end, { lineNo: lineNo++, byteStart, byteEnd }))
      byteStart = byteEnd
      start = end + 1
    }
    held = bytes.length - start
    if (bytesRead === 0) {
      if (held > 0) lines.push(read(start, bytes.length, { lineNo, byteStart, byteEnd: position }))
      if (lines.length > 0) yield lines
      return
    }
    if (held > lineBytesMax) {
      const head = bytes.subarray(start)
      const { line, next } = await skipLine(file, head, { byteStart, lineNo: lineNo++ }, position, until)
      lines.push(line)
      position = next
      byteStart = next
      held = 0
    }
    bytes.copyWithin(0, start)
    if (lines.length > 0) yield lines
  }
}

type Place = Pick<FileLine, 'lineNo' | 'byteStart' | 'byteEnd'>

/** Looks at the whole chunk once, so that clean text costs nothing per line. */
const lineReader = (bytes: Buffer): ((start: number, end: number, place: Place) => FileLine) => {
  const ascii = isAscii(bytes)
  const suspect = controlCharacter.test(bytes.toString('latin1'))
  return (start, lineEnd, place) => {
    const end = lineEnd > start && bytes[lineEnd - 1] === carriageReturn ? lineEnd - 1 : lineEnd
    if (end - start > lineBytesMax) return tooLong(bytes.subarray(start, end), place)
    if (ascii && !suspect) return { ...place, text: bytes.toString('latin1', start, end), fault: undefined }
    const line = bytes.subarray(start, end)
    if (!isUtf8(line)) return { ...place, text: line.toString('latin1'), fault: notUtf8(line) }
    const text = line.toString('utf8')
    return { ...place, text, fault: suspect ? controlFault(text) : undefined }
  }
}

const tooLong = (bytes: Buffer, place: Place): FileLine => ({
  ...place,
  text: bytes.subarray(0, 1_000).toString('latin1'),
  fault: `the line is longer than ${lineBytesMax} bytes`,
})

const notUtf8 = (line: Buffer): string => {
  let column = 0
  while (column < line.length && (line[column] ?? 0) < 0x80) column++
  // A valid sequence before the broken one is rare; the first byte that is no ASCII is where a person looks.
  const byte = (line[column] ?? 0).toString(16).toUpperCase()
  return `not UTF-8 (byte 0x${byte} at column ${column + 1}); if the file is Latin-1, convert it to UTF-8`
}

const controlFault = (text: string): string | undefined => {
  const column = text.search(controlCharacter)
  if (column === -1) return undefined
  return text.charCodeAt(column) === 0
    ? `a NUL byte at column ${column + 1}`
    : `a control character at column ${column + 1}`
}

const skipLine = async (
  file: FileHandle,
  head: Buffer,
  at: { byteStart: number; lineNo: number },
  from: number,
  until: number,
): Promise<{ line: FileLine; next: number }> => {
  let position = from
  for (;;) {
    const chunk = Buffer.allocUnsafe(Math.min(chunkBytes, until - position))
    const { bytesRead } = chunk.length === 0 ? { bytesRead: 0 } : await file.read(chunk, 0, chunk.length, position)
    const end = chunk.subarray(0, bytesRead).indexOf(lineFeed)
    const next = position + (end === -1 ? bytesRead : end + 1)
    if (end !== -1 || bytesRead === 0) return { line: tooLong(head, { ...at, byteEnd: next }), next }
    position = next
  }
}

import type { HeaderEntry } from './header-entry.ts'

const slabBytes = 16 * 1024
/** Where blocks are written, one behind the other; a block keeps its whole slab in memory. */
let slab = Buffer.allocUnsafeSlow(slabBytes)
let slabUsed = 0
/** The slab, or the buffer of a large block, while it is written. */
let target = slab

/** A header block: a count, `rest` as it is, then `entries`. */
export const writeHeaders = (count: number, rest: Buffer | undefined, entries: readonly HeaderEntry[]): Buffer => {
  const start = reserve(5 + (rest?.length ?? 0) + boundOf(entries))
  let position = writeVarint(count, start)
  if (rest !== undefined) position = writeBytes(rest, position)
  return finish(start, writeEntries(entries, position))
}

/** A header that stands in every block of a template, or the name of one whose value differs. */
export interface TemplateHeader {
  readonly name: string
  readonly value?: string
}

/** The block with `values` in the places that are open, and `more` headers behind. */
export type HeaderTemplate = (values: readonly string[], more: readonly HeaderEntry[]) => Buffer

/** Blocks of which most bytes are the same are mostly copied. */
export const createHeaderTemplate = (headers: readonly TemplateHeader[]): HeaderTemplate => {
  /** The bytes in front of each open value, and those behind the last. */
  const between: Buffer[] = []
  let fixed: Buffer[] = []
  for (const { name, value } of headers) {
    fixed.push(sized(name))
    if (value !== undefined) fixed.push(sized(value))
    else {
      between.push(Buffer.concat(fixed))
      fixed = []
    }
  }
  const last = Buffer.concat(fixed)
  const fixedBytes = between.reduce((sum, each) => sum + each.length, last.length)
  return (values, more) => {
    let bound = 5 + fixedBytes + boundOf(more)
    for (const value of values) bound += 5 + 3 * value.length
    const start = reserve(bound)
    let position = writeVarint(headers.length + more.length, start)
    let index = 0
    for (const bytes of between) position = writeText(values[index++] ?? '', writeBytes(bytes, position))
    return finish(start, writeEntries(more, writeBytes(last, position)))
  }
}

/** A text behind its length. */
const sized = (text: string): Buffer => {
  const start = reserve(5 + 3 * text.length)
  return Buffer.from(finish(start, writeText(text, start)))
}

/** Makes room for at most `bound` bytes in `target`; answers where they begin. */
const reserve = (bound: number): number => {
  if (bound > slabBytes / 4) {
    target = Buffer.allocUnsafeSlow(bound)
    return 0
  }
  if (slabUsed + bound > slabBytes) {
    slab = Buffer.allocUnsafeSlow(slabBytes)
    slabUsed = 0
  }
  target = slab
  return slabUsed
}

/** What was written into the reserved room. */
const finish = (start: number, end: number): Buffer => {
  const written = target.subarray(start, end)
  // The bound of a large one was generous: keep what it needs.
  if (target !== slab) return Buffer.from(written)
  slabUsed = end
  return written
}

const boundOf = (entries: readonly HeaderEntry[]): number => {
  let bound = 0
  for (const { name, value } of entries) bound += 10 + 3 * name.length + 3 * (value?.length ?? 0)
  return bound
}

const writeEntries = (entries: readonly HeaderEntry[], start: number): number => {
  let position = start
  for (const { name, value } of entries) {
    position = writeText(name, position)
    if (value === null) position = writeVarint(-1, position)
    else if (typeof value === 'string') position = writeText(value, position)
    else position = writeBytes(value, writeVarint(value.length, position))
  }
  return position
}

const writeBytes = (bytes: Uint8Array, position: number): number => {
  target.set(bytes, position)
  return position + bytes.length
}

/** Longest text that is written character by character: ASCII, as most are, without asking native code. */
const shortTextMax = 63

const writeText = (text: string, position: number): number => {
  const { length } = text
  if (length <= shortTextMax) {
    target[position] = length << 1
    let index = 0
    for (; index < length; index++) {
      const code = text.charCodeAt(index)
      if (code > 0x7f) break
      target[position + 1 + index] = code
    }
    if (index === length) return position + 1 + length
  }
  const start = writeVarint(Buffer.byteLength(text), position)
  return start + target.write(text, start)
}

/** Zigzag varint of a 32-bit integer; answers the position behind it. */
const writeVarint = (value: number, position: number): number => {
  let rest = ((value << 1) ^ (value >> 31)) >>> 0
  let next = position
  while (rest > 0x7f) {
    target[next++] = (rest & 0x7f) | 0x80
    rest >>>= 7
  }
  target[next++] = rest
  return next
}

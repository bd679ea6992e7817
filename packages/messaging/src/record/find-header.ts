import { HeaderCursor } from './header-cursor.ts'
import { ceHeaders, traceHeaders } from './header-names.ts'

/**
 * A cursor before the last value of `name` (last wins) in the block that lies in `source`; undefined where there is none.
 * It is good until the next call: one for each look would be paid for by every message. Throws what reading the block throws.
 */
export const findHeader = (source: Buffer, from: number, until: number, name: string): HeaderCursor | undefined => {
  cursor.enter(source, from, until)
  let at: number
  if (name === ceHeaders.id) at = lookIn(source, from, until).idAt
  else if (name === traceHeaders.traceparent) at = lookIn(source, from, until).traceparentAt
  else at = lastPlaceOf(nameBytes(name))
  if (at < 0) return undefined
  cursor.position = at
  return cursor
}

const cursor = new HeaderCursor(Buffer.alloc(0), 0, 0)

/** Where the two values begin that every message is asked for, one right after the other: one pass finds both. */
const seen = { source: Buffer.alloc(0) as Buffer, from: 0, until: 0, idAt: -1, traceparentAt: -1 }
const idBytes = Buffer.from(ceHeaders.id)
const traceparentBytes = Buffer.from(traceHeaders.traceparent)

const lookIn = (source: Buffer, from: number, until: number): typeof seen => {
  if (seen.source === source && seen.from === from && seen.until === until) return seen
  let [idAt, traceparentAt] = [-1, -1]
  for (let left = cursor.boundedCount(); left > 0; left--) {
    cursor.skipName()
    if (cursor.nameIs(idBytes)) idAt = cursor.position
    else if (cursor.nameIs(traceparentBytes)) traceparentAt = cursor.position
    cursor.skipValue()
  }
  seen.source = source
  seen.from = from
  seen.until = until
  seen.idAt = idAt
  seen.traceparentAt = traceparentAt
  return seen
}

const lastPlaceOf = (name: Buffer): number => {
  let at = -1
  for (let left = cursor.boundedCount(); left > 0; left--) {
    cursor.skipName()
    if (cursor.nameIs(name)) at = cursor.position
    cursor.skipValue()
  }
  return at
}

const nameCache = new Map<string, Buffer>()

const nameBytes = (name: string): Buffer => {
  const known = nameCache.get(name)
  if (known !== undefined) return known
  const bytes = Buffer.from(name, 'utf8')
  if (nameCache.size < 256) nameCache.set(name, bytes)
  return bytes
}

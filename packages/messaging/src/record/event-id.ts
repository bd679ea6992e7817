import { hash as hashOnce, randomFillSync } from 'node:crypto'

/** A new UUIDv7 (RFC 9562): 48 bits of milliseconds, then randomness. */
export const newEventId = (timeMs: number): string => {
  uuidBytes.writeUIntBE(timeMs, 0, 6)
  fillRandom(uuidBytes, 6)
  return formatUuid(uuidBytes, 7)
}

/** Every new id is put together here. */
const uuidBytes = Buffer.alloc(16)

/**
 * The id of what a route publishes for one input: the input id's time bits, then hash(input id, route, ordinal), as
 * UUIDv8. A redelivery yields the same id (design page 3, "Identity"). An input id that is no UUID gives time bits 0.
 */
export const derivedEventId = (inputId: string, route: string, ordinal: number): string => {
  const bytes = Buffer.alloc(16)
  Buffer.from(uuidTimeHex(inputId), 'hex').copy(bytes)
  hash(inputId, route, String(ordinal)).copy(bytes, 6, 0, 10)
  return formatUuid(bytes, 8)
}

/** The id of an event with a natural key (sender's event id, document number), first seen at `timeMs`. UUIDv8. */
export const naturalEventId = (source: string, naturalKey: string, timeMs: number): string => {
  const bytes = Buffer.alloc(16)
  bytes.writeUIntBE(timeMs, 0, 6)
  hash(source, naturalKey).copy(bytes, 6, 0, 10)
  return formatUuid(bytes, 8)
}

/** The id of a record that came without `ce_id`: its place in the log, so that a redelivery has the same (X40). UUIDv8. */
export const placeEventId = (topic: string, partition: number, offset: number, timestampMs: number): string =>
  naturalEventId(topic, `${partition}/${offset}`, Math.min(Math.max(timestampMs, 0), 2 ** 48 - 1))

/** Milliseconds since the epoch inside a UUIDv7 or v8 of ours; undefined when `id` is no UUID. */
export const eventIdTimeMs = (id: string): number | undefined =>
  uuidPattern.test(id) ? Number.parseInt(uuidTimeHex(id), 16) : undefined

const pool = Buffer.alloc(8 * 1024)
let poolUsed = pool.length

/** Fills from `start` on. Asking the system for ten bytes at a time costs more than the rest of publishing; each is used once. */
const fillRandom = (bytes: Buffer, start: number): void => {
  if (poolUsed + bytes.length - start > pool.length) {
    randomFillSync(pool)
    poolUsed = 0
  }
  for (let index = start; index < bytes.length; index++) bytes[index] = pool[poolUsed++] ?? 0
}

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

const uuidTimeHex = (id: string): string => (uuidPattern.test(id) ? id.slice(0, 8) + id.slice(9, 13) : '000000000000')

const hash = (...parts: string[]): Buffer => {
  // Lengths keep parts apart that run into each other.
  let text = ''
  for (const part of parts) text += `${Buffer.byteLength(part)}:${part}`
  return hashOnce('sha256', text, 'buffer')
}

const formatUuid = (bytes: Buffer, version: 7 | 8): string => {
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | (version << 4), 6)
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8)
  let position = 0
  for (let index = 0; index < 16; index++) {
    if (index === 4 || index === 6 || index === 8 || index === 10) position++
    const byte = bytes[index] ?? 0
    uuidText[position++] = hexDigits[byte >> 4] ?? 0
    uuidText[position++] = hexDigits[byte & 0x0f] ?? 0
  }
  return uuidText.toString('latin1')
}

/** Written as a whole, so that the id is one flat string; slices joined together would be flattened at each use. */
const uuidText = Buffer.from('-'.repeat(36))
const hexDigits = Buffer.from('0123456789abcdef')

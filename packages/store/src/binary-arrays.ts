/**
 * Arrays as Postgres takes them in binary (`array_recv`), for parameters of thousands of elements: as text, each would be escaped here
 * and parsed there. A parameter that is a Buffer goes in binary; the statement says of what type it is.
 */
const headerBytes = 20
const lengthBytes = 4

// What `pg_type` calls them.
const oids = { bytea: 17, bigint: 20, integer: 23, text: 25, uuid: 2950 } as const

/** One dimension, no nulls, counted from 1. */
const writeHeader = (target: Buffer, oid: number, count: number): void => {
  target.writeInt32BE(1, 0)
  target.writeInt32BE(0, 4)
  target.writeInt32BE(oid, 8)
  target.writeInt32BE(count, 12)
  target.writeInt32BE(1, 16)
}

const fixedArray = <Item>(
  oid: number,
  sizeBytes: number,
  items: readonly Item[],
  write: (target: Buffer, item: Item, at: number) => void,
): Buffer => {
  const target = Buffer.allocUnsafe(headerBytes + items.length * (lengthBytes + sizeBytes))
  writeHeader(target, oid, items.length)
  let at = headerBytes
  for (const item of items) {
    target.writeInt32BE(sizeBytes, at)
    write(target, item, at + lengthBytes)
    at += lengthBytes + sizeBytes
  }
  return target
}

const bytesArray = (oid: number, items: readonly Buffer[]): Buffer => {
  let sizeBytes = headerBytes
  for (const { length } of items) sizeBytes += lengthBytes + length
  const target = Buffer.allocUnsafe(sizeBytes)
  writeHeader(target, oid, items.length)
  let at = headerBytes
  for (const item of items) {
    at = target.writeInt32BE(item.length, at)
    at += item.copy(target, at)
  }
  return target
}

/** `uuid[]` of UUIDs as text. */
export const uuidArray = (ids: readonly string[]): Buffer =>
  fixedArray(oids.uuid, 16, ids, (target, id, at) => {
    if (target.write(id.replaceAll('-', ''), at, 'hex') !== 16) throw new TypeError(`"${id}" is no UUID`)
  })

/** `integer[]`. Throws a `RangeError` for a number that is none. */
export const integerArray = (numbers: readonly number[]): Buffer =>
  fixedArray(oids.integer, 4, numbers, (target, number, at) => target.writeInt32BE(number, at))

/** `bigint[]` of safe integers. */
export const bigintArray = (numbers: readonly number[]): Buffer =>
  fixedArray(oids.bigint, 8, numbers, (target, number, at) => {
    target.writeInt32BE(Math.floor(number / 2 ** 32), at)
    target.writeUInt32BE(number >>> 0, at + 4)
  })

/** `bytea[]`. */
export const byteaArray = (items: readonly Buffer[]): Buffer => bytesArray(oids.bytea, items)

/** `text[]` of few different texts. */
export const textArray = (texts: readonly string[]): Buffer => {
  const known = new Map<string, Buffer>()
  const bytesOf = (text: string): Buffer => {
    const bytes = known.get(text) ?? Buffer.from(text)
    known.set(text, bytes)
    return bytes
  }
  return bytesArray(oids.text, texts.map(bytesOf))
}

import type { OutboundRecord } from '@interchange/messaging'
import { crc32c } from '@node-rs/crc32'
import { compress, compressionBits } from '../compression/compress.ts'
import type { CompressionName } from '../compression/decompress.ts'
import { attribute, fieldAt, headBytes } from './batch-format.ts'

/** Whose transaction a batch belongs to, and its place among what they sent to the partition. */
export interface BatchOwner {
  readonly transactionalId: string
  readonly producerId: bigint
  readonly epoch: number
  readonly firstSequence: number
}

/** Length, attributes, two deltas and the lengths of key and value. */
const recordHeadBytesMax = 5 + 1 + 10 + 5 + 5 + 5

/** One uncompressed batch, written in one pass; header blocks are copied as they are. */
export const encodeBatch = (records: readonly OutboundRecord[], nowMs: number, owner?: BatchOwner): Buffer => {
  let bytesMax = headBytes
  for (const { key, value, headers } of records) {
    bytesMax += recordHeadBytesMax + (key?.length ?? 0) + (value?.length ?? 0) + headers.size
  }
  const bytes = Buffer.allocUnsafe(bytesMax)
  const firstTime = records[0]?.timestampMs ?? nowMs
  let maxTime = firstTime
  let position = headBytes
  let index = 0
  for (const { key, value, headers, timestampMs = nowMs } of records) {
    const timeDelta = timestampMs - firstTime
    if (timestampMs > maxTime) maxTime = timestampMs
    const size = 1 + zigzagSize(timeDelta) + zigzagSize(index) + nullableSize(key) + nullableSize(value) + headers.size
    position = zigzagBytes(bytes, position, size)
    bytes[position++] = 0
    position = zigzagBytes(bytes, position, timeDelta)
    position = zigzagBytes(bytes, position, index++)
    position = nullableBytes(bytes, position, key)
    position = nullableBytes(bytes, position, value)
    bytes.set(headers.bytes, position)
    position += headers.size
  }
  const batch = bytes.subarray(0, position)
  batch.writeBigInt64BE(0n, 0)
  batch.writeInt32BE(batch.length - fieldAt.length - 4, fieldAt.length)
  batch.writeInt32BE(-1, fieldAt.length + 4)
  batch.writeInt8(2, fieldAt.magic)
  batch.writeInt16BE(owner === undefined ? 0 : attribute.transactional, fieldAt.attributes)
  batch.writeInt32BE(records.length - 1, fieldAt.lastDelta)
  batch.writeBigInt64BE(BigInt(firstTime), fieldAt.firstTime)
  batch.writeBigInt64BE(BigInt(maxTime), fieldAt.maxTime)
  writeOwner(batch, owner)
  batch.writeInt32BE(records.length, fieldAt.count)
  batch.writeUInt32BE(crc32c(batch.subarray(fieldAt.attributes)), fieldAt.crc)
  return batch
}

/** The same batch, its records packed. */
export const packBatch = async (batch: Buffer, codec: CompressionName): Promise<Buffer> => {
  const bytes = Buffer.concat([batch.subarray(0, headBytes), await compress(codec, batch.subarray(headBytes))])
  bytes.writeInt16BE(batch.readInt16BE(fieldAt.attributes) | compressionBits[codec], fieldAt.attributes)
  bytes.writeInt32BE(bytes.length - fieldAt.length - 4, fieldAt.length)
  bytes.writeUInt32BE(crc32c(bytes.subarray(fieldAt.attributes)), fieldAt.crc)
  return bytes
}

/** Outside a transaction there is no producer id, epoch or sequence: not idempotent. */
const writeOwner = (bytes: Buffer, owner: BatchOwner | undefined): void => {
  if (owner === undefined) {
    bytes.fill(0xff, fieldAt.producerId, fieldAt.count)
    return
  }
  bytes.writeBigInt64BE(owner.producerId, fieldAt.producerId)
  bytes.writeInt16BE(owner.epoch, fieldAt.producerId + 8)
  bytes.writeInt32BE(owner.firstSequence, fieldAt.producerId + 10)
}

const nullableSize = (bytes: Buffer | null): number => (bytes === null ? 1 : zigzagSize(bytes.length) + bytes.length)

const nullableBytes = (into: Buffer, position: number, bytes: Buffer | null): number => {
  if (bytes === null) return zigzagBytes(into, position, -1)
  const next = zigzagBytes(into, position, bytes.length)
  into.set(bytes, next)
  return next + bytes.length
}

/** How many bytes a zigzag varint of `value` takes; exact for safe integers. */
const zigzagSize = (value: number): number => {
  let size = 1
  for (let rest = zigzagOf(value); rest >= 0x80; rest = Math.floor(rest / 128)) size++
  return size
}

/** Writes a zigzag varint; the position behind it. */
const zigzagBytes = (into: Buffer, position: number, value: number): number => {
  let next = position
  let rest = zigzagOf(value)
  for (; rest >= 0x80; rest = Math.floor(rest / 128)) into[next++] = (rest % 128) | 0x80
  into[next++] = rest
  return next
}

const zigzagOf = (value: number): number => (value < 0 ? -value * 2 - 1 : value * 2)

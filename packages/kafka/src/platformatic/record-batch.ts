import { HeaderBlock, type OutboundRecord, type TransportRecord } from '@interchange/messaging'
import { crc32c } from '@node-rs/crc32'
import { compress, compressionBits } from '../compression/compress.ts'
import { type CompressionName, decompress } from '../compression/decompress.ts'
import { createRecordCursor, zigzagBytes, zigzagSize } from './record-cursor.ts'

/** Record format v2: where the fields of a batch are, and what its attributes mean. */
const at = { length: 8, magic: 16, crc: 17, attributes: 21, lastDelta: 23, firstTime: 27, maxTime: 35 } as const
const producerIdAt = 43
const countAt = 57
const headBytes = 61
const compressionMask = 0b111
const logAppendTime = 0b1000
const transactional = 0b1_0000
const control = 0b10_0000
const compressions: readonly (CompressionName | undefined)[] = [undefined, 'gzip', 'snappy', 'lz4', 'zstd']
const abortMarker = 0

export interface AbortedTransaction {
  readonly producerId: bigint
  readonly firstOffset: bigint
}

/** What a fetch from `fromOffset` holds. */
export interface DecodedRecords {
  readonly records: TransportRecord[]
  /** Behind the last whole batch, control and aborted records included; `fromOffset` where there is none. */
  readonly nextOffset: number
}

/**
 * The records of a fetch, control records left out, and those of `aborted` transactions too (empty for read uncommitted).
 * Rejects with `CORRUPT_MESSAGE` where a checksum differs (trap K22), and with what unpacking threw.
 */
export const decodeBatches = async (
  { topic, partition, offset: fromOffset }: { topic: string; partition: number; offset: number },
  bytes: Buffer,
  aborted: readonly AbortedTransaction[],
): Promise<DecodedRecords> => {
  const records: TransportRecord[] = []
  const transactions = openTransactions(aborted)
  let nextOffset = fromOffset
  for (let from = 0; from + headBytes <= bytes.length; ) {
    const until = from + at.length + 4 + bytes.readInt32BE(from + at.length)
    // The broker cuts the last batch of an answer where its limit is.
    if (until > bytes.length) break
    const batch = bytes.subarray(from, until)
    from = until
    assertIntact(batch, topic, partition)
    const baseOffset = Number(batch.readBigInt64BE(0))
    const lastOffset = baseOffset + batch.readInt32BE(at.lastDelta)
    if (lastOffset < fromOffset) continue
    const attributes = batch.readInt16BE(at.attributes)
    const skipped = transactions.isSkipped(batch, attributes, lastOffset)
    if (!skipped) await decodeRecords({ topic, partition, baseOffset, fromOffset, attributes }, batch, records)
    nextOffset = lastOffset + 1
  }
  return { records, nextOffset }
}

/** Follows the aborted transactions as the Java client does: each begins at its first offset and ends at its marker. */
const openTransactions = (aborted: readonly AbortedTransaction[]) => {
  const coming = aborted.toSorted((left, right) => Number(left.firstOffset - right.firstOffset))
  const open = new Set<bigint>()
  return {
    isSkipped(batch: Buffer, attributes: number, lastOffset: number): boolean {
      const producerId = batch.readBigInt64BE(producerIdAt)
      while (coming[0] !== undefined && Number(coming[0].firstOffset) <= lastOffset) {
        open.add(coming[0].producerId)
        coming.shift()
      }
      if ((attributes & control) !== 0) {
        if (isAbortMarker(batch)) open.delete(producerId)
        return true
      }
      return (attributes & transactional) !== 0 && open.has(producerId)
    },
  }
}

/** The key of a control record: a version, then its kind. */
const isAbortMarker = (batch: Buffer): boolean => {
  const cursor = createRecordCursor(batch.subarray(headBytes))
  const { key } = cursor.record()
  return key !== null && key.length >= 4 && key.readInt16BE(2) === abortMarker
}

const assertIntact = (batch: Buffer, topic: string, partition: number): void => {
  const magic = batch.readInt8(at.magic)
  const intact = magic === 2 && crc32c(batch.subarray(at.attributes)) === batch.readUInt32BE(at.crc)
  if (intact) return
  const found = magic === 2 ? 'another checksum' : `record format ${magic}`
  throw Object.assign(new Error(`a batch of ${topic}/${partition} has ${found}`), { type: 'CORRUPT_MESSAGE' })
}

interface BatchFacts {
  readonly topic: string
  readonly partition: number
  readonly baseOffset: number
  readonly fromOffset: number
  readonly attributes: number
}

const decodeRecords = async (facts: BatchFacts, batch: Buffer, into: TransportRecord[]): Promise<void> => {
  const { topic, partition, baseOffset, fromOffset, attributes } = facts
  const packed = batch.subarray(headBytes)
  const bitmask = attributes & compressionMask
  const codec = compressions[bitmask]
  if (bitmask !== 0 && codec === undefined) throw new RangeError(`compression ${bitmask} is unknown`)
  const cursor = createRecordCursor(codec === undefined ? packed : await decompress(codec, packed))
  const firstTime = Number(batch.readBigInt64BE(at.firstTime))
  const stampedByBroker = (attributes & logAppendTime) !== 0
  const maxTime = Number(batch.readBigInt64BE(at.maxTime))
  for (let left = batch.readInt32BE(countAt); left > 0; left--) {
    const { offsetDelta, timestampDelta, key, value, headers } = cursor.record()
    const offset = baseOffset + offsetDelta
    if (offset < fromOffset) continue
    const timestampMs = stampedByBroker ? maxTime : firstTime + timestampDelta
    const isPlain = headers.length === 1 && headers[0] === 0
    into.push({
      topic,
      partition,
      offset,
      timestampMs,
      key,
      value,
      headers: isPlain ? HeaderBlock.empty : new HeaderBlock(headers),
    })
  }
}

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
    bytesMax += recordHeadBytesMax + (key?.length ?? 0) + (value?.length ?? 0) + headers.bytes.length
  }
  const bytes = Buffer.allocUnsafe(bytesMax)
  const firstTime = records[0]?.timestampMs ?? nowMs
  let maxTime = firstTime
  let position = headBytes
  let index = 0
  for (const { key, value, headers, timestampMs = nowMs } of records) {
    const timeDelta = timestampMs - firstTime
    if (timestampMs > maxTime) maxTime = timestampMs
    const size =
      1 + zigzagSize(timeDelta) + zigzagSize(index) + nullableSize(key) + nullableSize(value) + headers.bytes.length
    position = zigzagBytes(bytes, position, size)
    bytes[position++] = 0
    position = zigzagBytes(bytes, position, timeDelta)
    position = zigzagBytes(bytes, position, index++)
    position = nullableBytes(bytes, position, key)
    position = nullableBytes(bytes, position, value)
    bytes.set(headers.bytes, position)
    position += headers.bytes.length
  }
  const batch = bytes.subarray(0, position)
  batch.writeBigInt64BE(0n, 0)
  batch.writeInt32BE(batch.length - at.length - 4, at.length)
  batch.writeInt32BE(-1, at.length + 4)
  batch.writeInt8(2, at.magic)
  batch.writeInt16BE(owner === undefined ? 0 : transactional, at.attributes)
  batch.writeInt32BE(records.length - 1, at.lastDelta)
  batch.writeBigInt64BE(BigInt(firstTime), at.firstTime)
  batch.writeBigInt64BE(BigInt(maxTime), at.maxTime)
  writeOwner(batch, owner)
  batch.writeInt32BE(records.length, countAt)
  batch.writeUInt32BE(crc32c(batch.subarray(at.attributes)), at.crc)
  return batch
}

/** The same batch, its records packed. */
export const packBatch = async (batch: Buffer, codec: CompressionName): Promise<Buffer> => {
  const bytes = Buffer.concat([batch.subarray(0, headBytes), await compress(codec, batch.subarray(headBytes))])
  bytes.writeInt16BE(batch.readInt16BE(at.attributes) | compressionBits[codec], at.attributes)
  bytes.writeInt32BE(bytes.length - at.length - 4, at.length)
  bytes.writeUInt32BE(crc32c(bytes.subarray(at.attributes)), at.crc)
  return bytes
}

/** Outside a transaction there is no producer id, epoch or sequence: not idempotent. */
const writeOwner = (bytes: Buffer, owner: BatchOwner | undefined): void => {
  if (owner === undefined) {
    bytes.fill(0xff, producerIdAt, countAt)
    return
  }
  bytes.writeBigInt64BE(owner.producerId, producerIdAt)
  bytes.writeInt16BE(owner.epoch, producerIdAt + 8)
  bytes.writeInt32BE(owner.firstSequence, producerIdAt + 10)
}

const nullableSize = (bytes: Buffer | null): number => (bytes === null ? 1 : zigzagSize(bytes.length) + bytes.length)

const nullableBytes = (into: Buffer, position: number, bytes: Buffer | null): number => {
  if (bytes === null) return zigzagBytes(into, position, -1)
  const next = zigzagBytes(into, position, bytes.length)
  into.set(bytes, next)
  return next + bytes.length
}

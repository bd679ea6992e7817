import { HeaderBlock, type TransportRecord } from '@interchange/messaging'
import { crc32c } from '@node-rs/crc32'
import { type CompressionName, decompress } from '../compression/decompress.ts'
import { attribute, fieldAt, headBytes } from './batch-format.ts'
import { RecordCursor } from './record-cursor.ts'

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
 * Keys, values and headers are views. Rejects with `CORRUPT_MESSAGE` where a checksum differs (trap K22), and with what
 * unpacking threw.
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
    const until = from + fieldAt.length + 4 + bytes.readInt32BE(from + fieldAt.length)
    // The broker cuts the last batch of an answer where its limit is.
    if (until > bytes.length) break
    const batch = bytes.subarray(from, until)
    from = until
    assertIntact(batch, topic, partition)
    const baseOffset = Number(batch.readBigInt64BE(0))
    const lastOffset = baseOffset + batch.readInt32BE(fieldAt.lastDelta)
    if (lastOffset < fromOffset) continue
    const attributes = batch.readInt16BE(fieldAt.attributes)
    const skipped = transactions.isSkipped(batch, attributes, lastOffset)
    if (!skipped) {
      const packed = batch.subarray(headBytes)
      const codec = codecOf(attributes)
      const unpacked = codec === undefined ? packed : await decompress(codec, packed)
      readRecords({ topic, partition, baseOffset, fromOffset, attributes }, batch, unpacked, records)
    }
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
      while (coming[0] !== undefined && Number(coming[0].firstOffset) <= lastOffset) {
        open.add(coming[0].producerId)
        coming.shift()
      }
      if ((attributes & attribute.control) !== 0) {
        if (isAbortMarker(batch)) open.delete(batch.readBigInt64BE(fieldAt.producerId))
        return true
      }
      return (
        open.size > 0 &&
        (attributes & attribute.transactional) !== 0 &&
        open.has(batch.readBigInt64BE(fieldAt.producerId))
      )
    },
  }
}

/** The key of a control record: a version, then its kind. */
const isAbortMarker = (batch: Buffer): boolean => {
  const cursor = new RecordCursor(batch.subarray(headBytes))
  const until = cursor.begin()
  cursor.zigzag()
  cursor.zigzag()
  const key = cursor.nullable(until)
  return key !== null && key.length >= 4 && key.readInt16BE(2) === abortMarker
}

const assertIntact = (batch: Buffer, topic: string, partition: number): void => {
  const magic = batch.readInt8(fieldAt.magic)
  const intact = magic === 2 && crc32c(batch.subarray(fieldAt.attributes)) === batch.readUInt32BE(fieldAt.crc)
  if (intact) return
  const found = magic === 2 ? 'another checksum' : `record format ${magic}`
  throw Object.assign(new Error(`a batch of ${topic}/${partition} has ${found}`), { type: 'CORRUPT_MESSAGE' })
}

const codecOf = (attributes: number): CompressionName | undefined => {
  const bits = attributes & attribute.compressionMask
  const codec = compressions[bits]
  if (bits !== 0 && codec === undefined) throw new RangeError(`compression ${bits} is unknown`)
  return codec
}

interface BatchFacts {
  readonly topic: string
  readonly partition: number
  readonly baseOffset: number
  readonly fromOffset: number
  readonly attributes: number
}

const readRecords = (
  { topic, partition, baseOffset, fromOffset, attributes }: BatchFacts,
  batch: Buffer,
  unpacked: Buffer,
  into: TransportRecord[],
): void => {
  const cursor = new RecordCursor(unpacked)
  const firstTime = Number(batch.readBigInt64BE(fieldAt.firstTime))
  const stampedByBroker = (attributes & attribute.logAppendTime) !== 0
  const maxTime = Number(batch.readBigInt64BE(fieldAt.maxTime))
  for (let left = batch.readInt32BE(fieldAt.count); left > 0; left--) {
    const until = cursor.begin()
    const timeDelta = cursor.zigzag()
    const offset = baseOffset + cursor.zigzag()
    if (offset < fromOffset) {
      cursor.position = until
      continue
    }
    const key = cursor.nullable(until)
    const value = cursor.nullable(until)
    const headers = headersOf(unpacked, cursor.position, until)
    const timestampMs = stampedByBroker ? maxTime : firstTime + timeDelta
    cursor.position = until
    into.push({ topic, partition, offset, timestampMs, key, value, headers })
  }
}

/** What is left of a record is its header block. */
const headersOf = (unpacked: Buffer, from: number, until: number): HeaderBlock => {
  if (from >= until) throw new RangeError('a record without a header count')
  return until - from === 1 && unpacked[from] === 0 ? HeaderBlock.empty : new HeaderBlock(unpacked, from, until)
}

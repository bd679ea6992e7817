import { randomBytes } from 'node:crypto'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { HeaderBlock, type OutboundRecord } from '@interchange/messaging'
import { crc32c } from '@node-rs/crc32'
import { createAPI, produceV8, Writer } from '@platformatic/kafka'
import { encodeBatch } from './records/encode-batch.ts'

/** Bits of a batch's attributes, and where they and the checksum are (record format v2). */
export const gzip = 1
export const zstd = 4
const attributesAt = 21
const crcAt = 17
const lengthAt = 8
const headBytes = 61

/** Inputs of the list in the evidence that concern bytes alone, one record each. */
export const oddRecords = (topic: string): OutboundRecord[] => [
  ...['', '\0', '\0\0\0\0\x01', '{"a":', '﻿{}', 'null', '\ud800'].map((text) => recordOf(topic, text)),
  ...[1, 2, 3, 4].map((length) => recordOf(topic, randomBytes(length))),
  recordOf(topic, null),
  recordOf(topic, 'x', { key: Buffer.alloc(0) }),
  recordOf(topic, 'x', { key: Buffer.alloc(4) }),
  recordOf(topic, 'x', { key: randomBytes(100_000) }),
  ...[0, 1, 253_402_300_799_999].map((timestampMs) => recordOf(topic, 'x', { timestampMs })),
  ...['__proto__', 'constructor', 'a\r\nb', '', 'x'.repeat(30_000)].map((name) =>
    recordOf(topic, 'x', {
      headers: HeaderBlock.of([
        { name, value: null },
        { name, value: '' },
        { name, value: name },
      ]),
    }),
  ),
  recordOf(topic, 'x', { headers: new HeaderBlock(Buffer.from([2, 4, 0xff, 0xfe, 6, 0x80, 0x00, 0xff])) }),
]

export const recordOf = (
  topic: string,
  value: string | Buffer | null,
  more: Partial<OutboundRecord> = {},
): OutboundRecord => ({
  topic,
  partition: 0,
  key: null,
  value: typeof value === 'string' ? Buffer.from(value) : value,
  headers: HeaderBlock.empty,
  ...more,
})

export const batchOf = (
  topic: string,
  values: readonly (string | Buffer)[],
  more: Partial<OutboundRecord> = {},
): Buffer =>
  encodeBatch(
    values.map((value) => recordOf(topic, value, more)),
    Date.now(),
  )

/** A batch whose records are compressed, its length and checksum right. */
export const packed = (batch: Buffer, bits: number): Buffer => {
  if (bits === 0) return batch
  const records = batch.subarray(headBytes)
  const bytes = Buffer.concat([
    batch.subarray(0, headBytes),
    bits === gzip ? gzipSync(records) : zstdCompressSync(records),
  ])
  bytes.writeInt16BE(bits, attributesAt)
  bytes.writeInt32BE(bytes.length - lengthAt - 4, lengthAt)
  bytes.writeUInt32BE(crc32c(bytes.subarray(attributesAt)), crcAt)
  return bytes
}

/** Writes a batch as it is. */
export const rawProduce = createAPI<[topic: string, batch: Buffer], unknown>(
  0,
  8,
  (topic: string, batch: Buffer) =>
    Writer.create()
      .appendString(null, false)
      .appendInt16(-1)
      .appendInt32(10_000)
      .appendInt32(1)
      .appendString(topic, false)
      .appendInt32(1)
      .appendInt32(0)
      .appendInt32(batch.length)
      .append(batch),
  produceV8.parseResponse,
  false,
  false,
)

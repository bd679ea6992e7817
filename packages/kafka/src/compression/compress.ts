import { promisify } from 'node:util'
import { gzip, zstdCompress } from 'node:zlib'
import type { OutboundRecord } from '@interchange/messaging'
import { compressionsAlgorithms } from '@platformatic/kafka'
import type { KafkaConfig } from '../kafka-config.ts'
import { type CompressionName, unpackedBytesMax } from './decompress.ts'

/** What a batch's attributes call a codec (record format v2). */
export const compressionBits = { gzip: 1, snappy: 2, lz4: 3, zstd: 4 } as const satisfies Record<
  CompressionName,
  number
>

const { snappy, lz4 } = compressionsAlgorithms

const codecs: Readonly<Record<CompressionName, (bytes: Buffer) => Promise<Buffer>>> = {
  gzip: promisify(gzip),
  snappy: async (bytes) => snappy.compressSync(bytes),
  lz4: async (bytes) => lz4.compressSync(bytes),
  zstd: promisify(zstdCompress),
}

/** Packs the records of a batch. */
export const compress = (codec: CompressionName, bytes: Buffer): Promise<Buffer> => codecs[codec](bytes)

/** How a batch of these records is sent: as configured, or as one of them needs it. What no reader of ours would unpack again is not packed. */
export const compressionOf = (
  { compression }: KafkaConfig,
  records: readonly OutboundRecord[],
): CompressionName | undefined => {
  const wanted = records.some(({ compressed }) => compressed === true) ? 'zstd' : 'none'
  const codec = compression === undefined || compression === 'none' ? wanted : compression
  return codec === 'none' || unpackedBytes(records) > unpackedBytesMax ? undefined : codec
}

const overheadBytes = 40

const unpackedBytes = (records: readonly OutboundRecord[]): number =>
  records.reduce(
    (sum, { key, value, headers }) => sum + overheadBytes + (key?.length ?? 0) + (value?.length ?? 0) + headers.size,
    0,
  )

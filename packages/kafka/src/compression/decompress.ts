import { promisify } from 'node:util'
import { gunzip, zstdDecompress } from 'node:zlib'
import { unpackLz4 } from './unpack-lz4.ts'
import { unpackSnappy } from './unpack-snappy.ts'

/** No fetched batch may unpack to more than this (trap K36, a bomb of 1:1000). */
export const unpackedBytesMax = 64 * 1024 * 1024

export type CompressionName = 'gzip' | 'snappy' | 'lz4' | 'zstd'

const bound = { maxOutputLength: unpackedBytesMax }
const gunzipBounded = promisify(gunzip)
const zstdBounded = promisify(zstdDecompress)

const codecs: Readonly<Record<CompressionName, (bytes: Buffer) => Promise<Buffer>>> = {
  gzip: (bytes) => gunzipBounded(bytes, bound),
  snappy: async (bytes) => unpackSnappy(bytes, unpackedBytesMax),
  lz4: async (bytes) => unpackLz4(bytes, unpackedBytesMax),
  zstd: (bytes) => zstdBounded(bytes, bound),
}

/** Unpacks the records of a batch, bounded. Rejects with zlib's errors or `CompressionError`. */
export const decompress = (codec: CompressionName, bytes: Buffer): Promise<Buffer> => codecs[codec](bytes)

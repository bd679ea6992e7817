import { promisify } from 'node:util'
import { gunzip, zstdDecompress } from 'node:zlib'
import kafkajs from 'kafkajs'
import { unpackLz4 } from './unpack-lz4.ts'
import { unpackSnappy } from './unpack-snappy.ts'

/** No fetched batch may unpack to more than this (trap K36, a bomb of 1:1000). */
export const unpackedBytesMax = 64 * 1024 * 1024

const gunzipBounded = promisify(gunzip)
const zstdBounded = promisify(zstdDecompress)

/** We send uncompressed, or as the topic's `compression.type` has the broker do it; kafkajs asks for both directions. */
const compress = async (): Promise<never> => {
  throw new TypeError('this driver does not compress what it sends')
}

const codec = (decompress: (bytes: Buffer) => Promise<Buffer>) => () => ({ compress, decompress })

/** All four codecs for reading, every one bounded (traps K17, K24, K36). */
export const registerCompressionCodecs = (): void => {
  const { CompressionCodecs, CompressionTypes } = kafkajs
  const bound = { maxOutputLength: unpackedBytesMax }
  CompressionCodecs[CompressionTypes.GZIP] = codec((bytes) => gunzipBounded(bytes, bound))
  CompressionCodecs[CompressionTypes.ZSTD] = codec((bytes) => zstdBounded(bytes, bound))
  CompressionCodecs[CompressionTypes.Snappy] = codec(async (bytes) => unpackSnappy(bytes, unpackedBytesMax))
  CompressionCodecs[CompressionTypes.LZ4] = codec(async (bytes) => unpackLz4(bytes, unpackedBytesMax))
}

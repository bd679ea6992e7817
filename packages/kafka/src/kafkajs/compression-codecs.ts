import kafkajs from 'kafkajs'
import { type CompressionName, decompress } from '../compression/decompress.ts'

/** We send uncompressed, or as the topic's `compression.type` has the broker do it; kafkajs asks for both directions. */
const compress = async (): Promise<never> => {
  throw new TypeError('this driver does not compress what it sends')
}

const codec = (name: CompressionName) => () => ({ compress, decompress: (bytes: Buffer) => decompress(name, bytes) })

/** All four codecs for reading, every one bounded (traps K17, K24, K36). */
export const registerCompressionCodecs = (): void => {
  const { CompressionCodecs, CompressionTypes } = kafkajs
  CompressionCodecs[CompressionTypes.GZIP] = codec('gzip')
  CompressionCodecs[CompressionTypes.ZSTD] = codec('zstd')
  CompressionCodecs[CompressionTypes.Snappy] = codec('snappy')
  CompressionCodecs[CompressionTypes.LZ4] = codec('lz4')
}

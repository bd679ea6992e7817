import kafkajs from 'kafkajs'
import { compress } from '../compression/compress.ts'
import { type CompressionName, decompress } from '../compression/decompress.ts'

const codec = (name: CompressionName) => () => ({
  compress: ({ buffer }: { buffer: Buffer }) => compress(name, buffer),
  decompress: (bytes: Buffer) => decompress(name, bytes),
})

/** All four codecs; for reading every one is bounded (traps K17, K24, K36). */
export const registerCompressionCodecs = (): void => {
  const { CompressionCodecs, CompressionTypes } = kafkajs
  CompressionCodecs[CompressionTypes.GZIP] = codec('gzip')
  CompressionCodecs[CompressionTypes.ZSTD] = codec('zstd')
  CompressionCodecs[CompressionTypes.Snappy] = codec('snappy')
  CompressionCodecs[CompressionTypes.LZ4] = codec('lz4')
}

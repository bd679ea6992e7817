import { promisify } from 'node:util'
import { gunzip, gzip, zstdCompress, zstdDecompress } from 'node:zlib'
import kafkajs from 'kafkajs'

/** No fetched batch may unpack to more than this (trap K36, a bomb of 1:1000). */
const maxOutputLength = 64 * 1024 * 1024

const codecs = {
  gzip: { pack: promisify<Buffer, Buffer>(gzip), unpack: promisify(gunzip) },
  zstd: { pack: promisify<Buffer, Buffer>(zstdCompress), unpack: promisify(zstdDecompress) },
}

const nativeCodec = (name: keyof typeof codecs) => () => ({
  compress: ({ buffer }: { buffer: Buffer }): Promise<Buffer> => codecs[name].pack(buffer),
  decompress: (bytes: Buffer): Promise<Buffer> => codecs[name].unpack(bytes, { maxOutputLength }),
})

/** gzip and zstd by Node's own zlib, both bounded (traps K17, K24, K36). */
export const registerCompressionCodecs = (): void => {
  kafkajs.CompressionCodecs[kafkajs.CompressionTypes.GZIP] = nativeCodec('gzip')
  kafkajs.CompressionCodecs[kafkajs.CompressionTypes.ZSTD] = nativeCodec('zstd')
}

import { HeaderBlock } from '@interchange/messaging'
import { describe, expect, test } from 'vitest'
import { compress, compressionOf } from './compress.ts'
import { type CompressionName, decompress, unpackedBytesMax } from './decompress.ts'

const codecs: readonly CompressionName[] = ['gzip', 'snappy', 'lz4', 'zstd']

const config = { brokers: [], clientId: 'x', compression: 'zstd' } as const
const recordOf = (bytes: number) => ({
  topic: 't',
  partition: 0,
  key: null,
  value: Buffer.allocUnsafe(bytes),
  headers: HeaderBlock.empty,
})

describe('what is compressed to be sent', () => {
  test.each(codecs)('with %s is unpacked as it was, whatever it is', async (codec) => {
    const noise = Buffer.from(Array.from({ length: 70_000 }, (_, index) => (index * index * 31) & 0xff))
    for (const bytes of [Buffer.alloc(1), Buffer.from('abc'.repeat(100_000)), noise]) {
      const packed = await compress(codec, bytes)
      expect((await decompress(codec, packed)).equals(bytes)).toBe(true)
    }
  })

  test('is not compressed where no reader would unpack it', () => {
    expect(compressionOf(config, [recordOf(1_000)])).toBe('zstd')
    expect(compressionOf(config, [recordOf(unpackedBytesMax)])).toBeUndefined()
    expect(compressionOf({ ...config, compression: 'none' }, [recordOf(1_000)])).toBeUndefined()
  })

  test('is also what was refused as too large, where nothing is said about compression', () => {
    const [small, refused] = [recordOf(1_000), { ...recordOf(1_000), compressed: true }]
    expect(compressionOf({ brokers: [], clientId: 'x' }, [small, refused])).toBe('zstd')
    expect(compressionOf({ ...config, compression: 'gzip' }, [small, refused])).toBe('gzip')
  })
})

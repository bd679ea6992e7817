import { describe, expect, test } from 'vitest'
import { CompressionError } from './growing-bytes.ts'
import { unpackLz4 } from './unpack-lz4.ts'
import { unpackSnappy } from './unpack-snappy.ts'

const bytesMax = 1_000

/** An LZ4 frame of one block; version 1, independent blocks, no checksums. */
const lz4Frame = (block: Buffer): Buffer => {
  const size = Buffer.alloc(4)
  size.writeUInt32LE(block.length)
  return Buffer.concat([Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82]), size, block, Buffer.alloc(4)])
}

describe('what Kafka compressed is unpacked within a bound (K24, K36)', () => {
  test('snappy without the chunks of the Java library is read too', () => {
    // 10 bytes: the literal "abc", then 7 bytes from 3 back, overlapping.
    expect(String(unpackSnappy(Buffer.from([10, 0x08, 97, 98, 99, 0x0d, 3]), bytesMax))).toBe('abcabcabca')
  })

  test('an overlapping match of LZ4 repeats what it has just written', () => {
    expect(String(unpackLz4(lz4Frame(Buffer.from([0x33, 97, 98, 99, 3, 0])), bytesMax))).toBe('abcabcabca')
  })

  test('a snappy block that claims more than the bound is refused before anything is unpacked', () => {
    expect(() => unpackSnappy(Buffer.from([0xff, 0xff, 0xff, 0xff, 0x0f, 0]), bytesMax)).toThrow(CompressionError)
  })

  test('an LZ4 bomb stops at the bound', () => {
    const block = Buffer.concat([Buffer.from([0x1f, 97, 1, 0]), Buffer.alloc(200, 255), Buffer.from([0])])
    expect(() => unpackLz4(lz4Frame(block), bytesMax)).toThrow(/more than 1000 bytes/)
  })

  test.each([
    ['a copy from before the beginning', () => unpackSnappy(Buffer.from([4, 0x01, 9]), bytesMax)],
    ['a literal beyond the block', () => unpackSnappy(Buffer.from([4, 0x0c, 97]), bytesMax)],
    ['an empty block', () => unpackSnappy(Buffer.alloc(0), bytesMax)],
    ['a wrong magic', () => unpackLz4(Buffer.alloc(20), bytesMax)],
    ['a match of distance 0', () => unpackLz4(lz4Frame(Buffer.from([0x13, 97, 0, 0])), bytesMax)],
    ['a frame that ends inside a block', () => unpackLz4(lz4Frame(Buffer.from([0x10, 97])).subarray(0, 12), bytesMax)],
  ])('%s is a CompressionError, not a crash or a hang', (_what, unpack) => {
    expect(unpack).toThrow(CompressionError)
  })

  test('no bytes whatever make it do anything but answer or refuse', () => {
    let state = 1
    const next = (): number => {
      state = Math.imul(state, 48_271) % 0x7fffffff
      return Math.abs(state) & 0xff
    }
    for (let round = 0; round < 5_000; round++) {
      const bytes = Buffer.from(Array.from({ length: 1 + (round % 40) }, next))
      for (const unpack of [() => unpackSnappy(bytes, bytesMax), () => unpackLz4(lz4Frame(bytes), bytesMax)]) {
        try {
          expect(unpack().length).toBeLessThanOrEqual(bytesMax)
        } catch (error) {
          expect(error).toBeInstanceOf(CompressionError)
        }
      }
    }
  })
})

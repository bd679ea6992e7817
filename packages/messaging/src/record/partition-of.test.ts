import { describe, expect, it } from 'vitest'
import { murmur2, partitionOf } from './partition-of.ts'

describe('the partitioner', () => {
  // org.apache.kafka.common.utils.UtilsTest#testMurmur2.
  it.each([
    ['21', -973_932_308],
    ['foobar', -790_332_482],
    ['a-little-bit-long-string', -985_981_536],
    ['a-little-bit-longer-string', -1_486_304_829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58_897_971],
    ['abc', 479_470_107],
    ['', 275_646_681],
  ])('hashes %j as the Java client does', (key, hash) => {
    expect(murmur2(Buffer.from(key))).toBe(hash)
  })

  it('answers a partition within the count for every key, the empty one included', () => {
    for (let n = 0; n < 2_000; n++) {
      const partition = partitionOf(Buffer.from(`key-${n}`), 7)
      expect(partition).toBeGreaterThanOrEqual(0)
      expect(partition).toBeLessThan(7)
    }
    expect(partitionOf(Buffer.alloc(0), 3)).toBe((murmur2(Buffer.alloc(0)) & 0x7fffffff) % 3)
  })

  it('does not depend on where the key lies in its buffer', () => {
    const buffer = Buffer.from('xxa-little-bit-long-stringyy')
    expect(murmur2(buffer.subarray(2, -2))).toBe(-985_981_536)
  })
})

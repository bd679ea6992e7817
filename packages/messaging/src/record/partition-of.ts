/**
 * Kafka's default partitioner for keyed records: positive murmur2 of the key modulo the partition count, bit for bit what
 * the Java client computes. Computed once, by us, for every record (trap K2).
 */
export const partitionOf = (key: Buffer, partitionCount: number): number => (murmur2(key) & 0x7fffffff) % partitionCount

/** murmur2 as Apache Kafka's `Utils.murmur2` has it, as a signed 32-bit integer. */
export const murmur2 = (data: Buffer): number => {
  const m = 0x5bd1e995
  const length = data.length
  let hash = (0x9747b28c ^ length) | 0
  const blocks = length >> 2
  for (let block = 0; block < blocks; block++) {
    let k = Math.imul(data.readInt32LE(block * 4), m)
    k = Math.imul(k ^ (k >>> 24), m)
    hash = Math.imul(hash, m) ^ k
  }
  const tail = blocks * 4
  const rest = length & 3
  if (rest === 3) hash ^= data.readUInt8(tail + 2) << 16
  if (rest >= 2) hash ^= data.readUInt8(tail + 1) << 8
  if (rest >= 1) hash = Math.imul(hash ^ data.readUInt8(tail), m)
  hash = Math.imul(hash ^ (hash >>> 13), m)
  return hash ^ (hash >>> 15)
}

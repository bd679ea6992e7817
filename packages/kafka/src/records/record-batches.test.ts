import { HeaderBlock, type OutboundRecord } from '@interchange/messaging'
import { describe, expect, test } from 'vitest'
import { decodeBatches } from './decode-batches.ts'
import { encodeBatch } from './encode-batch.ts'

const from = (offset: number) => ({ topic: 't', partition: 0, offset })
const producerIdAt = 43
const attributesAt = 21

const recordOf = (value: string, more: Partial<OutboundRecord> = {}): OutboundRecord => ({
  topic: 't',
  partition: 0,
  key: null,
  value: Buffer.from(value),
  headers: HeaderBlock.empty,
  ...more,
})

/** A batch as it lies in a log: its base offset is outside the checksum. */
const at = (baseOffset: number, records: readonly OutboundRecord[]): Buffer => {
  const batch = encodeBatch(records, 1_000)
  batch.writeBigInt64BE(BigInt(baseOffset))
  return batch
}

describe('a record batch', () => {
  test('is read as it was written, with times that jump and numbers up to 2^53', async () => {
    const records = [0, Number.MAX_SAFE_INTEGER, 1, 2 ** 40].map((timestampMs, index) =>
      recordOf('v'.repeat(index * 100), { timestampMs, key: Buffer.alloc(index) }),
    )
    const found = await decodeBatches(from(7), at(7, records), [])
    expect(found.nextOffset).toBe(11)
    expect(
      found.records.map(({ offset, timestampMs, key, value }) => [offset, timestampMs, key?.length, value?.length]),
    ).toEqual(records.map(({ timestampMs, key, value }, index) => [7 + index, timestampMs, key?.length, value?.length]))
  })

  test('that the answer cuts off is left for the next fetch; one before the position is passed over', async () => {
    const [first, second] = [at(0, [recordOf('a'), recordOf('b')]), at(2, [recordOf('c')])]
    const cut = Buffer.concat([first, second.subarray(0, second.length - 1)])
    expect(await decodeBatches(from(1), cut, [])).toMatchObject({ nextOffset: 2, records: [{ offset: 1 }] })
    const whole = Buffer.concat([first, second])
    expect(await decodeBatches(from(2), whole, [])).toMatchObject({ nextOffset: 3, records: [{ offset: 2 }] })
  })

  test('with any flipped bit behind the checksum is refused (K22)', async () => {
    const batch = at(0, [recordOf('value')])
    for (let index = attributesAt; index < batch.length; index++) {
      const flipped = Buffer.from(batch)
      flipped.writeUInt8(flipped.readUInt8(index) ^ 1, index)
      await expect(decodeBatches(from(0), flipped, [])).rejects.toMatchObject({ type: 'CORRUPT_MESSAGE' })
    }
  })

  test('of a producer without an id is never taken for one of a transaction that was aborted', async () => {
    const batch = at(0, [recordOf('a')])
    expect(batch.readBigInt64BE(producerIdAt)).toBe(-1n)
    const found = await decodeBatches(from(0), batch, [{ producerId: -1n, firstOffset: 0n }])
    expect(found.records).toHaveLength(1)
  })
})

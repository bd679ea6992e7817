import { HeaderBlock } from '@interchange/messaging'
import { expect, test } from 'vitest'
import { readAll, record, type Stage, series, until } from './stage.ts'

/** T01-T09, T41-T47: what goes in comes out, and every record has its outcome. */
export const sendingCases = (stage: () => Stage): void => {
  test('T01 key and value arrive byte for byte, whatever they hold', async () => {
    const topic = await stage().topic()
    const every = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))
    const values = [
      every,
      Buffer.from([0]),
      Buffer.from([0, 0, 0, 0]),
      Buffer.from('žluťoučký 🐎', 'utf8'),
      Buffer.alloc(900_000, 7),
    ]
    await stage().sent(values.map((value) => record(topic, value, { key: value.subarray(0, 300) })))
    const found = await readAll(stage(), topic)
    expect(found.map(({ value }) => value?.equals(values.shift() ?? Buffer.alloc(0)))).toEqual([
      true,
      true,
      true,
      true,
      true,
    ])
    expect(found[0]?.key?.equals(every)).toBe(true)
  })

  test('T02 null, empty and absent are three things: keys and values keep which they were (X01, X23)', async () => {
    const topic = await stage().topic()
    const empty = Buffer.alloc(0)
    const pairs: (readonly [Buffer | null, Buffer | null])[] = [
      [null, null],
      [empty, empty],
      [null, empty],
      [empty, null],
      [Buffer.alloc(700_000, 1), null],
    ]
    await stage().sent(pairs.map(([key, value]) => record(topic, value, { key })))
    const found = await readAll(stage(), topic)
    expect(found.map(({ key, value }) => [key?.length ?? null, value?.length ?? null])).toEqual([
      [null, null],
      [0, 0],
      [null, 0],
      [0, null],
      [700_000, null],
    ])
  })

  test('T03 values that no codec can read pass as they are, and their neighbours too (X02, X03, X04)', async () => {
    const topic = await stage().topic()
    const odd = [
      '00',
      '0000',
      '000000',
      '00000000',
      '01aabbccdd',
      '7b226122',
      '0a0161',
      '0000000000',
      '00ffffffff',
      '007fffffff',
    ]
    await stage().sent([
      record(topic, 'before'),
      ...odd.map((hex) => record(topic, Buffer.from(hex, 'hex'))),
      record(topic, 'after'),
    ])
    const member = await stage().join([topic])
    await expect.poll(() => member.records().length, { timeout: 15_000 }).toBe(odd.length + 2)
    expect(member.records().map(({ value }) => value?.toString('hex'))).toEqual([
      Buffer.from('before').toString('hex'),
      ...odd,
      Buffer.from('after').toString('hex'),
    ])
  })

  test('T04 a given timestamp is kept, zero and the distant past too; a missing one is now', async () => {
    const topic = await stage().topic()
    const times = [0, 1, 999_999_999_999, 1_700_000_000_000, Date.UTC(1970, 0, 2)]
    const before = Date.now()
    await stage().sent([...times.map((timestampMs) => record(topic, 'x', { timestampMs })), record(topic, 'now')])
    const found = (await readAll(stage(), topic)).map(({ timestampMs }) => timestampMs)
    expect(found.slice(0, -1)).toEqual(times)
    expect(found.at(-1)).toBeGreaterThanOrEqual(before)
  })

  test('T05 the records of one call keep their order per partition', async () => {
    const topic = await stage().topic(2)
    const left = series(topic, 1_200, 'l', 0)
    const right = series(topic, 1_200, 'r', 1)
    await stage().sent(left.flatMap((each, index) => [each, right[index] ?? each]))
    const values = async (partition: number) =>
      (await readAll(stage(), topic, partition)).map(({ value }) => String(value))
    expect(await values(0)).toEqual(left.map(({ value }) => String(value)))
    expect(await values(1)).toEqual(right.map(({ value }) => String(value)))
  })

  test('T06 there is one outcome per record, in their order, and its offset is where the record is', async () => {
    const topic = await stage().topic(3)
    const records = Array.from({ length: 900 }, (_, index) =>
      record(topic, `v${index}`, { partition: (index * 7) % 3 }),
    )
    const outcomes = await stage().sent(records)
    const logs = await Promise.all([0, 1, 2].map((partition) => readAll(stage(), topic, partition)))
    const there = records.map(({ partition }, index) => String(logs[partition]?.[outcomes[index]?.offset ?? -1]?.value))
    expect(there).toEqual(records.map(({ value }) => String(value)))
  })

  test('T07 offsets of a partition are contiguous over many calls', async () => {
    const topic = await stage().topic()
    const outcomes = []
    for (let call = 0; call < 5; call++) outcomes.push(...(await stage().sent(series(topic, 20))))
    expect(outcomes.map(({ offset }) => offset)).toEqual(Array.from({ length: 100 }, (_, index) => index))
    expect((await readAll(stage(), topic)).map(({ offset }) => offset)).toEqual(outcomes.map(({ offset }) => offset))
  })

  test('T08 an unknown topic is refused, by name, and the other records of the call are sent', async () => {
    const topic = await stage().topic()
    const [refused, sent] = await stage().producer.send([record(`${topic}-unknown`, 'x'), record(topic, 'y')])
    expect(refused).toMatchObject({ status: 'failed', error: { code: 'ICX_KAFKA_REFUSED' } })
    expect(sent).toMatchObject({ status: 'ok', offset: 0 })
    expect(await stage().admin.partitionCounts([`${topic}-unknown`])).toEqual(new Map())
  })

  test('T09 a record over the limit is refused alone; those before and behind it are sent in order (X56)', async () => {
    const topic = await stage().topic(1, { 'max.message.bytes': '10000' })
    const outcomes = await stage().producer.send([
      ...series(topic, 3, 'a'),
      record(topic, Buffer.alloc(20_000)),
      ...series(topic, 3, 'b'),
      record(topic, 'x', { headers: HeaderBlock.of([{ name: 'big', value: 'x'.repeat(15_000) }]) }),
    ])
    expect(outcomes.map(({ status }) => status)).toEqual(['ok', 'ok', 'ok', 'failed', 'ok', 'ok', 'ok', 'failed'])
    expect(outcomes[3]).toMatchObject({ error: { code: 'ICX_KAFKA_REFUSED', failureClass: 'contract' } })
    expect((await readAll(stage(), topic)).map(({ value }) => String(value))).toEqual([
      'a0',
      'a1',
      'a2',
      'b0',
      'b1',
      'b2',
    ])
  })

  test('T41 a call without records is answered at once, with nothing', async () => {
    expect(await stage().producer.send([])).toEqual([])
  })

  test('T42 calls that run at the same time lose nothing, and each keeps its order', async () => {
    const topic = await stage().topic()
    const calls = Array.from({ length: 20 }, (_, call) => series(topic, 50, `${call}-`))
    await Promise.all(calls.map((records) => stage().sent(records)))
    const found = (await readAll(stage(), topic)).map(({ value }) => String(value))
    expect(found).toHaveLength(1_000)
    for (const call of calls.keys()) {
      const ofCall = found.filter((value) => value.startsWith(`${call}-`))
      expect(ofCall).toEqual(Array.from({ length: 50 }, (_, index) => `${call}-${index}`))
    }
  })

  test('T43 a partition that the topic does not have is refused, and the other records of the call are sent', async () => {
    const topic = await stage().topic(2)
    const [refused, sent] = await stage().producer.send([record(topic, 'x', { partition: 7 }), record(topic, 'y')])
    expect(refused).toMatchObject({ status: 'failed', error: { code: 'ICX_KAFKA_REFUSED' } })
    expect(sent).toMatchObject({ status: 'ok', offset: 0 })
  })

  test('T44 a view into a larger buffer is sent as the view it is', async () => {
    const topic = await stage().topic()
    const larger = Buffer.from('not this, but this, and no more')
    await stage().sent([record(topic, larger.subarray(10, 18), { key: larger.subarray(0, 3) })])
    const [found] = await readAll(stage(), topic)
    expect([String(found?.key), String(found?.value)]).toEqual(['not', 'but this'])
  })

  test('T45 the partition is the one that was asked for, whatever the key', async () => {
    const topic = await stage().topic(3)
    const key = Buffer.from('the same')
    await stage().sent([0, 1, 2].map((partition) => record(topic, `p${partition}`, { key, partition })))
    for (const partition of [0, 1, 2]) {
      expect((await readAll(stage(), topic, partition)).map(({ value }) => String(value))).toEqual([`p${partition}`])
    }
  })

  test('T46 closing a producer waits for what it is sending', async () => {
    const topic = await stage().topic()
    const producer = await stage().transport.createProducer()
    const sending = producer.send(series(topic, 100))
    const [outcomes] = await Promise.all([sending, producer.close()])
    await producer.close()
    const sent = outcomes.filter(({ status }) => status === 'ok')
    expect(await readAll(stage(), topic)).toHaveLength(sent.length)
    expect(outcomes.map(({ status }) => status)).not.toContain('failed')
  })

  test('T47 a record larger than what a member fetches at once reaches it, and those behind it too (X56)', async () => {
    const topic = await stage().topic(1, { 'max.message.bytes': '3000000' })
    await stage().sent([
      record(topic, Buffer.alloc(900_000, 1)),
      record(topic, Buffer.alloc(900_000, 2)),
      record(topic, 'x'),
    ])
    const member = await stage().join([topic], { fetchPartitionBytesMax: 10_000 })
    await until('three records', () => member.records().length === 3)
    expect(member.records().map(({ value }) => value?.[0])).toEqual([1, 2, 'x'.charCodeAt(0)])
  })
}

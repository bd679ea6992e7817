import { expect, test } from 'vitest'
import { collect, record, type Stage, series, until } from './stage.ts'

const codecs = ['gzip', 'zstd', 'snappy', 'lz4']

/** T32-T40, T64-T69: reading outside groups, what the admin says, batches from other producers' codecs. */
export const readingCases = (stage: () => Stage): void => {
  test('T32 read answers with exactly the ranges asked for, each partition in order, and leaves no group', async () => {
    const topic = await stage().topic(2)
    await stage().sent([...series(topic, 600, 'a', 0), ...series(topic, 20, 'b', 1)])
    const groups = await stage().admin.groups()
    const ranges = [
      { topic, partition: 0, fromOffset: 10, untilOffset: 590 },
      { topic, partition: 1, fromOffset: 19, untilOffset: 20 },
      { topic, partition: 1, fromOffset: 5, untilOffset: 5 },
    ]
    const found = await collect(stage().transport.read(ranges))
    const offsets = (partition: number) =>
      found.filter((each) => each.partition === partition).map(({ offset }) => offset)
    expect(offsets(0)).toEqual(Array.from({ length: 580 }, (_, index) => index + 10))
    expect(offsets(1)).toEqual([19])
    expect((await stage().admin.groups()).filter((group) => !groups.includes(group))).toEqual([])
  })

  test('T33 read without an end follows the log until it is aborted', async () => {
    const topic = await stage().topic()
    await stage().sent(series(topic, 2))
    const abort = new AbortController()
    const found: string[] = []
    const reading = (async () => {
      for await (const { value } of stage().transport.read([{ topic, partition: 0, fromOffset: 1 }], {
        signal: abort.signal,
      })) {
        found.push(String(value))
      }
    })()
    await until('the record that is there', () => found.length === 1)
    await stage().sent([record(topic, 'later')])
    await until('the record that came', () => found.length === 2)
    abort.abort()
    await reading
    expect(found).toEqual(['1', 'later'])
  })

  test('T34 a range that begins outside the log is refused, not moved', async () => {
    const topic = await stage().topic()
    await stage().sent(series(topic, 2))
    const reading = collect(stage().transport.read([{ topic, partition: 0, fromOffset: 50, untilOffset: 60 }]))
    await expect(reading).rejects.toMatchObject({ code: 'ICX_KAFKA_OFFSET_OUT_OF_RANGE' })
  })

  test('T35 topicOffsets says where each partition begins and ends', async () => {
    const topic = await stage().topic(3)
    await stage().sent([...series(topic, 4, 'a', 0), ...series(topic, 2, 'c', 2)])
    expect(await stage().admin.topicOffsets(topic)).toEqual([
      { partition: 0, earliest: 0, latest: 4 },
      { partition: 1, earliest: 0, latest: 0 },
      { partition: 2, earliest: 0, latest: 2 },
    ])
  })

  test('T36 offsetsAt finds the first record at or after a time, and -1 where there is none', async () => {
    const topic = await stage().topic(2)
    const at = (timestampMs: number) => record(topic, 'x', { timestampMs })
    await stage().sent([at(1_000_000), at(2_000_000), at(3_000_000)])
    const first = async (timestampMs: number) =>
      (await stage().admin.offsetsAt(topic, timestampMs)).map(({ offset }) => offset)
    expect(await first(0)).toEqual([0, -1])
    expect(await first(2_000_000)).toEqual([1, -1])
    expect(await first(2_000_001)).toEqual([2, -1])
    expect(await first(3_000_001)).toEqual([-1, -1])
  })

  test('T37 createTopics creates what is missing, says what, and leaves the rest as it is', async () => {
    const old = await stage().topic(2)
    const spec = (name: string) => ({ name, partitions: 5, replicationFactor: 1, configs: {} })
    expect(await stage().admin.createTopics([spec(old), spec(`${old}-new`)])).toEqual([`${old}-new`])
    expect(await stage().admin.createTopics([spec(old), spec(`${old}-new`)])).toEqual([])
    expect(await stage().admin.partitionCounts([old, `${old}-new`, `${old}-none`])).toEqual(
      new Map([
        [old, 2],
        [`${old}-new`, 5],
      ]),
    )
  })

  test('T38 a group is described with its members and what they hold', async () => {
    const topic = await stage().topic(2)
    const member = await stage().join([topic])
    await until('stable', async () => (await stage().admin.describeGroup(member.group)).state === 'Stable')
    const state = await stage().admin.describeGroup(member.group)
    expect(state.members).toHaveLength(1)
    expect(state.members[0]?.assignment).toEqual([
      { topic, partition: 0 },
      { topic, partition: 1 },
    ])
    expect(await stage().admin.groups()).toContain(member.group)
    await member.consumer.close(5_000)
    await until('empty', async () => (await stage().admin.describeGroup(member.group)).members.length === 0)
  })

  test.each(codecs)('T39 batches compressed with %s are read (X54)', async (codec) => {
    const topic = await stage().topic(1, { 'compression.type': codec })
    const texts = Array.from({ length: 300 }, (_, index) => `value ${index} ${'abcabc'.repeat(index % 50)}`)
    const noise = Buffer.from(Array.from({ length: 70_000 }, (_, index) => (index * index * 31 + (index >> 3)) & 0xff))
    await stage().sent([
      ...texts.map((text) => record(topic, text)),
      record(topic, noise),
      record(topic, Buffer.alloc(300_000, 65)),
    ])
    const member = await stage().join([topic])
    await until('all records', () => member.records().length === texts.length + 2)
    expect(member.values().slice(0, -2)).toEqual(texts)
    expect(member.records().at(-2)?.value?.equals(noise)).toBe(true)
    expect(member.records().at(-1)?.value?.equals(Buffer.alloc(300_000, 65))).toBe(true)
  })

  test('T64 ranges of two topics are read side by side, each partition in order', async () => {
    const [left, right] = [await stage().topic(), await stage().topic()]
    await stage().sent([...series(left, 50, 'l'), ...series(right, 50, 'r')])
    const ranges = [left, right].map((topic) => ({ topic, partition: 0, fromOffset: 40, untilOffset: 50 }))
    const found = await collect(stage().transport.read(ranges))
    const of = (topic: string) => found.filter((each) => each.topic === topic).map(({ value }) => String(value))
    expect(of(left)).toEqual(Array.from({ length: 10 }, (_, index) => `l${index + 40}`))
    expect(of(right)).toEqual(Array.from({ length: 10 }, (_, index) => `r${index + 40}`))
  })

  test('T65 reading what does not exist is refused', async () => {
    const topic = await stage().topic()
    const read = (range: { topic: string; partition: number }) =>
      collect(stage().transport.read([{ ...range, fromOffset: 0, untilOffset: 1 }]))
    await expect(read({ topic, partition: 5 })).rejects.toMatchObject({ code: 'ICX_KAFKA_REFUSED' })
    await expect(read({ topic: `${topic}-none`, partition: 0 })).rejects.toMatchObject({ code: 'ICX_KAFKA_REFUSED' })
  })

  test('T66 who stops reading in the middle leaves nothing behind; who aborts before the begin reads nothing', async () => {
    const topic = await stage().topic()
    await stage().sent(series(topic, 5))
    const range = [{ topic, partition: 0, fromOffset: 0 }]
    const found: number[] = []
    for await (const { offset } of stage().transport.read(range)) {
      found.push(offset)
      if (offset === 2) break
    }
    expect(found).toEqual([0, 1, 2])
    expect(await collect(stage().transport.read(range, { signal: AbortSignal.abort() }))).toEqual([])
  })

  test('T67 a group that nobody knows has no offsets and no members', async () => {
    const topic = await stage().topic()
    expect(await stage().admin.committedOffsets(`${topic}-nobody`, [topic, `${topic}-none`])).toEqual([])
    expect((await stage().admin.describeGroup(`${topic}-nobody`)).members).toEqual([])
  })

  test('T68 the cluster has a name, and its brokers have addresses', async () => {
    const { clusterId, brokers } = await stage().admin.brokers()
    expect(clusterId).not.toBe('')
    expect(brokers.every(({ host, port }) => host !== '' && port > 0)).toBe(true)
  })

  test('T69 retentionsMs says how long records can be read, the time their segment may stay open included', async () => {
    const stem = await stage().topic()
    const spec = (name: string, configs: Readonly<Record<string, string>>) => ({
      name: `${stem}-${name}`,
      partitions: 1,
      replicationFactor: 1,
      configs,
    })
    const deletes = { 'cleanup.policy': 'delete', 'retention.ms': '3600000', 'segment.ms': '60000' }
    await stage().admin.createTopics([
      spec('hour', deletes),
      spec('ever', { ...deletes, 'retention.ms': '-1' }),
      spec('both', { ...deletes, 'cleanup.policy': 'compact,delete' }),
      spec('newest', { ...deletes, 'cleanup.policy': 'compact' }),
    ])
    const asked = ['hour', 'ever', 'both', 'newest', 'none'].map((name) => `${stem}-${name}`)
    expect(await stage().admin.retentionsMs(asked)).toEqual(
      new Map([
        [`${stem}-hour`, 3_660_000],
        [`${stem}-ever`, -1],
        [`${stem}-both`, 3_660_000],
        [`${stem}-newest`, -1],
      ]),
    )
    expect(await stage().admin.retentionsMs([])).toEqual(new Map())
  })
}

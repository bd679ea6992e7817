import { setImmediate as nextTurn } from 'node:timers/promises'
import { HeaderBlock, type OutboundRecord } from '@interchange/messaging'
import { describe, expect, test } from 'vitest'
import { createProduce, type ProduceWire } from './produce.ts'
import { decodeBatches } from './records/decode-batches.ts'

const records = (...values: string[]): OutboundRecord[] =>
  values.map((value) => ({
    topic: 't',
    partition: 0,
    key: null,
    value: Buffer.from(value),
    headers: HeaderBlock.empty,
  }))

/** One partition of a request, as a broker reads it. */
interface Read {
  readonly transactionalId: string | undefined
  readonly topic: string
  readonly partition: number
  readonly values: readonly (string | undefined)[]
}

const readRequest = async (bytes: Buffer): Promise<Read[]> => {
  const found: Read[] = []
  const idBytes = bytes.readInt16BE(0)
  const transactionalId = idBytes < 0 ? undefined : bytes.toString('utf8', 2, 2 + idBytes)
  let position = 2 + Math.max(0, idBytes)
  expect([bytes.readInt16BE(position), bytes.readInt32BE(position + 2)]).toEqual([-1, 500])
  let topics = bytes.readInt32BE(position + 6)
  for (position += 10; topics > 0; topics--) {
    const nameEnd = position + 2 + bytes.readInt16BE(position)
    const topic = bytes.toString('utf8', position + 2, nameEnd)
    expect(bytes.readInt32BE(nameEnd)).toBe(1)
    const partition = bytes.readInt32BE(nameEnd + 4)
    position = nameEnd + 12 + bytes.readInt32BE(nameEnd + 8)
    const batch = await decodeBatches({ topic, partition, offset: 0 }, bytes.subarray(nameEnd + 12, position), [])
    found.push({ transactionalId, topic, partition, values: batch.records.map(({ value }) => value?.toString()) })
  }
  expect(position).toBe(bytes.length)
  return found
}

interface Answer extends Pick<Read, 'topic' | 'partition'> {
  readonly errorCode?: number
  readonly baseOffset?: number
  readonly refused?: string
}

const writeAnswer = (answers: readonly Answer[]): Buffer => {
  const text = (value: string): Buffer => Buffer.concat([int(2, Buffer.byteLength(value)), Buffer.from(value)])
  const int = (size: number, value: number): Buffer => {
    const bytes = Buffer.alloc(size)
    bytes.writeIntBE(value, 0, size)
    return bytes
  }
  return Buffer.concat([
    int(4, answers.length),
    ...answers.flatMap(({ topic, partition, errorCode = 0, baseOffset = -1, refused }) => [
      text(topic),
      int(4, 1),
      int(4, partition),
      int(2, errorCode),
      Buffer.from(new BigInt64Array([BigInt(baseOffset)]).buffer).reverse(),
      Buffer.alloc(16),
      int(4, refused === undefined ? 0 : 1),
      ...(refused === undefined ? [] : [int(4, 0), text(refused)]),
      int(2, -1),
    ]),
    int(4, 0),
  ])
}

/** A cluster in which broker 1 leads even partitions and broker 2 odd ones; `answer` says what they answer. */
const createWire = (answer: (read: readonly Read[]) => readonly Answer[]) => {
  const sent: { nodeId: number; read: readonly Read[] }[] = []
  const refreshed: string[] = []
  const wire: ProduceWire = {
    leaderOf: async (_topic, partition) => 1 + (partition % 2),
    async exchange(nodeId, request) {
      const one = { nodeId, read: [] as readonly Read[] }
      sent.push(one)
      one.read = await readRequest(Buffer.concat(request))
      return writeAnswer(answer(one.read))
    },
    refresh: async (topic) => void refreshed.push(topic),
  }
  return { produce: createProduce(wire, { brokers: [], clientId: 'test', requestTimeoutMs: 500 }), sent, refreshed }
}

const offsetByPartition = (read: readonly Read[]): Answer[] =>
  read.map(({ topic, partition }) => ({ topic, partition, baseOffset: 100 + partition })).reverse()

describe('produce', () => {
  test('sends what belongs to one turn to each broker in one request, and answers by partition', async () => {
    const { produce, sent } = createWire(offsetByPartition)
    const offsets = await Promise.all(
      [0, 1, 2, 3].map((partition) => produce('t', partition, records(`v${partition}`))),
    )
    expect(offsets).toEqual([100, 101, 102, 103])
    expect(sent.map(({ nodeId, read }) => [nodeId, read.map(({ partition, values }) => [partition, values])])).toEqual([
      [
        1,
        [
          [0, ['v0']],
          [2, ['v2']],
        ],
      ],
      [
        2,
        [
          [1, ['v1']],
          [3, ['v3']],
        ],
      ],
    ])
  })

  test('names a partition once in a request: a second batch of it goes behind', async () => {
    const { produce, sent } = createWire(offsetByPartition)
    await Promise.all([
      produce('t', 0, records('a', 'b')),
      produce('u', 0, records('x')),
      produce('t', 0, records('c')),
    ])
    expect(sent.map(({ read }) => read.map(({ topic, values }) => [topic, values]))).toEqual([
      [
        ['t', ['a', 'b']],
        ['u', ['x']],
      ],
      [['t', ['c']]],
    ])
  })

  test('sends what belongs to one transaction, and what to none, in requests of their own', async () => {
    const { produce, sent } = createWire(offsetByPartition)
    const owner = (transactionalId: string) => ({ transactionalId, producerId: 7n, epoch: 1, firstSequence: 0 })
    await Promise.all([
      produce('t', 0, records('a'), owner('käse')),
      produce('t', 2, records('b'), owner('käse')),
      produce('t', 4, records('c'), owner('brot')),
      produce('t', 6, records('d')),
    ])
    expect(sent.map(({ read }) => read.map(({ transactionalId, partition }) => [transactionalId, partition]))).toEqual([
      [
        ['käse', 0],
        ['käse', 2],
      ],
      [['brot', 4]],
      [[undefined, 6]],
    ])
  })

  test('keeps requests within a megabyte, but sends a larger batch', async () => {
    const { produce, sent } = createWire(offsetByPartition)
    const large = (partition: number, bytes: number) => produce('t', partition, records('v'.repeat(bytes)))
    await Promise.all([large(0, 600_000), large(2, 300_000), large(4, 300_000), large(6, 2_000_000)])
    expect(sent.map(({ read }) => read.map(({ partition }) => partition))).toEqual([[0, 2], [4], [6]])
  })

  test('refuses only the partition that the broker refuses, with its words', async () => {
    const { produce, refreshed } = createWire((read) => [
      ...offsetByPartition(read).filter(({ partition }) => partition !== 2),
      { topic: 't', partition: 2, errorCode: 10, refused: 'too large for us' },
    ])
    const [first, second] = await Promise.allSettled([produce('t', 0, records('a')), produce('t', 2, records('b'))])
    expect(first).toMatchObject({ status: 'fulfilled', value: 100 })
    expect(second).toMatchObject({ reason: { type: 'MESSAGE_TOO_LARGE', message: /t\/2 \(too large for us\)/ } })
    expect(refreshed).toEqual([])
  })

  test('takes the answer for another partition for no answer', async () => {
    const { produce } = createWire(() => [{ topic: 't', partition: 4, baseOffset: 7 }])
    await expect(produce('t', 0, records('a'))).resolves.toBeUndefined()
  })

  test('asks again who leads when a broker says that it does not, or says nothing', async () => {
    const { produce, refreshed } = createWire(([first]) => [{ topic: first?.topic ?? '', partition: 0, errorCode: 6 }])
    await expect(produce('t', 0, records('a'))).rejects.toMatchObject({ type: 'NOT_LEADER_OR_FOLLOWER' })
    expect(refreshed).toEqual(['t'])
    const cut = createWire(() => {
      throw new Error('connection lost')
    })
    await expect(cut.produce('u', 0, records('a'))).rejects.toThrow('connection lost')
    await nextTurn()
    expect(cut.refreshed).toEqual(['u'])
  })

  test('a batch that cannot be written takes no other with it', async () => {
    const { produce } = createWire(offsetByPartition)
    const timeless = records('b').map((record) => ({ ...record, timestampMs: Number.NaN }))
    const [good, bad] = await Promise.allSettled([produce('t', 0, records('a')), produce('t', 2, timeless)])
    expect(good).toMatchObject({ status: 'fulfilled', value: 100 })
    expect(bad).toMatchObject({ status: 'rejected', reason: expect.any(RangeError) })
  })
})

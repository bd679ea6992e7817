import { randomUUID } from 'node:crypto'
import type { TransactionalProducer, Transactions } from '@interchange/messaging'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readAll, record, type Stage, series, until } from './stage.ts'

/** TX01-TX15: what is written and read in one transaction is seen whole or not at all, and has one owner. */
export const transactionCases = (stage: () => Stage): void => {
  let transactions: Transactions
  beforeAll(async () => {
    const { createTransactions } = stage().transport
    if (createTransactions === undefined) throw new Error(`${stage().transport.driver} has no transactions`)
    transactions = await createTransactions()
  })
  afterAll(() => transactions.close())

  const owner = (id = `conformance-${randomUUID()}`): Promise<TransactionalProducer> => transactions.takeOver(id)
  const values = async (topic: string, partition = 0): Promise<string[]> =>
    (await readAll(stage(), topic, partition)).map(({ value }) => String(value))
  /** Waits for the marker: a commit is acknowledged when it is decided, a moment before it can be seen. */
  const seen = async (topic: string, expected: readonly string[], partition = 0): Promise<void> => {
    await until('what is committed is seen', async () => (await values(topic, partition)).length >= expected.length)
    expect(await values(topic, partition)).toEqual(expected)
  }
  const committed = async (group: string, topic: string): Promise<number | undefined> =>
    (await stage().admin.committedOffsets(group, [topic]))[0]?.offset
  const statuses = async (producer: TransactionalProducer, ...given: Parameters<typeof producer.send>) =>
    new Set((await producer.send(...given)).map(({ status }) => status))
  const once = async (producer: TransactionalProducer, topic: string, value: string): Promise<void> => {
    producer.begin()
    await producer.send([record(topic, value)])
    await producer.commit()
  }

  test('TX01 what a transaction writes to several topics and partitions is there when it is committed', async () => {
    const [left, right] = [await stage().topic(2), await stage().topic()]
    const producer = await owner()
    producer.begin()
    const outcomes = await producer.send([
      ...series(left, 3, 'a', 0),
      ...series(left, 3, 'b', 1),
      ...series(right, 3, 'c'),
    ])
    expect(outcomes).toEqual([0, 1, 2, 0, 1, 2, 0, 1, 2].map((offset) => ({ status: 'ok', offset })))
    await producer.commit()
    await seen(left, ['a0', 'a1', 'a2'])
    await seen(left, ['b0', 'b1', 'b2'], 1)
    await seen(right, ['c0', 'c1', 'c2'])
  })

  test('TX02 an aborted transaction is seen by nobody, and the id goes on behind it', async () => {
    const topic = await stage().topic()
    const producer = await owner()
    producer.begin()
    await producer.send(series(topic, 5, 'aborted'))
    await producer.abort()
    await once(producer, topic, 'committed')
    const member = await stage().join([topic])
    await until('the committed record', () => member.values().includes('committed'))
    expect(member.values()).toEqual(['committed'])
    await seen(topic, ['committed'])
  })

  test('TX03 readers of committed records see nothing of an open transaction, nor what comes behind it', async () => {
    const topic = await stage().topic()
    const producer = await owner()
    producer.begin()
    await producer.send([record(topic, 'open')])
    await stage().sent([record(topic, 'behind')])
    const reader = await stage().join([topic])
    const eager = await stage().join([topic], { isolation: 'read_uncommitted' })
    await until('the eager reader has both', () => eager.values().includes('behind'))
    expect(reader.values()).toEqual([])
    await producer.commit()
    await until('the other one too', () => reader.values().includes('behind'))
    expect(reader.values()).toEqual(['open', 'behind'])
  })

  test('TX04 a group that has read everything stands at the end of the log, markers included', async () => {
    const topic = await stage().topic()
    const producer = await owner()
    await once(producer, topic, 'first')
    producer.begin()
    await producer.send([record(topic, 'aborted')])
    await producer.abort()
    const member = await stage().join([topic])
    await until('the end', async () => {
      const [offsets] = await stage().admin.topicOffsets(topic)
      return member.batches.at(-1)?.nextOffset === offsets?.latest
    })
    expect(member.values()).toEqual(['first'])
  })

  test('TX05 none of the records of aborted transactions leaks, interleaved or of one producer (B16, K3, K4)', async () => {
    const topic = await stage().topic()
    const [left, right] = [await owner(), await owner()]
    const int32Zero = record(topic, 'aborted', { key: Buffer.alloc(4) })
    for (let round = 0; round < 10; round++) {
      left.begin()
      await left.send([record(topic, 'aborted'), int32Zero])
      right.begin()
      await right.send([int32Zero, record(topic, 'aborted')])
      await left.send([int32Zero, record(topic, 'aborted')])
      // The later begun one ends first; then its producer aborts another one before the earlier ends.
      await right.abort()
      right.begin()
      await right.send([record(topic, 'aborted')])
      await right.abort()
      await left.abort()
      await once(left, topic, `kept ${round}`)
    }
    const member = await stage().join([topic], { fetchPartitionBytesMax: 2_000 })
    await until('the last', () => member.values().includes('kept 9'))
    const expected = Array.from({ length: 10 }, (_, round) => `kept ${round}`)
    expect(member.values()).toEqual(expected)
    await seen(topic, expected)
  })

  test('TX06 offsets are committed with the records, and not when the transaction is aborted', async () => {
    const [from, to] = [await stage().topic(), await stage().topic()]
    const group = `conformance-${randomUUID()}`
    const producer = await owner()
    const transform = async (offset: number, value: string): Promise<void> => {
      producer.begin()
      await producer.send([record(to, value)])
      await producer.sendOffsets({ group, offsets: [{ topic: from, partition: 0, offset }] })
    }
    await transform(3, 'kept')
    expect(await committed(group, from)).toBeUndefined()
    await producer.commit()
    await until('the offset is committed', async () => (await committed(group, from)) === 3)
    await transform(7, 'aborted')
    await producer.abort()
    await transform(5, 'kept too')
    await producer.commit()
    await until('the next offset', async () => (await committed(group, from)) === 5)
    await seen(to, ['kept', 'kept too'])
  })

  test('TX07 offsets alone make a transaction, and one with nothing in it leaves nothing', async () => {
    const topic = await stage().topic()
    const group = `conformance-${randomUUID()}`
    const producer = await owner()
    producer.begin()
    await producer.commit()
    producer.begin()
    await producer.abort()
    producer.begin()
    await producer.sendOffsets({ group, offsets: [{ topic, partition: 0, offset: 0 }] })
    await producer.commit()
    await until('the offset', async () => (await committed(group, topic)) === 0)
  })

  test('TX08 a new owner fences the former one: it sends and commits nothing more, whole or in part (C2)', async () => {
    const [topic, from] = [await stage().topic(), await stage().topic()]
    const group = `conformance-${randomUUID()}`
    const id = `conformance-${randomUUID()}`
    const zombie = await owner(id)
    zombie.begin()
    await zombie.send([record(topic, 'zombie')])
    await zombie.sendOffsets({ group, offsets: [{ topic: from, partition: 0, offset: 9 }] })
    const idle = await owner(`${id}-idle`)
    const heir = await owner(id)
    await expect(zombie.commit()).rejects.toMatchObject({ code: 'ICX_KAFKA_FENCED' })
    await owner(`${id}-idle`)
    idle.begin()
    const [outcome] = await idle.send([record(topic, 'idle zombie')])
    expect(outcome).toMatchObject({ status: 'failed', error: { code: 'ICX_KAFKA_FENCED' } })
    await expect(idle.commit()).rejects.toThrow()
    await once(heir, topic, 'heir')
    await seen(topic, ['heir'])
    expect(await committed(group, from)).toBeUndefined()
  })

  test('TX09 what a killed owner left open is aborted by its heir at once, and readers go on (C7)', async () => {
    const topic = await stage().topic()
    const id = `conformance-${randomUUID()}`
    const killed = await owner(id)
    killed.begin()
    await killed.send([record(topic, 'left open')])
    await stage().sent([record(topic, 'behind')])
    const member = await stage().join([topic])
    await owner(id)
    await until('the reader goes on', () => member.values().includes('behind'), 10_000)
    expect(member.values()).toEqual(['behind'])
  })

  test('TX10 an offset read after a take-over has in it what the former owner committed (C5)', async () => {
    const [from, to] = [await stage().topic(), await stage().topic()]
    const group = `conformance-${randomUUID()}`
    const id = `conformance-${randomUUID()}`
    for (let round = 1; round <= 20; round++) {
      const producer = await owner(id)
      producer.begin()
      await producer.send([record(to, String(round))])
      await producer.sendOffsets({ group, offsets: [{ topic: from, partition: 0, offset: round }] })
      await producer.commit()
      await owner(id)
      expect(await committed(group, from)).toBe(round)
    }
  })

  test('TX11 a member that has lost its assignment sends no offsets, where the protocol can say who it is (K5)', async () => {
    const from = await stage().topic()
    const member = await stage().join([from])
    const membership = member.consumer.membership?.()
    if (membership === undefined) {
      expect(stage().transport.driver).toBe('kafkajs')
      return
    }
    const offsets = [{ topic: from, partition: 0, offset: 0 }]
    const producer = await owner()
    producer.begin()
    await producer.sendOffsets({ group: member.group, offsets, membership })
    await producer.commit()
    const stale = { ...membership, generation: membership.generation - 1 }
    producer.begin()
    await expect(producer.sendOffsets({ group: member.group, offsets, membership: stale })).rejects.toMatchObject({
      code: 'ICX_KAFKA_FENCED',
    })
    await producer.abort()
  })

  test('TX12 many records in several sends arrive once and in order, transaction after transaction', async () => {
    const topic = await stage().topic()
    const producer = await owner()
    const expected: string[] = []
    for (const prefix of ['x', 'y', 'z']) {
      producer.begin()
      for (const part of ['1', '2', '3']) {
        const records = series(topic, 700, `${prefix}${part}-`)
        expect(await statuses(producer, records)).toEqual(new Set(['ok']))
        expected.push(...records.map(({ value }) => String(value)))
      }
      await producer.commit()
    }
    await seen(topic, expected)
  })

  test('TX13 a record that is too large is named, the transaction cannot be committed, the next one can', async () => {
    const topic = await stage().topic(1, { 'max.message.bytes': '2000' })
    const producer = await owner()
    await once(producer, topic, 'before')
    producer.begin()
    const outcomes = await producer.send([
      record(topic, 'small'),
      record(topic, Buffer.alloc(3_000)),
      record(topic, 'small too'),
    ])
    expect(outcomes[1]).toMatchObject({ status: 'failed', error: { failureClass: 'contract' } })
    await expect(producer.commit()).rejects.toThrow()
    await producer.abort()
    await once(producer, topic, 'after')
    await seen(topic, ['before', 'after'])
  })

  test('TX14 a member that will take over is not kept waiting by offsets of a transaction which a dead owner left open', async () => {
    const from = await stage().topic()
    await stage().sent(series(from, 3))
    const group = `conformance-${randomUUID()}`
    const id = `conformance-${randomUUID()}`
    const dead = await owner(id)
    dead.begin()
    await dead.sendOffsets({ group, offsets: [{ topic: from, partition: 0, offset: 2 }] })
    const member = await stage().join([from], { group, transactional: true })
    await until('the records', () => member.records().length === 3)
    await owner(id)
    expect(await committed(group, from)).toBeUndefined()
  })

  test('TX15 who reads committed records is told that an open transaction keeps some from it, and again when not (C7)', async () => {
    const topic = await stage().topic()
    const producer = await owner()
    producer.begin()
    await producer.send([record(topic, 'open')])
    await stage().sent([record(topic, 'behind')])
    const member = await stage().join([topic])
    const withheld = { topic, records: [], nextOffset: 0, highWatermark: 2 }
    await until('it is told', () => member.batches.length > 0)
    expect(member.batches[0]).toMatchObject(withheld)
    await producer.commit()
    await until('the records', () => member.values().includes('behind'))
    expect(member.values()).toEqual(['open', 'behind'])
  })
}

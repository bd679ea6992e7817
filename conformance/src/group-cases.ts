import { expect, test } from 'vitest'
import { type Member, record, type Stage, series, until } from './stage.ts'

/** T14-T29: members, epochs, commits. */
export const groupCases = (stage: () => Stage): void => {
  const committed = async (member: Member, topic: string): Promise<Record<number, number>> =>
    Object.fromEntries(
      (await stage().admin.committedOffsets(member.group, [topic])).map(({ partition, offset }) => [partition, offset]),
    )
  const commit = (member: Member, topic: string, offset: number, partition = 0) =>
    member.consumer.commit([{ topic, partition, offset, epoch: member.epochOf(topic, partition) }])

  test('T14 a group without offsets starts at the earliest record', async () => {
    const topic = await stage().topic(2)
    await stage().sent([...series(topic, 5, 'a', 0), ...series(topic, 5, 'b', 1)])
    const member = await stage().join([topic])
    await until('ten records', () => member.records().length === 10)
    expect(member.values().toSorted()).toEqual(['a0', 'a1', 'a2', 'a3', 'a4', 'b0', 'b1', 'b2', 'b3', 'b4'])
  })

  test('T15 batches say where they end, how far the log goes, and their offsets grow', async () => {
    const topic = await stage().topic()
    await stage().sent(series(topic, 700))
    const member = await stage().join([topic])
    await until('700 records', () => member.records().length === 700)
    await stage().sent(series(topic, 10))
    await until('710 records', () => member.records().length === 710)
    expect(member.records().map(({ offset }) => offset)).toEqual(Array.from({ length: 710 }, (_, index) => index))
    expect(member.batches.every(({ records, nextOffset }) => nextOffset === (records.at(-1)?.offset ?? -1) + 1)).toBe(
      true,
    )
    expect(member.batches.at(-1)).toMatchObject({ nextOffset: 710, highWatermark: 710 })
  })

  test('T16 a group goes on behind what it committed', async () => {
    const topic = await stage().topic()
    await stage().sent(series(topic, 10))
    const first = await stage().join([topic])
    await until('ten records', () => first.records().length === 10)
    expect(await commit(first, topic, 6)).toEqual([])
    await first.consumer.close(5_000)
    const second = await stage().join([topic], { group: first.group })
    await until('four records', () => second.records().length === 4)
    expect(second.values()).toEqual(['6', '7', '8', '9'])
  })

  test('T17 what was not committed is delivered again', async () => {
    const topic = await stage().topic()
    await stage().sent(series(topic, 3))
    const first = await stage().join([topic])
    await until('three records', () => first.records().length === 3)
    await first.consumer.close(5_000)
    const second = await stage().join([topic], { group: first.group })
    await until('three records again', () => second.records().length === 3)
    expect(second.values()).toEqual(['0', '1', '2'])
  })

  test('T18 two groups read the same topic without knowing of each other', async () => {
    const topic = await stage().topic()
    await stage().sent(series(topic, 4))
    const [one, two] = await Promise.all([stage().join([topic]), stage().join([topic])])
    await until('both have all', () => one.records().length === 4 && two.records().length === 4)
    await commit(one, topic, 4)
    expect(await committed(one, topic)).toEqual({ 0: 4 })
    expect(await committed(two, topic)).toEqual({})
  })

  test('T19 two members share the partitions, each partition at one of them', async () => {
    const topic = await stage().topic(4)
    const one = await stage().join([topic])
    const two = await stage().join([topic], { group: one.group })
    await until('both hold two', () => [one, two].every(({ consumer }) => consumer.assignment().length === 2))
    const held = [one, two].flatMap(({ consumer }) => consumer.assignment().map(({ partition }) => partition))
    expect(held.toSorted()).toEqual([0, 1, 2, 3])
    await stage().sent([0, 1, 2, 3].flatMap((partition) => series(topic, 3, `p${partition}-`, partition)))
    await until('twelve records', () => one.records().length + two.records().length === 12)
    for (const { consumer, records } of [one, two]) {
      const mine = new Set(consumer.assignment().map(({ partition }) => partition))
      expect(records().every(({ partition }) => mine.has(partition))).toBe(true)
    }
  })

  test('T20 the owner is told, and may still commit, before its partitions go to another', async () => {
    const topic = await stage().topic(2)
    await stage().sent([...series(topic, 10, 'a', 0), ...series(topic, 10, 'b', 1)])
    const order: string[] = []
    const one: Member = await stage().join([topic], {
      async onRevoked(partitions) {
        order.push('revoked')
        await new Promise((resolve) => setTimeout(resolve, 300))
        const offsets = partitions.map(({ partition, epoch }) => ({ topic, partition, epoch, offset: 7 }))
        order.push(`refused ${(await one.consumer.commit(offsets)).length}`)
      },
    })
    await until('twenty records', () => one.records().length === 20)
    const two = await stage().join([topic], { group: one.group, onBatch: () => void order.push('two reads') })
    await until('both read on', () => one.records().length === 23 && two.records().length === 3)
    expect(order).toEqual(['revoked', 'refused 0', 'two reads'])
    expect(two.records().map(({ offset }) => offset)).toEqual([7, 8, 9])
  })

  test('T21 epochs grow with every assignment, and name it in every batch', async () => {
    const topic = await stage().topic(2)
    await stage().sent([...series(topic, 2, 'a', 0), ...series(topic, 2, 'b', 1)])
    const one = await stage().join([topic])
    await until('four records', () => one.records().length === 4)
    const two = await stage().join([topic], { group: one.group })
    await until('a second assignment', () => one.assignments.length >= 2)
    await two.consumer.close(5_000)
    await until('a third assignment', () => one.consumer.assignment().length === 2)
    const epochs = one.assignments.map((assignment) => assignment[0]?.epoch ?? 0)
    expect(epochs).toEqual(epochs.toSorted((left, right) => left - right))
    expect(new Set(epochs).size).toBe(epochs.length)
    expect(one.batches[0]?.epoch).toBe(epochs[0])
  })

  test('T22 a commit under a stale epoch is dropped and returned, and the others of the request are made', async () => {
    const topic = await stage().topic(2)
    await stage().sent([...series(topic, 5, 'a', 0), ...series(topic, 5, 'b', 1)])
    const member = await stage().join([topic])
    await until('ten records', () => member.records().length === 10)
    const epoch = member.epochOf(topic, 0)
    const stale = { topic, partition: 0, offset: 4, epoch: epoch - 1 }
    const foreign = { topic: `${topic}-other`, partition: 0, offset: 4, epoch }
    const fresh = { topic, partition: 1, offset: 3, epoch }
    expect(await member.consumer.commit([stale, fresh, foreign])).toEqual([stale, foreign])
    expect(await committed(member, topic)).toEqual({ 1: 3 })
  })

  test('T23 a partition that went to another member cannot be committed by its former owner', async () => {
    const topic = await stage().topic(2)
    await stage().sent([...series(topic, 5, 'a', 0), ...series(topic, 5, 'b', 1)])
    const one = await stage().join([topic])
    await until('ten records', () => one.records().length === 10)
    const before = one.consumer.assignment()
    const two = await stage().join([topic], { group: one.group })
    await until('both hold one', () => [one, two].every(({ consumer }) => consumer.assignment().length === 1))
    const late = before.map(({ partition, epoch }) => ({ topic, partition, epoch, offset: 5 }))
    expect(await one.consumer.commit(late)).toEqual(late)
    expect(await committed(one, topic)).toEqual({})
  })

  test('T24 pause holds one partition and only that; resume goes on without a gap', async () => {
    const topic = await stage().topic(2)
    const member = await stage().join([topic])
    member.consumer.pause([{ topic, partition: 0 }])
    await stage().sent([...series(topic, 5, 'a', 0), ...series(topic, 5, 'b', 1)])
    const of = (partition: number) => member.records().filter((each) => each.partition === partition)
    await until('partition 1 is read', () => of(1).length === 5)
    await stage().sent(series(topic, 1, 'c', 1))
    await until('partition 1 is read again', () => of(1).length === 6)
    expect(of(0)).toEqual([])
    member.consumer.resume([{ topic, partition: 0 }])
    await until('partition 0 is read', () => of(0).length === 5)
    expect(of(0).map(({ offset }) => offset)).toEqual([0, 1, 2, 3, 4])
  })

  test('T25 everything paused and resumed is read on within a second (K25)', async () => {
    const topic = await stage().topic()
    const member = await stage().join([topic])
    member.consumer.pause([{ topic, partition: 0 }])
    await stage().sent([record(topic, 'x')])
    await new Promise((resolve) => setTimeout(resolve, 400))
    const resumedMs = performance.now()
    member.consumer.resume([{ topic, partition: 0 }])
    await until('the record', () => member.records().length === 1)
    expect(performance.now() - resumedMs).toBeLessThan(1_000)
  })

  test('T70 what is resumed is not kept waiting by a fetch of others that have nothing (K25)', async () => {
    const [topic, empty] = [await stage().topic(), await stage().topic()]
    const member = await stage().join([topic, empty])
    const rounds = 20
    let waitedMs = 0
    for (let round = 1; round <= rounds; round++) {
      member.consumer.pause([{ topic, partition: 0 }])
      await stage().sent([record(topic, String(round))])
      // The fetch of the empty one is under way.
      await new Promise((resolve) => setTimeout(resolve, 30))
      const resumedMs = performance.now()
      member.consumer.resume([{ topic, partition: 0 }])
      await until('the record', () => member.records().length === round)
      waitedMs += performance.now() - resumedMs
    }
    // Kept waiting, each is held up for nearly all of a fetch's 250 ms.
    expect(waitedMs / rounds).toBeLessThan(80)
  })

  test('T26 a partition that was paused is not paused in its next assignment (K26)', async () => {
    const topic = await stage().topic()
    const one = await stage().join([topic])
    one.consumer.pause([{ topic, partition: 0 }])
    const assignments = one.assignments.length
    const two = await stage().join([topic], { group: one.group })
    await two.consumer.close(5_000)
    await until(
      'one holds it again',
      () => one.assignments.length > assignments && one.consumer.assignment().length === 1,
    )
    await stage().sent([record(topic, 'x')])
    // Twice where the other has left no earlier than now: nothing is committed, and its partition is assigned once more.
    await until('the record', () => one.values().includes('x'))
  })

  test('T27 seek moves the position, back and forth', async () => {
    const topic = await stage().topic()
    await stage().sent(series(topic, 10))
    const member = await stage().join([topic])
    await until('ten records', () => member.records().length === 10)
    member.consumer.seek({ topic, partition: 0 }, 8)
    await until('two again', () => member.records().length === 12)
    member.consumer.seek({ topic, partition: 0 }, 0)
    await until('all again', () => member.records().length === 22)
    expect(member.values().slice(10)).toEqual(['8', '9', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9'])
  })

  test('T28 an offset that is not in the log ends the consumer and is not replaced by a default (K19)', async () => {
    const topic = await stage().topic()
    await stage().sent(series(topic, 3))
    const first = await stage().join([topic])
    await until('three records', () => first.records().length === 3)
    await commit(first, topic, 1_000)
    await first.consumer.close(5_000)
    const second = await stage().join([topic], { group: first.group })
    await until('the end', () => second.ended.length === 1)
    expect(second.ended[0]).toMatchObject({ code: 'ICX_KAFKA_OFFSET_OUT_OF_RANGE', failureClass: 'fatal' })
    expect(second.records()).toEqual([])
    expect(await committed(second, topic)).toEqual({ 0: 1_000 })
  })

  test('T29 an onBatch that throws ends the consumer, aloud and once (K12)', async () => {
    const topic = await stage().topic()
    await stage().sent(series(topic, 3))
    const member = await stage().join([topic], {
      onBatch() {
        throw new TypeError('a defect')
      },
    })
    await until('the end', () => member.ended.length > 0)
    expect(member.ended).toMatchObject([{ code: 'ICX_HANDLER_FAILED', failureClass: 'fatal' }])
    expect(member.batches).toHaveLength(1)
  })

  test('T30 joining for a topic that does not exist is refused', async () => {
    const topic = await stage().topic()
    await expect(stage().join([`${topic}-unknown`])).rejects.toMatchObject({ code: 'ICX_KAFKA_REFUSED' })
  })

  test('T31 close ends in time, twice as well as once, and nothing is delivered or committed after it', async () => {
    const topic = await stage().topic()
    await stage().sent(series(topic, 3))
    const member = await stage().join([topic])
    await until('three records', () => member.records().length === 3)
    const late = [{ topic, partition: 0, offset: 3, epoch: member.epochOf(topic, 0) }]
    const startedMs = performance.now()
    await Promise.all([member.consumer.close(2_000), member.consumer.close(2_000)])
    await member.consumer.close(2_000)
    expect(performance.now() - startedMs).toBeLessThan(2_200)
    await stage().sent([record(topic, 'after')])
    expect(await member.consumer.commit(late)).toEqual(late)
    expect(await committed(member, topic)).toEqual({})
    expect(member.values()).toEqual(['0', '1', '2'])
    expect(member.ended).toEqual([])
  })
}

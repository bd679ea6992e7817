import { expect, test } from 'vitest'
import { type Member, type MemberOptions, record, type Stage, series, sessionTimeoutMs, until } from './stage.ts'

/** T51-T63: members come, go and steer; what one assignment delivers. */
export const assignmentCases = (stage: () => Stage): void => {
  const offsetOf = async (member: Member, topic: string): Promise<number | undefined> =>
    (await stage().admin.committedOffsets(member.group, [topic]))[0]?.offset

  test('T51 a member of two topics reads both, and commits both in one request', async () => {
    const topics = [await stage().topic(), await stage().topic()]
    await stage().sent(topics.flatMap((topic) => series(topic, 3, topic)))
    const member = await stage().join(topics)
    await until('six records', () => member.records().length === 6)
    expect(member.records().every(({ topic, value }) => String(value).startsWith(topic))).toBe(true)
    const offsets = topics.map((topic) => ({ topic, partition: 0, offset: 3, epoch: member.epochOf(topic, 0) }))
    expect(await member.consumer.commit(offsets)).toEqual([])
    for (const topic of topics) expect(await offsetOf(member, topic)).toBe(3)
  })

  test('T52 who closes hands its partitions on at once, not when its session has timed out', async () => {
    const topic = await stage().topic(2)
    const one = await stage().join([topic])
    const two = await stage().join([topic], { group: one.group })
    await until('both hold one', () => [one, two].every(({ consumer }) => consumer.assignment().length === 1))
    const startedMs = performance.now()
    await one.consumer.close(2_000)
    await until('two holds both', () => two.consumer.assignment().length === 2)
    expect(performance.now() - startedMs).toBeLessThan(sessionTimeoutMs / 2)
  })

  test('T53 a member too many is told that it has nothing, and takes over when another leaves', async () => {
    const topic = await stage().topic(1)
    const one = await stage().join([topic])
    const two = await stage().join([topic], { group: one.group })
    await until(
      'one of them has it',
      () =>
        [one, two].every(({ assignments }) => assignments.length > 0) &&
        one.consumer.assignment().length + two.consumer.assignment().length === 1,
    )
    const [holder, idle] = one.consumer.assignment().length === 1 ? [one, two] : [two, one]
    await stage().sent(series(topic, 2))
    await until('both records', () => holder.records().length === 2)
    expect(idle.batches).toEqual([])
    await holder.consumer.close(2_000)
    await until('the other reads them again', () => idle.records().length === 2)
  })

  test('T54 an onRevoked that rejects does not stop the rebalance', async () => {
    const topic = await stage().topic(2)
    const one = await stage().join([topic], { onRevoked: () => Promise.reject(new Error('a defect')) })
    const two = await stage().join([topic], { group: one.group })
    await until('both hold one', () => [one, two].every(({ consumer }) => consumer.assignment().length === 1))
    expect(one.ended).toEqual([])
  })

  test('T55 an onRevoked that never settles holds up the others no longer than the bound', async () => {
    const topic = await stage().topic(2)
    const stuck = new Promise<void>(() => undefined)
    const one = await stage().join([topic], { onRevoked: () => stuck, rebalanceTimeoutMs: 1_000 })
    const startedMs = performance.now()
    const two = await stage().join([topic], { group: one.group, rebalanceTimeoutMs: 1_000 })
    await until('two holds one', () => two.consumer.assignment().length >= 1)
    expect(performance.now() - startedMs).toBeLessThan(sessionTimeoutMs)
  })

  test('T56 a commit is what it says, backwards too, and a commit of nothing is nothing', async () => {
    const topic = await stage().topic()
    await stage().sent(series(topic, 5))
    const member = await stage().join([topic])
    await until('five records', () => member.records().length === 5)
    const epoch = member.epochOf(topic, 0)
    for (const offset of [5, 2]) {
      expect(await member.consumer.commit([{ topic, partition: 0, offset, epoch }])).toEqual([])
      expect(await offsetOf(member, topic)).toBe(offset)
    }
    expect(await member.consumer.commit([])).toEqual([])
  })

  test('T57 pause, resume and seek of a partition that is not held do nothing', async () => {
    const topic = await stage().topic()
    const member = await stage().join([topic])
    const foreign = { topic, partition: 9 }
    member.consumer.pause([foreign, { topic: `${topic}-none`, partition: 0 }])
    member.consumer.resume([foreign])
    member.consumer.seek(foreign, 3)
    await stage().sent(series(topic, 2))
    await until('both records', () => member.records().length === 2)
    expect(member.values()).toEqual(['0', '1'])
  })

  test('T58 a seek of a paused partition counts from its resume', async () => {
    const topic = await stage().topic()
    await stage().sent(series(topic, 5))
    const member = await stage().join([topic])
    await until('five records', () => member.records().length === 5)
    member.consumer.pause([{ topic, partition: 0 }])
    member.consumer.seek({ topic, partition: 0 }, 3)
    member.consumer.resume([{ topic, partition: 0 }])
    await until('two again', () => member.records().length === 7)
    expect(member.values().slice(5)).toEqual(['3', '4'])
  })

  test('T59 a pause from within onBatch lets nothing more through, and the resume leaves no gap', async () => {
    const topic = await stage().topic()
    const places = [{ topic, partition: 0 }]
    const member: Member = await stage().join([topic], { onBatch: () => member.consumer.pause(places) })
    await stage().sent(series(topic, 3))
    await until('the first batch', () => member.batches.length === 1)
    const { length } = member.records()
    await stage().sent(series(topic, 3, 'later'))
    // What must not come cannot be waited for; longer than two fetches.
    await new Promise((resolve) => setTimeout(resolve, 600))
    expect(member.records()).toHaveLength(length)
    await until('all', () => {
      member.consumer.resume(places)
      return member.records().length === 6
    })
    expect(member.records().map(({ offset }) => offset)).toEqual([0, 1, 2, 3, 4, 5])
  })

  test('T60 a seek from within onBatch is where the next batch begins', async () => {
    const topic = await stage().topic()
    let sought = false
    const member: Member = await stage().join([topic], {
      onBatch() {
        if (!sought) member.consumer.seek({ topic, partition: 0 }, 1)
        sought = true
      },
    })
    await stage().sent(series(topic, 4))
    await until('four and three', () => member.records().length >= 7)
    const offsets = member.records().map(({ offset }) => offset)
    expect(offsets.slice(-3)).toEqual([1, 2, 3])
  })

  test('T61 within one assignment every record comes once and in order, however often it is paused', async () => {
    const topic = await stage().topic(3)
    const member = await stage().join([topic])
    const counts = [700, 700, 700]
    const sending = (async () => {
      for (let round = 0; round < 7; round++) {
        await stage().sent([0, 1, 2].flatMap((partition) => series(topic, 100, `${round}-`, partition)))
        const places = [{ topic, partition: round % 3 }]
        member.consumer.pause(places)
        await new Promise((resolve) => setTimeout(resolve, 20))
        member.consumer.resume(places)
      }
    })()
    await sending
    await until('all', () => member.records().length >= 2_100)
    for (const [partition, count] of counts.entries()) {
      const offsets = member
        .records()
        .filter((each) => each.partition === partition)
        .map(({ offset }) => offset)
      expect(offsets).toEqual(Array.from({ length: count }, (_, index) => index))
    }
  })

  test('T62 while members come and go nothing is lost, and no batch comes from an assignment that has ended (K16)', async () => {
    const topic = await stage().topic(4)
    const group = `churn-${topic}`
    const seen = new Set<string>()
    const strays: string[] = []
    const settle = (): MemberOptions & { self?: Member } => {
      const options: MemberOptions & { self?: Member } = {
        group,
        onBatch({ partition, epoch, records, nextOffset }) {
          const { consumer } = options.self ?? {}
          const held = consumer?.assignment().some((each) => each.partition === partition && each.epoch === epoch)
          if (held === false) strays.push(`${partition} in ${epoch}`)
          for (const { value } of records) seen.add(String(value))
          consumer?.commit([{ topic, partition, epoch, offset: nextOffset }]).catch(() => undefined)
        },
      }
      return options
    }
    const enter = async (): Promise<Member> => {
      const options = settle()
      options.self = await stage().join([topic], options)
      return options.self
    }
    const stays = await enter()
    for (let round = 0; round < 3; round++) {
      const coming = enter()
      await stage().sent([0, 1, 2, 3].flatMap((partition) => series(topic, 50, `${round}/${partition}-`, partition)))
      const guest = await coming
      await until('both hold two', () => [stays, guest].every(({ consumer }) => consumer.assignment().length === 2))
      await stage().sent([0, 1, 2, 3].map((partition) => record(topic, `${round}/${partition}-last`, { partition })))
      await guest.consumer.close(2_000)
    }
    await until('everything', () => seen.size === 3 * 4 * 51)
    expect(strays).toEqual([])
    expect(stays.ended).toEqual([])
  })

  test('T63 members of one group with different topics each get what they asked for', async () => {
    const [left, right] = [await stage().topic(2), await stage().topic(2)]
    const one = await stage().join([left])
    const two = await stage().join([left, right], { group: one.group })
    await until('all is held', () => one.consumer.assignment().length + two.consumer.assignment().length === 4)
    expect(one.consumer.assignment().every(({ topic }) => topic === left)).toBe(true)
    await stage().sent([...series(left, 2, 'l', 0), ...series(left, 2, 'l', 1), ...series(right, 2, 'r', 0)])
    await until('all', () => one.records().length + two.records().length === 6)
  })
}

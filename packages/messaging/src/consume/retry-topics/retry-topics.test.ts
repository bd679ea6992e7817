import { afterEach, describe, expect, it } from 'vitest'
import { InterchangeError, notYet, rejected } from '../../failure/failure.ts'
import { ceHeaders } from '../../record/header-names.ts'
import { letterFacts } from '../../record/letter-facts.ts'
import { effectRoute, type HandlerContext, type PublishRoute, publishRoute } from '../../route.ts'
import { replayLaneName, retryTopicName, type Topic } from '../../topic.ts'
import type { Transport, TransportProducer, TransportRecord } from '../../transport.ts'
import {
  type Bench,
  createBench,
  frameOf,
  type Item,
  itemTopic,
  scriptedStore,
  uniqueName,
  until,
} from '../delivery.fixture.ts'

let bench: Bench
afterEach(() => bench.end())

/** A try of the handler. */
interface Try {
  readonly n: number
  readonly atMs: number
  readonly attempt: number
  readonly messageId: string
  readonly timeMs: number
}

interface Setting {
  readonly group: string
  readonly from: Topic<Item>
  readonly tries: Try[]
  route(fail: (item: Item, context: HandlerContext) => Error | undefined): PublishRoute<Item>
  send(...numbers: readonly number[]): Promise<void>
  /** A topic that takes nothing for now, and one that takes what is compressed. */
  readonly topics: { refused: string | undefined; tooSmall: string | undefined }
  /** What lies in the group's retry topic of this number. */
  retries(level: number): readonly TransportRecord[]
}

const open = async (...delaysMs: readonly number[]): Promise<Setting> => {
  const topics: Setting['topics'] = { refused: undefined, tooSmall: undefined }
  const around = (transport: Transport): Transport => ({
    ...transport,
    createProducer: async () => {
      const producer = await transport.createProducer()
      const away = new InterchangeError('ICX_KAFKA_UNAVAILABLE', 'refused by the test', { class: 'outage' })
      const tooLarge = new InterchangeError('ICX_KAFKA_REFUSED', 'too large for the test', { class: 'contract' })
      const send: TransportProducer['send'] = async (records) => {
        const failed = (error: InterchangeError) => records.map(() => ({ status: 'failed', error }) as const)
        if (records.some(({ topic }) => topic === topics.refused)) return failed(away)
        const isTooLarge = records.some(({ topic, compressed }) => topic === topics.tooSmall && compressed !== true)
        return isTooLarge ? failed(tooLarge) : producer.send(records)
      }
      return { ...producer, send }
    },
  })
  bench = await createBench({ around })
  const group = uniqueName('group')
  const from: Topic<Item> = { ...itemTopic('orders', 2), retryDelaysMs: { [group]: delaysMs } }
  await bench.topics(group, from)
  const tries: Try[] = []
  return {
    group,
    from,
    tries,
    topics,
    route: (fail) =>
      publishRoute({
        from,
        group,
        ordering: 'none',
        retry: { attemptsMax: 2, backoffMs: 1, backoffMsMax: 2 },
        handle: (item: Item, context) => {
          const { attempt, messageId, timeMs } = context
          tries.push({ n: item.n, atMs: Date.now(), attempt, messageId, timeMs })
          const error = fail(item, context)
          if (error !== undefined) throw error
          return undefined
        },
      }),
    async send(...numbers) {
      await Promise.all(numbers.map((n) => bench.publisher.publish(from, { id: `key-${n}`, n })))
    },
    retries: (level) => bench.transport.records(retryTopicName('orders', group, level)),
  }
}

const down = (): Error => new Error('connection reset')
const sum = async (group: string, topic: string): Promise<number> =>
  ((await bench.committed(group, topic, 0)) ?? 0) + ((await bench.committed(group, topic, 1)) ?? 0)
const dueMs = ({ headers }: TransportRecord): number => Date.parse(letterFacts(headers).get('dlq-due-at') ?? '')

describe('a message that must wait on a route without order and without a store', () => {
  it('goes to the retry topics one after another, while its offset passes and others go on', async () => {
    const { group, tries, route, send, retries } = await open(30, 60)
    await bench.start([route(({ n }) => (n === 0 ? down() : undefined))])
    await send(0, 1, 2, 3)
    await until(async () => (await sum(group, 'orders')) === 4)
    await until(() => bench.letters('orders', group).length === 1)
    expect(tries.filter(({ n }) => n > 0)).toHaveLength(3)
    expect(tries.filter(({ n }) => n === 0).map(({ attempt }) => attempt)).toEqual([1, 2, 3, 4])
    expect([retries(1).length, retries(2).length]).toEqual([1, 1])
    await until(async () => (await sum(group, retryTopicName('orders', group, 2))) === 1)
  })

  it('is tried never early and at most a second late', async () => {
    const { tries, route, send, retries } = await open(40, 90)
    // So many with one cause would be an outage, which waits in place.
    await bench.start([route(() => down())], { limits: { outageAfterMessages: 1_000 } })
    await send(...Array.from({ length: 20 }, (_, n) => n))
    await until(() => tries.length === 20 * 4)
    for (const level of [1, 2]) {
      expect(retries(level)).toHaveLength(20)
      for (const record of retries(level)) {
        const id = record.headers.text(ceHeaders.id)
        const tried = tries.find(({ messageId, attempt }) => messageId === id && attempt === level + 2)
        const lateMs = (tried?.atMs ?? 0) - dueMs(record)
        expect(lateMs).toBeGreaterThanOrEqual(0)
        expect(lateMs).toBeLessThan(1_000)
      }
    }
  })

  it('keeps key, value and header block byte for byte, with few facts behind', async () => {
    const { group, route, retries } = await open(20)
    await bench.start([route((_item, { attempt }) => (attempt < 3 ? down() : undefined))])
    const headers = [
      { name: 'twice', value: 'a' },
      { name: 'twice', value: null },
      { name: 'dlq-attempts', value: '77' },
    ]
    await bench.write('orders', { partition: 1, key: 'k', value: frameOf({ id: 'k', n: 5 }), headers })
    await until(() => bench.outcomes.length === 1)
    const [original] = bench.transport.records('orders')
    const [record] = retries(1)
    expect(record).toMatchObject({ partition: 1, key: original?.key, value: original?.value })
    const facts = letterFacts(record?.headers ?? original?.headers ?? expect.fail())
    const count = Number(facts.get('dlq-original-header-count'))
    expect(record?.headers.take(count).bytes).toEqual(original?.headers.bytes)
    expect([...facts.keys()].toSorted()).toEqual([
      'dlq-attempts',
      'dlq-code',
      'dlq-due-at',
      'dlq-first-failed-at',
      'dlq-message-id',
      'dlq-offset',
      'dlq-original-header-count',
      'dlq-reason',
      'dlq-timestamp',
    ])
    expect(facts.get('dlq-attempts')).toBe('2')
    expect(bench.outcomes).toMatchObject([{ outcome: 'resolved', attempts: 3, group, topic: 'orders' }])
  })

  it('has one id and one time in every try, also without headers of its own', async () => {
    const { tries, route } = await open(10, 20)
    await bench.start([route((_item, { attempt }) => (attempt < 4 ? down() : undefined))])
    await bench.write('orders', { key: 'k', value: frameOf({ id: 'k', n: 5 }) })
    await until(() => tries.length === 4)
    expect(new Set(tries.map(({ messageId }) => messageId)).size).toBe(1)
    expect(new Set(tries.map(({ timeMs }) => timeMs)).size).toBe(1)
  })

  it('becomes a letter with its own headers alone and its first place', async () => {
    const { group, route, send } = await open(10)
    await bench.start([route((_item, { attempt }) => (attempt < 3 ? down() : rejected('broken')))])
    await send(1)
    await until(() => bench.letters('orders', group).length === 1)
    const [letter] = bench.letters('orders', group)
    const [original] = bench.transport.records('orders')
    const facts = letterFacts(letter?.headers ?? expect.fail())
    expect(letter?.headers.take(Number(facts.get('dlq-original-header-count'))).bytes).toEqual(original?.headers.bytes)
    expect(facts.get('dlq-offset')).toBe(String(original?.offset))
    expect(facts.get('dlq-topic')).toBe('orders')
    expect(facts.get('dlq-attempts')).toBe('3')
    expect(facts.get('dlq-replays')).toBe('0')
    expect(facts.has('dlq-due-at')).toBe(false)
    expect(facts.get('dlq-reason')).toBe('poison')
  })

  it('waits as long as the other side asked, in the first topic that is long enough', async () => {
    const { route, send, retries } = await open(10, 50, 30_000)
    const asked = new InterchangeError('ICX_HANDLER_FAILED', '429', { class: 'rate-limited', retryAfterMs: 20_000 })
    await bench.start([route(() => asked)])
    await send(1)
    await until(() => retries(3).length === 1)
    expect([retries(1).length, retries(2).length]).toEqual([0, 0])
  })

  it('that is not yet due to anything waits in the last topic again until its budget is spent', async () => {
    const { group, tries, route, send, retries } = await open(5, 10)
    const { retry, ...rest } = route(() => notYet('no customer'))
    await bench.start([{ ...rest, retry: { ...retry, waitingNotYetMsMax: 150 } }])
    await send(1)
    await until(() => bench.letters('orders', group).length === 1)
    expect(retries(1)).toHaveLength(1)
    expect(retries(2).length).toBeGreaterThan(1)
    const first = tries[0]?.atMs ?? 0
    expect((tries.at(-1)?.atMs ?? 0) - first).toBeGreaterThanOrEqual(150)
    expect(letterFacts(bench.letters('orders', group)[0]?.headers ?? expect.fail()).get('dlq-reason')).toBe('not-yet')
  })

  it('waits through a restart', async () => {
    const { tries, route, send, retries, group } = await open(400)
    const before = await bench.start([route((_item, { attempt }) => (attempt < 3 ? down() : undefined))])
    await send(1)
    await until(async () => (await sum(group, 'orders')) === 1)
    await before.stop(500)
    expect(tries).toHaveLength(2)
    const [record] = retries(1)
    await bench.start([route(() => undefined)])
    await until(() => tries.length === 3)
    expect(tries[2]?.attempt).toBe(3)
    expect(tries[2]?.atMs).toBeGreaterThanOrEqual(dueMs(record ?? expect.fail()))
  })

  it('does not pass its offset before the retry topic has it', async () => {
    const { group, route, send, retries, topics } = await open(10)
    topics.refused = retryTopicName('orders', group, 1)
    const running = await bench.start([route(({ n }, { attempt }) => (n === 1 && attempt < 3 ? down() : undefined))])
    await send(1)
    await until(() => running.health().state === 'degraded')
    expect(running.health().detail).toContain('no retry topic of orders can be written')
    expect(await sum(group, 'orders')).toBe(0)
    topics.refused = undefined
    await until(async () => (await sum(group, 'orders')) === 1)
    expect(retries(1)).toHaveLength(1)
    await until(() => running.health().state === 'running')
  })

  it('is written compressed when it is refused as it is: so it may have come (X57)', async () => {
    const { group, route, send, retries, topics } = await open(10)
    topics.tooSmall = retryTopicName('orders', group, 1)
    await bench.start([route((_item, { attempt }) => (attempt < 3 ? down() : undefined))])
    await send(1)
    await until(async () => (await sum(group, 'orders')) === 1)
    expect(retries(1)).toHaveLength(1)
  })

  it('on the replay lane waits in place: its outcome is owed', async () => {
    const { group, tries, route, retries } = await open(10)
    await bench.start([route(() => down())])
    await bench.write(replayLaneName('orders', group), { key: 'k', value: frameOf({ id: 'k', n: 1 }) })
    await until(() => bench.letters('orders', group).length === 1)
    expect(tries).toHaveLength(2)
    expect(retries(1)).toHaveLength(0)
  })

  it('is not stuck while it waits: the group goes on', async () => {
    const { route, send, retries } = await open(60_000)
    // The group is looked at four times within the handler's deadline.
    const running = await bench.start([{ ...route(() => down()), timeoutMs: 40 }], { limits: { noProgressMsMax: 60 } })
    await send(1, 2)
    await until(() => retries(1).length === 2)
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(running.health().state).toBe('running')
    expect(bench.errors).toEqual([])
  })
})

describe('a topic that declares retry topics for a group', () => {
  it.each([
    ['whose route keeps an order', { ordering: 'key' as const }],
    ['whose route names no order', { ordering: undefined }],
  ])('%s is refused at start', async (_case, more) => {
    const { route } = await open(10)
    const { ordering: _, ...rest } = route(() => undefined)
    const asked = more.ordering === undefined ? rest : { ...rest, ...more }
    await expect(bench.start([asked])).rejects.toMatchObject({ code: 'ICX_CONFIG_INVALID', failureClass: 'fatal' })
  })

  it('whose route has a store is refused at start', async () => {
    const { from, group } = await open(10)
    const route = effectRoute({ from, group, ordering: 'none', store: scriptedStore(), handle: () => undefined })
    await expect(bench.start([route])).rejects.toMatchObject({ code: 'ICX_CONFIG_INVALID' })
  })

  it.each([[[20, 10]], [[0]], [[10, 10]], [[8 * 86_400_000]]])(
    'with the delays %j is refused at start',
    async (delays) => {
      const { route } = await open(...delays)
      await expect(bench.start([route(() => undefined)])).rejects.toMatchObject({ code: 'ICX_CONFIG_INVALID' })
    },
  )
})

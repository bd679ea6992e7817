import { createHash, randomBytes } from 'node:crypto'
import {
  InterchangeError,
  naturalEventId,
  newEventId,
  outgoing,
  rejected,
  type SettleEntry,
} from '@interchange/messaging'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { testDatabase } from './database.fixture.ts'
import type { Database, Transaction } from './database.ts'
import { createEffectStore } from './effect-store.ts'
import { migrate } from './migrate.ts'
import { stepTopic } from './outbox/outbox.fixture.ts'

interface Posting {
  readonly text: string
}

let database: Database

beforeAll(async () => {
  database = testDatabase({ poolMax: 4 })
  await migrate(database)
  await database.query(
    `CREATE TABLE posting (place bigserial PRIMARY KEY, text text NOT NULL CHECK (text <> 'forbidden'))`,
  )
})
afterAll(async () => {
  await database.close()
})

const write = async (tx: Transaction, effects: readonly Posting[]): Promise<void> => {
  await tx.query('INSERT INTO posting (text) SELECT * FROM unnest($1::text[])', [effects.map(({ text }) => text)])
}
const hashOf = (text: string): Buffer => createHash('sha256').update(text).digest().subarray(0, 16)
const entry = (text: string, messageId = newEventId(Date.now()), offset = 0): SettleEntry<Posting> => ({
  messageId,
  contentHash: hashOf(text),
  topic: 'sales.order-placed.v1',
  partition: 0,
  offset,
  effects: [{ text }],
  cause: { correlationId: messageId, timeMs: 0, trace: [] },
})
const uniqueGroup = (): string => `group-${randomBytes(6).toString('hex')}`
const uniqueText = (): string => `text-${randomBytes(8).toString('hex')}`
const postings = async (texts: readonly string[]): Promise<readonly string[]> =>
  (await database.query<Posting>('SELECT text FROM posting WHERE text = ANY($1) ORDER BY place', [texts])).map(
    ({ text }) => text,
  )
const inboxCount = async (group: string): Promise<number> => {
  const [row] = await database.query<{ count: number }>(
    'SELECT count(*)::integer AS count FROM inbox WHERE group_name = $1',
    [group],
  )
  return row?.count ?? -1
}

test('effects are written once, in the order of delivery, and a redelivery is a duplicate', async () => {
  const store = createEffectStore({ database, apply: write })
  const group = uniqueGroup()
  const entries = Array.from({ length: 50 }, () => entry(uniqueText()))
  const shuffled = [...entries.slice(25), ...entries.slice(0, 25)]
  expect(await store.settle(group, shuffled)).toEqual(shuffled.map(() => 'done'))
  expect(await store.settle(group, entries)).toEqual(entries.map(() => 'duplicate'))
  const texts = shuffled.map(({ effects }) => effects[0]?.text ?? '')
  expect(await postings(texts)).toEqual(texts)
})

test('a repetition, an id with other content and a failure among batches of new ids are what they are anywhere', async () => {
  const store = createEffectStore({ database, apply: write })
  const group = uniqueGroup()
  const first = entry(uniqueText())
  expect(await store.settle(group, [first])).toEqual(['done'])
  for (let batch = 0; batch < 3; batch++) {
    // Enough of them for the store to expect no repetition.
    for (let calm = 0; calm < 25; calm++) expect(await store.settle(group, [entry(uniqueText())])).toEqual(['done'])
    if (batch === 0) expect(await store.settle(group, [first])).toEqual(['duplicate'])
    const [fresh, other] = [entry(uniqueText()), entry(uniqueText(), first.messageId, 7)]
    const [done, duplicate] = await store.settle(group, [fresh, first])
    expect([done, duplicate]).toEqual(['done', 'duplicate'])
    expect(await store.settle(group, [fresh, other])).toMatchObject(['duplicate', { code: 'ICX_INBOX_CONFLICT' }])
    expect(await postings([fresh.effects[0]?.text ?? '', other.effects[0]?.text ?? ''])).toHaveLength(1)
    const [refused, next] = await store.settle(group, [entry('forbidden'), entry(uniqueText())])
    expect(refused).toMatchObject({ code: 'ICX_STORE_REFUSED', facts: { sqlState: '23514' } })
    expect(next).toBe('done')
  }
})

test('a repetition that two settlers bring at once among batches of new ids is one effect', async () => {
  const group = uniqueGroup()
  const stores = [createEffectStore({ database, apply: write }), createEffectStore({ database, apply: write })]
  for (const store of stores) for (let calm = 0; calm < 25; calm++) await store.settle(group, [entry(uniqueText())])
  const batch = Array.from({ length: 200 }, () => entry(uniqueText()))
  const answers = (await Promise.all(stores.map((store) => store.settle(group, batch)))).flat()
  expect(answers.filter((answer) => answer === 'done')).toHaveLength(200)
  expect(answers.filter((answer) => answer === 'duplicate')).toHaveLength(200)
  expect(await postings(batch.map(({ effects }) => effects[0]?.text ?? ''))).toHaveLength(200)
})

test('two groups each see the message', async () => {
  const store = createEffectStore({ database, apply: write })
  const one = entry(uniqueText())
  expect(await store.settle(uniqueGroup(), [one])).toEqual(['done'])
  expect(await store.settle(uniqueGroup(), [one])).toEqual(['done'])
})

test('two settlers with overlapping batches at the same time write every effect once', async () => {
  const store = createEffectStore({ database, apply: write })
  const group = uniqueGroup()
  const entries = Array.from({ length: 1_000 }, () => entry(uniqueText()))
  const rounds = Array.from({ length: 10 }, (_, round) => entries.slice(round * 90, round * 90 + 190))
  const answers = await Promise.all(
    rounds.flatMap((batch) => [store.settle(group, batch), store.settle(group, [...batch].reverse())]),
  )
  expect(answers.flat().every((answer) => answer === 'done' || answer === 'duplicate')).toBe(true)
  expect(answers.flat().filter((answer) => answer === 'done')).toHaveLength(1_000)
  const texts = entries.map(({ effects }) => effects[0]?.text ?? '')
  expect([...(await postings(texts))].sort()).toEqual([...texts].sort())
  expect(await inboxCount(group)).toBe(1_000)
})

test('a duplicate inside one batch is a duplicate, and other content under the same id a conflict', async () => {
  const store = createEffectStore({ database, apply: write })
  const first = entry(uniqueText())
  const other = entry(uniqueText(), first.messageId, 7)
  const neighbour = entry(uniqueText())
  const [done, duplicate, conflict, next] = await store.settle(uniqueGroup(), [first, first, other, neighbour])
  expect([done, duplicate, next]).toEqual(['done', 'duplicate', 'done'])
  expect(conflict).toBeInstanceOf(InterchangeError)
  expect(conflict).toMatchObject({ code: 'ICX_INBOX_CONFLICT', failureClass: 'poison', facts: { firstOffset: 0 } })
  expect(await postings([other.effects[0]?.text ?? ''])).toEqual([])
})

test('a conflict with an earlier batch names where the id was first seen', async () => {
  const store = createEffectStore({ database, apply: write })
  const group = uniqueGroup()
  const first = entry(uniqueText(), newEventId(Date.now()), 41)
  await store.settle(group, [first])
  const [conflict] = await store.settle(group, [entry(uniqueText(), first.messageId, 99)])
  expect(conflict).toMatchObject({ facts: { firstTopic: 'sales.order-placed.v1', firstPartition: 0, firstOffset: 41 } })
})

test('one refused message of 500 carries the error alone, and its neighbours are done', async () => {
  const store = createEffectStore({ database, apply: write })
  const group = uniqueGroup()
  const entries = Array.from({ length: 500 }, (_, place) => entry(place === 333 ? 'forbidden' : uniqueText()))
  const results = await store.settle(group, entries)
  expect(results[333]).toMatchObject({
    code: 'ICX_STORE_REFUSED',
    failureClass: 'poison',
    facts: { sqlState: '23514' },
  })
  expect(results.filter((result) => result === 'done')).toHaveLength(499)
  const texts = entries.flatMap(({ effects }) => effects.map(({ text }) => text)).filter((text) => text !== 'forbidden')
  expect(await postings(texts)).toEqual(texts)
  expect(await inboxCount(group)).toBe(499)
})

test("what apply rejects, and what it cannot even serialise, are one message's own failures", async () => {
  const group = uniqueGroup()
  const store = createEffectStore<Posting>({
    database,
    apply: async (tx, effects) => {
      for (const { text } of effects) {
        if (text === 'rejected') throw rejected('no such account')
        if (text === 'broken') throw new TypeError('text.foo is not a function')
        await write(tx, [{ text }])
      }
    },
  })
  const results = await store.settle(group, [
    entry(uniqueText()),
    entry('rejected'),
    entry('broken'),
    entry(uniqueText()),
  ])
  expect(results[0]).toBe('done')
  expect(results[1]).toMatchObject({ code: 'ICX_HANDLER_REJECTED' })
  expect(results[2]).toMatchObject({ code: 'ICX_HANDLER_FAILED', failureClass: 'poison' })
  expect(results[3]).toBe('done')
})

test('an apply that hides a failed statement loses nothing silently', async () => {
  const group = uniqueGroup()
  const store = createEffectStore<Posting>({
    database,
    apply: async (tx, effects) => {
      await write(tx, effects)
      await tx.query("INSERT INTO posting (text) VALUES ('forbidden')").catch(() => undefined)
    },
  })
  const [result] = await store.settle(group, [entry(uniqueText())])
  expect(result).toMatchObject({ code: 'ICX_STORE_REFUSED' })
  expect(await inboxCount(group)).toBe(0)
})

test('a connection that dies between effects and commit leaves nothing, and rejects as an outage', async () => {
  const group = uniqueGroup()
  const dying = createEffectStore<Posting>({
    database,
    apply: async (tx, effects) => {
      await write(tx, effects)
      const [backend] = await tx.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
      await database.query('SELECT pg_terminate_backend($1)', [backend?.pid])
    },
  })
  const one = entry(uniqueText())
  await expect(dying.settle(group, [one, entry(uniqueText())])).rejects.toMatchObject({
    code: 'ICX_STORE_UNAVAILABLE',
    failureClass: 'outage',
  })
  expect(await inboxCount(group)).toBe(0)
  expect(await postings([one.effects[0]?.text ?? ''])).toEqual([])
  expect(await createEffectStore({ database, apply: write }).settle(group, [one])).toEqual(['done'])
})

test('a database that is not there, and a table that is not there, are outages and decide nothing', async () => {
  const gone = testDatabase({ url: 'postgres://nobody@127.0.0.1:1/none', connectTimeoutMs: 500 })
  await expect(createEffectStore({ database: gone, apply: write }).settle('g', [entry('x')])).rejects.toMatchObject({
    code: 'ICX_STORE_UNAVAILABLE',
    failureClass: 'outage',
  })
  await gone.close()
  const empty = testDatabase()
  await expect(createEffectStore({ database: empty, apply: write }).settle('g', [entry('x')])).rejects.toMatchObject({
    failureClass: 'outage',
  })
  await empty.close()
})

test('rows lie in the month of their id, whenever they arrive, and ids without a time lie in the default', async () => {
  const store = createEffectStore({ database, apply: write })
  const group = uniqueGroup()
  const ids = {
    december: naturalEventId('retail', '536365', Date.UTC(2010, 11, 31, 23, 59, 59, 999)),
    january: naturalEventId('retail', '539993', Date.UTC(2011, 0, 1)),
    foreign: '1b4e28ba-2fa1-41d2-883f-0016d3cca427',
    text: 'not a uuid at all',
  }
  const results = await store.settle(
    group,
    Object.values(ids).map((id) => entry(uniqueText(), id)),
  )
  expect(results).toEqual(['done', 'done', 'done', 'done'])
  const rows = await database.query<{ partition: string; count: number }>(
    `SELECT tableoid::regclass::text AS partition, count(*)::integer AS count FROM inbox
     WHERE group_name = $1 GROUP BY 1 ORDER BY 1`,
    [group],
  )
  expect(rows).toEqual([
    { partition: 'inbox_2010_12', count: 1 },
    { partition: 'inbox_2011_01', count: 1 },
    { partition: 'inbox_default', count: 2 },
  ])
  expect(await store.settle(group, [entry(uniqueText(), ids.text)])).toMatchObject([{ code: 'ICX_INBOX_CONFLICT' }])
})

test('a month whose rows lie in the default already stays there and still finds its duplicates', async () => {
  const group = uniqueGroup()
  const id = naturalEventId('retail', 'early', Date.UTC(2003, 4, 5))
  await database.query(
    `INSERT INTO inbox (group_name, message_id, content_hash, topic, partition, "offset") VALUES ($1, $2, $3, 't', 0, 0)`,
    [group, id, hashOf('early')],
  )
  const store = createEffectStore({ database, apply: write })
  expect(await store.settle(group, [entry('early', id), entry(uniqueText())])).toEqual(['duplicate', 'done'])
})

test('a handler that publishes without an outbox decides nothing, and the error says so', async () => {
  const { effects, ...rest } = entry(uniqueText())
  const store = createEffectStore({ database, apply: write })
  const publishing = { ...rest, effects: [...effects, outgoing(stepTopic('nowhere'), { key: 'a', n: 0 })] }
  await expect(store.settle(uniqueGroup(), [publishing])).rejects.toMatchObject({ code: 'ICX_ROUTE_INVALID' })
  expect(await postings(effects.map(({ text }) => text))).toEqual([])
})

test('it settles batches of 500 at a rate worth printing', async () => {
  const store = createEffectStore({ database, apply: write })
  const group = uniqueGroup()
  const batches = Array.from({ length: 20 }, () => Array.from({ length: 500 }, () => entry(uniqueText())))
  const startedMs = performance.now()
  for (const batch of batches) await store.settle(group, batch)
  const seconds = (performance.now() - startedMs) / 1_000
  process.stdout.write(`settled ${Math.round(10_000 / seconds)} messages/s in batches of 500, one settler\n`)
  expect(await inboxCount(group)).toBe(10_000)
})

test('a connection that dies between two statements ends neither the process nor more than its own batch', async () => {
  const group = uniqueGroup()
  const one = entry(uniqueText())
  const dying = createEffectStore<Posting>({
    database,
    apply: async (tx) => {
      const [backend] = await tx.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
      await database.query('SELECT pg_terminate_backend($1)', [backend?.pid])
      const gone = 'SELECT count(*)::integer AS count FROM pg_stat_activity WHERE pid = $1'
      await expect.poll(() => database.query(gone, [backend?.pid]), { timeout: 30_000 }).toEqual([{ count: 0 }])
      // The news of it arrives while no statement waits for an answer.
      await new Promise((resolve) => setImmediate(resolve))
      await tx.query('SELECT 1')
    },
  })
  await expect(dying.settle(group, [one])).rejects.toMatchObject({ failureClass: 'outage' })
  expect(await createEffectStore({ database, apply: write }).settle(group, [one])).toEqual(['done'])
})

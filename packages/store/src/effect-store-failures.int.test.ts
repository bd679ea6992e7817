import { outgoing, rejected } from '@interchange/messaging'
import { afterAll, expect, test } from 'vitest'
import { testDatabase } from './database.fixture.ts'
import type { Transaction } from './database.ts'
import { createEffectStore } from './effect-store.ts'
import { stepTopic } from './outbox/outbox.fixture.ts'
import { entry, openPostings, type Posting, uniqueGroup, uniqueText, write } from './postings.fixture.ts'

const { database, inboxCount, postings } = await openPostings()
afterAll(() => database.close())

/** Postgres ends it from another; answers its process there. */
const endConnectionOf = async (tx: Transaction): Promise<number | undefined> => {
  const [backend] = await tx.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
  await database.query('SELECT pg_terminate_backend($1)', [backend?.pid])
  return backend?.pid
}

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
      await endConnectionOf(tx)
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

test('a handler that publishes without an outbox decides nothing, and the error says so', async () => {
  const { effects, ...rest } = entry(uniqueText())
  const store = createEffectStore({ database, apply: write })
  const publishing = { ...rest, effects: [...effects, outgoing(stepTopic('nowhere'), { key: 'a', n: 0 })] }
  await expect(store.settle(uniqueGroup(), [publishing])).rejects.toMatchObject({ code: 'ICX_ROUTE_INVALID' })
  expect(await postings(effects.map(({ text }) => text))).toEqual([])
})

test('a connection that dies between two statements ends neither the process nor more than its own batch', async () => {
  const group = uniqueGroup()
  const one = entry(uniqueText())
  const dying = createEffectStore<Posting>({
    database,
    apply: async (tx) => {
      const pid = await endConnectionOf(tx)
      const gone = 'SELECT count(*)::integer AS count FROM pg_stat_activity WHERE pid = $1'
      await expect.poll(() => database.query(gone, [pid]), { timeout: 30_000 }).toEqual([{ count: 0 }])
      // The news of it arrives while no statement waits for an answer.
      await new Promise((resolve) => setImmediate(resolve))
      await tx.query('SELECT 1')
    },
  })
  await expect(dying.settle(group, [one])).rejects.toMatchObject({ failureClass: 'outage' })
  expect(await createEffectStore({ database, apply: write }).settle(group, [one])).toEqual(['done'])
})

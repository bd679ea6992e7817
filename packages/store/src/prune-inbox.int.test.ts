import { createHash, randomBytes } from 'node:crypto'
import { naturalEventId, type SettleEntry } from '@interchange/messaging'
import { afterEach, expect, test } from 'vitest'
import { testDatabase } from './database.fixture.ts'
import type { Database } from './database.ts'
import { createEffectStore } from './effect-store.ts'
import { holdInboxRow } from './hold-inbox-row.ts'
import { migrate } from './migrate.ts'
import { createInboxPruner, pruneInbox } from './prune-inbox.ts'

const day = 86_400_000
const windowMs = 30 * day
const group = 'ledger'
const december = Date.UTC(2010, 11, 15)
const january = Date.UTC(2011, 0, 15)

let database: Database
afterEach(() => database.close())

const open = async (): Promise<void> => {
  database = testDatabase({ poolMax: 8 })
  await migrate(database)
}
const entry = (timeMs: number, name: string = randomBytes(6).toString('hex')): SettleEntry<string> => ({
  messageId: naturalEventId('test', name, timeMs),
  contentHash: createHash('sha256').update(name).digest().subarray(0, 16),
  topic: 'orders',
  partition: 0,
  offset: 0,
  effects: [name],
  cause: { correlationId: name, timeMs: 0, trace: [] },
})
const settle = (entries: readonly SettleEntry<string>[]) =>
  createEffectStore<string>({ database, apply: async () => undefined }).settle(group, entries)
const age = async (entries: readonly SettleEntry<string>[], days: number): Promise<void> => {
  await database.query(
    'UPDATE inbox SET settled_at = now() - make_interval(days => $2) WHERE message_id = ANY($1::uuid[])',
    [entries.map(({ messageId }) => messageId), days],
  )
}
const tables = async (): Promise<readonly string[]> =>
  (
    await database.query<{ name: string }>(
      `SELECT relname AS name FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
       WHERE inhparent = 'inbox'::regclass AND relname ~ '_201[01]_' ORDER BY 1`,
    )
  ).map(({ name }) => name)

test('a month is dropped once its last row has outlived the window, and not before', async () => {
  await open()
  const old = [entry(december), entry(december)]
  const late = entry(january)
  await settle([...old, late])
  await age(old, 31)
  await age([late], 29)
  expect(await pruneInbox(database, { windowMs: -1 })).toEqual({ dropped: [], kept: [], deleted: 0 })
  expect(await tables()).toEqual(['inbox_2010_12', 'inbox_2011_01'])
  expect(await pruneInbox(database, { windowMs })).toMatchObject({ dropped: ['inbox_2010_12', 'inbox_2011_01'] })
  expect(await tables()).toEqual([])
  // The late one was settled 29 days ago: it moved and still stops its duplicate; the others are forgotten.
  expect(await settle([late, ...old])).toEqual(['duplicate', 'done', 'done'])
})

test('an id with an unresolved letter is kept, and for one window more after its letter is resolved', async () => {
  await open()
  const held = entry(december)
  const free = entry(december)
  await settle([held, free])
  await age([held, free], 400)
  const outcome = { group, messageId: held.messageId }
  await holdInboxRow(database, { ...outcome, outcome: 'dead-lettered' })
  await holdInboxRow(database, { ...outcome, outcome: 'dead-lettered' })
  await holdInboxRow(database, { ...outcome, messageId: free.messageId, outcome: 'resolved' })
  await pruneInbox(database, { windowMs })
  expect(await settle([held, free])).toEqual(['duplicate', 'done'])
  await holdInboxRow(database, { ...outcome, outcome: 'resolved' })
  await pruneInbox(database, { windowMs })
  expect(await settle([held])).toEqual(['duplicate'])
  await database.query("UPDATE inbox_hold SET resolved_at = resolved_at - interval '31 days'")
  expect(await pruneInbox(database, { windowMs })).toMatchObject({ deleted: 1 })
  expect(await settle([held])).toEqual(['done'])
  expect(await database.query('SELECT FROM inbox_hold')).toEqual([])
})

test('a letter that failed again is held again', async () => {
  await open()
  const one = entry(december)
  for (const outcome of ['dead-lettered', 'resolved', 'failed-again'] as const) {
    await holdInboxRow(database, { group, messageId: one.messageId, outcome })
  }
  expect(await database.query('SELECT resolved_at FROM inbox_hold')).toEqual([{ resolved_at: null }])
})

test('processes that prune at once, while others settle, drop each month once and lose no row', async () => {
  await open()
  const old = Array.from({ length: 200 }, (_, place) => entry(place % 2 === 0 ? december : january))
  await settle(old)
  await age(old, 31)
  const fresh = Array.from({ length: 20 }, () => Array.from({ length: 50 }, () => entry(Date.now())))
  const replayed = Array.from({ length: 20 }, () => entry(december))
  const rounds = Array.from({ length: 4 }, () => pruneInbox(database, { windowMs }))
  const settled = await Promise.all(
    fresh.map((batch, place) => settle([...batch, ...replayed.slice(place, place + 1)])),
  )
  await Promise.all(rounds)
  await pruneInbox(database, { windowMs })
  expect(settled.flat().every((result) => result === 'done')).toBe(true)
  expect(await tables()).toEqual([])
  expect(await settle([...fresh.flat(), ...replayed])).toEqual(Array(1_020).fill('duplicate'))
})

test('a settler with a month open is not waited for, and not disturbed', async () => {
  await open()
  const old = entry(december)
  await settle([old])
  await age([old], 31)
  await database.transaction(async (tx) => {
    await tx.query('UPDATE inbox SET "offset" = 1 WHERE message_id = $1', [old.messageId])
    // Had it waited for us, it would wait for ever.
    expect(await pruneInbox(database, { windowMs })).toMatchObject({ dropped: [], kept: ['inbox_2010_12'] })
  })
  expect(await pruneInbox(database, { windowMs })).toMatchObject({ dropped: ['inbox_2010_12'] })
})

test('the pruner runs by itself, and closing waits for the round under way', async () => {
  await open()
  const old = entry(december)
  await settle([old])
  await age([old], 31)
  const pruner = createInboxPruner({ database, windowMs, everyMs: 10 })
  await pruner.close()
  expect(await tables()).toEqual([])
})

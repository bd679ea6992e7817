import { createHash, randomBytes } from 'node:crypto'
import {
  type Clock,
  newEventId,
  rejected,
  type SettleEntry,
  systemClock,
  type WaitingClaim,
  type WaitingRecord,
} from '@interchange/messaging'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { testDatabase } from '../database.fixture.ts'
import type { Database, Transaction } from '../database.ts'
import { migrate } from '../migrate.ts'
import { createWaitingEffectStore } from './waiting-effect-store.ts'

let database: Database
beforeAll(async () => {
  database = testDatabase({ poolMax: 4 })
  await migrate(database)
  await database.query('CREATE TABLE posting (place bigserial PRIMARY KEY, text text NOT NULL)')
})
afterAll(async () => {
  await database.close()
})

const write = async (tx: Transaction, effects: readonly string[]): Promise<void> => {
  if (effects.includes('refused')) throw rejected('refused')
  await tx.query('INSERT INTO posting (text) SELECT * FROM unnest($1::text[])', [effects])
}
/** The table has the database's clock: a due time comes back within 5 s. */
const about = (dueMs: number): number => expect.closeTo(dueMs, -4)
const uniqueGroup = (): string => `group-${randomBytes(6).toString('hex')}`
const topic = 'sales.order-placed.v1'
const place = { topic, partition: 3 }
const open = async () => {
  const group = uniqueGroup()
  const store = createWaitingEffectStore<string>({ database, apply: write })
  const [claimed] = await store.waiting.claim(group, [place])
  if (claimed === undefined) throw new Error('nothing claimed')
  return { group, store, claim: claimed.claim }
}
const record = (offset: number, more: Partial<WaitingRecord> = {}): WaitingRecord => ({
  offset,
  timestampMs: 1_700_000_000_000 + offset,
  key: Buffer.from('customer-1'),
  value: randomBytes(40),
  headers: Buffer.from([0]),
  messageId: newEventId(Date.now()),
  dueMs: 1_700_000_000_123,
  attempts: 0,
  failure: undefined,
  ...more,
})
const entry = (waiting: WaitingRecord, text: string, claim?: WaitingClaim): SettleEntry<string> => ({
  messageId: waiting.messageId,
  contentHash: createHash('sha256')
    .update(waiting.value ?? '')
    .digest()
    .subarray(0, 16),
  ...place,
  offset: waiting.offset,
  effects: [text],
  cause: { correlationId: waiting.messageId, timeMs: 0, trace: [] },
  claim,
})
const waits = async (group: string): Promise<readonly number[]> =>
  (
    await database.query<{ offset: string }>('SELECT "offset" FROM waiting WHERE group_name = $1 ORDER BY "offset"', [
      group,
    ])
  ).map(({ offset }) => Number(offset))
const postings = async (prefix: string): Promise<readonly string[]> =>
  (
    await database.query<{ text: string }>('SELECT text FROM posting WHERE text LIKE $1 ORDER BY place', [`${prefix}%`])
  ).map(({ text }) => text)

test('what waits comes back to the next owner byte for byte, in order, with what went wrong', async () => {
  const { group, store, claim } = await open()
  const failure = {
    failureClass: 'transient',
    code: 'ICX_HANDLER_FAILED',
    type: 'Error',
    message: 'a NUL \0, half a \ud83d and a "quote"',
    stack: '',
    firstFailedAtMs: 1,
    lastFailedAtMs: 2,
    attemptsSpent: 5,
    waits: 1,
    notYetSinceMs: undefined,
  } as const
  const odd = record(7, { key: null, value: null, headers: randomBytes(60), attempts: 5, failure })
  const first = record(4)
  await store.waiting.put(claim, [odd, first])
  await store.waiting.put(claim, [{ ...first, dueMs: 99, attempts: 2 }])
  const [other, same] = await store.waiting.claim(group, [{ topic: 'none.v1', partition: 0 }, place])
  expect(other?.records).toEqual([])
  expect(same?.records).toEqual([
    { ...first, dueMs: about(99), attempts: 2 },
    { ...odd, dueMs: about(odd.dueMs) },
  ])
})

test('what waits is due at the same time for a member whose clock is two hours off', async () => {
  const apartMs = 7_200_000
  const ahead: Clock = { ...systemClock, now: () => Date.now() + apartMs }
  const { group, store, claim } = await open()
  const dueMs = Date.now() + 60_000
  await store.waiting.put(claim, [record(4, { dueMs })])
  const itsStore = createWaitingEffectStore<string>({ database, apply: write, clock: ahead })
  const [its] = await itsStore.waiting.claim(group, [place])
  expect(its?.records[0]?.dueMs).toBeCloseTo(dueMs + apartMs, -4)
  if (its === undefined) throw new Error('nothing claimed')
  await itsStore.waiting.put(its.claim, its.records)
  const [back] = await store.waiting.claim(group, [place])
  expect(back?.records[0]?.dueMs).toBeCloseTo(dueMs, -4)
})

test('settling takes a message out of the table in the transaction of its effects, or not at all', async () => {
  const { group, store, claim } = await open()
  const records = [record(1), record(2), record(3)]
  await store.waiting.put(claim, records)
  const texts = [`${group} 1`, 'refused', `${group} 3`]
  const entries = records.map((one, index) => entry(one, texts[index] ?? '', claim))
  const live = entry(record(9), `${group} live`)
  const [one, two, three, four] = await store.settle(group, [...entries, live])
  expect([one, three, four]).toEqual(['done', 'done', 'done'])
  expect(two).toMatchObject({ code: 'ICX_HANDLER_REJECTED' })
  expect(await waits(group)).toEqual([2])
  expect(await postings(group)).toEqual([`${group} 1`, `${group} 3`, `${group} live`])
  await store.waiting.remove(claim, 2)
  expect(await waits(group)).toEqual([])
})

test('a duplicate leaves the table without an effect', async () => {
  const { group, store, claim } = await open()
  const one = record(1)
  await store.settle(group, [entry(one, `${group} once`)])
  await store.waiting.put(claim, [one])
  expect(await store.settle(group, [entry(one, `${group} twice`, claim)])).toEqual(['duplicate'])
  expect(await waits(group)).toEqual([])
  expect(await postings(group)).toEqual([`${group} once`])
})

test('a member whose claim is void can neither put, remove nor settle; its other messages are settled', async () => {
  const { group, store, claim } = await open()
  const records = [record(1), record(2)]
  await store.waiting.put(claim, records)
  const [next] = await store.waiting.claim(group, [place])
  await expect(store.waiting.put(claim, [record(5)])).rejects.toMatchObject({ code: 'ICX_WAITING_FENCED' })
  await expect(store.waiting.remove(claim, 1)).rejects.toMatchObject({ code: 'ICX_WAITING_FENCED' })
  const stale = records.map((one) => entry(one, `${group} stale`, claim))
  const results = await store.settle(group, [...stale, entry(record(9), `${group} live`)])
  expect(results).toMatchObject([{ code: 'ICX_WAITING_FENCED' }, { code: 'ICX_WAITING_FENCED' }, 'done'])
  expect(await waits(group)).toEqual([1, 2])
  expect(await postings(group)).toEqual([`${group} live`])
  const owned = records.map((one) => entry(one, `${group} owned`, next?.claim))
  expect(await store.settle(group, owned)).toEqual(['done', 'done'])
  expect(await waits(group)).toEqual([])
})

test('a held key outlives its claim, takes its message out of the table, and is let go by anybody', async () => {
  const { group, store, claim } = await open()
  const { keys } = store.waiting
  if (keys === undefined) throw new Error('cannot hold keys')
  const [letter, behind] = [record(4), record(6)]
  await store.waiting.put(claim, [letter, behind])
  const held = { ...place, offset: 4, key: letter.key, messageId: letter.messageId }
  await keys.hold(claim, held)
  await keys.hold(claim, held)
  const keyless = { ...place, offset: 5, key: null, messageId: newEventId(Date.now()) }
  await keys.hold(claim, keyless)
  expect(await waits(group)).toEqual([6])
  const [next] = await store.waiting.claim(group, [place])
  expect(next?.records).toEqual([{ ...behind, dueMs: about(behind.dueMs) }])
  expect(await keys.held(group, [{ topic: 'none.v1', partition: 3 }, place])).toEqual([held, keyless])
  await keys.release(group, held)
  await keys.release(group, held)
  expect(await keys.held(group, [place])).toEqual([keyless])
})

test('a key that was let go before it could be held is not held', async () => {
  const { group, store, claim } = await open()
  const waiting = record(4)
  await store.waiting.put(claim, [waiting])
  const held = { ...place, offset: 4, key: waiting.key, messageId: waiting.messageId }
  await store.waiting.keys?.release(group, held)
  await store.waiting.keys?.hold(claim, held)
  expect(await store.waiting.keys?.held(group, [place])).toEqual([])
  expect(await waits(group)).toEqual([])
})

test('a member whose claim is void holds nothing', async () => {
  const { group, store, claim } = await open()
  const waiting = record(4)
  await store.waiting.put(claim, [waiting])
  await store.waiting.claim(group, [place])
  const held = { ...place, offset: 4, key: waiting.key, messageId: waiting.messageId }
  await expect(store.waiting.keys?.hold(claim, held)).rejects.toMatchObject({ code: 'ICX_WAITING_FENCED' })
  expect(await waits(group)).toEqual([4])
  expect(await store.waiting.keys?.held(group, [place])).toEqual([])
})

test('a claim waits for the settlement under way and never sees what that takes out', async () => {
  const { group, claim } = await open()
  const one = record(1)
  let entered = (): void => undefined
  let leave = (): void => undefined
  const inside = new Promise<void>((resolve) => {
    entered = resolve
  })
  const released = new Promise<void>((resolve) => {
    leave = resolve
  })
  const slow = createWaitingEffectStore<string>({
    database,
    apply: async (tx, effects) => {
      entered()
      await released
      await write(tx, effects)
    },
  })
  await slow.waiting.put(claim, [one])
  const settling = slow.settle(group, [entry(one, `${group} slow`, claim)])
  await inside
  const claiming = slow.waiting.claim(group, [place])
  const first = await Promise.race([claiming, new Promise((resolve) => setTimeout(() => resolve('held'), 100))])
  leave()
  expect(first).toBe('held')
  expect(await settling).toEqual(['done'])
  expect((await claiming)[0]?.records).toEqual([])
})

import { createHash } from 'node:crypto'
import { type DeliveryOutcome, newEventId, rejected, type SettleEntry } from '@interchange/messaging'
import { afterEach, expect, test } from 'vitest'
import { testDatabase } from '../database.fixture.ts'
import type { Database } from '../database.ts'
import { createEffectStore } from '../effect-store.ts'
import { holdInboxRow } from '../hold-inbox-row.ts'
import { migrate } from '../migrate.ts'
import { outbox, step, stepTopic } from './outbox.fixture.ts'
import { outcomesInto } from './outcomes-into.ts'

let database: Database
afterEach(() => database.close())

const group = 'ledger'
const topic = stepTopic('outcomes')
const entry = (effect: string, failedBefore: boolean, messageId = newEventId(Date.now())): SettleEntry<string> => ({
  messageId,
  contentHash: createHash('sha256').update(effect).digest().subarray(0, 16),
  topic: 'orders',
  partition: 0,
  offset: 0,
  effects: [effect],
  cause: { correlationId: messageId, timeMs: 0, trace: [] },
  ...(failedBefore && {
    delivery: {
      messageId,
      group,
      topic: 'orders',
      replayId: 'r-1',
      attempts: 3,
      atMs: 1_700_000_000_000,
      code: undefined,
      failureClass: undefined,
    },
  }),
})
const store = () =>
  createEffectStore<string>({
    database,
    async apply(tx, effects) {
      await tx.query('INSERT INTO posting SELECT * FROM unnest($1::text[])', [effects])
      if (effects.includes('bad')) throw rejected('no')
    },
    tellOutcomes: outcomesInto(outbox, (outcome: DeliveryOutcome) =>
      step(topic, outcome.messageId, outcome.attempts, outcome.outcome),
    ),
  })
const told = async (): Promise<readonly string[]> =>
  (await database.query<{ payload: Buffer }>('SELECT payload FROM outbox ORDER BY position')).map(
    ({ payload }) => JSON.parse(payload.toString()).filler,
  )
const posted = async (): Promise<number> => (await database.query('SELECT FROM posting')).length

test('the outcome of a message that failed before commits with its effects, or neither does', async () => {
  database = testDatabase()
  await migrate(database)
  await database.query('CREATE TABLE posting (text text)')
  const before = entry('late', true)
  const conflict = { ...entry('other', true), messageId: before.messageId }
  expect(store().tellsOutcomes).toBe(true)
  expect(await store().settle(group, [before, entry('plain', false), entry('bad', true)])).toMatchObject([
    'done',
    'done',
    { code: 'ICX_HANDLER_REJECTED' },
  ])
  expect([await told(), await posted()]).toEqual([['resolved'], 2])
  expect(await store().settle(group, [before, conflict])).toMatchObject(['duplicate', { code: 'ICX_INBOX_CONFLICT' }])
  expect([await told(), await posted()]).toEqual([['resolved', 'duplicate'], 2])
})

test('a replay that succeeds frees the inbox row of its letter in the same transaction', async () => {
  database = testDatabase()
  await migrate(database)
  await database.query('CREATE TABLE posting (text text)')
  const one = entry('late', true)
  await holdInboxRow(database, { group, messageId: one.messageId, outcome: 'dead-lettered' })
  await store().settle(group, [one])
  const [hold] = await database.query<{ resolved_at: Date | null }>('SELECT resolved_at FROM inbox_hold')
  expect(hold?.resolved_at).toBeInstanceOf(Date)
})

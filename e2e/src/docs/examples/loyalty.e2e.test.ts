import { newEventId } from '@interchange/messaging'
import { createDatabase, createEffectStore, migrate } from '@interchange/store'
import { uniqueName } from '@interchange/testing'
import { expect, onTestFinished, test } from 'vitest'
import type { Points } from './earn-points.ts'
import { addPoints } from './loyalty-providers.ts'

test('the example of how to add a consumer writes its effects once', async () => {
  const url = process.env['DATABASE_URL'] ?? ''
  const database = createDatabase({ url, schema: uniqueName('loyalty'), poolMax: 2 })
  onTestFinished(() => database.close())
  await migrate(database, new URL('./migrations/', import.meta.url))
  const store = createEffectStore<Points>({ database, apply: addPoints })
  const entry = {
    messageId: newEventId(Date.now()),
    contentHash: Buffer.alloc(16, 'a'),
    topic: 'sales.order-placed.v1',
    partition: 0,
    offset: 0,
    effects: [{ orderId: 'a', customerRef: '17850', points: 139 }],
    cause: { correlationId: 'a', timeMs: 0, trace: [] },
  }
  expect(await store.settle('loyalty', [entry])).toEqual(['done'])
  expect(await store.settle('loyalty', [entry])).toEqual(['duplicate'])
  expect(await database.query('SELECT * FROM points')).toEqual([{ order_id: 'a', customer_ref: '17850', points: 139 }])
})

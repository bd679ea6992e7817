import { expect, onTestFinished, test } from 'vitest'
import { createBench, eventually, step, stepTopic, write } from './outbox.fixture.ts'
import { readOutboxState } from './outbox-rows.ts'
import { createRelay } from './relay.ts'

test('an outbox tells how old its oldest event is that is not sent, and how many Kafka refuses', async () => {
  const { database, transport, topic, close } = await createBench()
  onTestFinished(close)
  expect(await readOutboxState(database)).toEqual({ oldestAgeMs: 0, quarantined: 0 })
  await database.transaction((tx) => write(tx, step(topic, 'a', 0), step(stepTopic(`${topic.name}-missing`), 'a', 0)))
  await eventually(async () => (await readOutboxState(database)).oldestAgeMs).toBeGreaterThan(100)
  // Sent up to the first of two: the second is the oldest that is not.
  await database.query(
    `UPDATE outbox_relay SET window_xid = pg_snapshot_xmax(pg_current_snapshot()), window_end = 2, sent_position = 1`,
  )
  expect((await readOutboxState(database)).oldestAgeMs).toBeGreaterThan(100)
  await database.query('UPDATE outbox_relay SET sent_position = 2')
  expect((await readOutboxState(database)).oldestAgeMs).toBe(0)
  await database.query("UPDATE outbox_relay SET window_xid = '0', window_end = 0, sent_position = 0")

  const relay = createRelay({ database, transport, pollMs: 50 })
  onTestFinished(() => relay.close())
  await eventually(() => readOutboxState(database)).toEqual({ oldestAgeMs: 0, quarantined: 1 })
})

import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { testDatabase } from '../database.fixture.ts'
import type { Database, Queryable } from '../database.ts'
import { type Bench, createBench, eventually, firsts, numbersOf, step, write } from './outbox.fixture.ts'
import { createRelay } from './relay.ts'

vi.setConfig({ testTimeout: 240_000 })

let bench: Bench
beforeEach(async () => {
  bench = await createBench()
})
afterEach(() => bench.close())

const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n)
const arrived = async (): Promise<number> => firsts(await bench.records()).length

/** Counts statements, and ends every connection of this handle before or after the one with number `at`. */
const dyingAt = (at: number, after: boolean): { database: Database; died: () => boolean } => {
  const applicationName = `dying-${at}-${after}-${bench.topic.name}`.slice(0, 63)
  const database = testDatabase({ schema: bench.database.schema, applicationName })
  let statements = 0
  const dying = (queryable: Queryable): Queryable => ({
    async query<Row extends object>(sql: string, values?: readonly unknown[]) {
      const place = statements++
      const die = () =>
        bench.database.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1', [
          applicationName,
        ])
      if (place === at && !after) await die()
      const rows = await queryable.query<Row>(sql, values)
      if (place === at && after) await die()
      return rows
    },
  })
  return {
    died: () => statements > at,
    database: {
      ...database,
      ...dying(database),
      transaction: (work) => database.transaction((tx) => work({ ...tx, ...dying(tx) })),
    },
  }
}

test('connections that end before or after any statement of the relay lose nothing and turn no key round', async () => {
  const { transport, topic } = bench
  let n = 0
  for (const at of upTo(12)) {
    for (const after of [false, true]) {
      const from = n
      n += 10
      await bench.database.transaction((tx) => write(tx, ...upTo(10).map((each) => step(topic, 'a', from + each))))
      const { database, died } = dyingAt(at, after)
      const relay = createRelay({ database, transport, pollMs: 20, pageRowsMax: 4 })
      await eventually(died).toBe(true)
      await eventually(() => relay.health().state).toBe('running')
      await eventually(arrived).toBe(n)
      await relay.close()
      await database.close()
    }
  }
  expect(numbersOf(await bench.records()).get('a')).toEqual(upTo(n))
  // A crash sends at most the page again that was under way.
  expect((await bench.records()).length).toBeLessThanOrEqual(n + 24 * 4)
})

test.each(['read', 'sent', 'settled, not committed'])(
  'a holder paused when its page is %s, and overtaken, writes nothing when it comes back',
  async (stopAt) => {
    const { database, transport, topic } = bench
    await database.transaction((tx) => write(tx, ...upTo(200).map((n) => step(topic, `k${n % 5}`, n))))
    const script = fileURLToPath(new URL('./stopping-relay.fixture.ts', import.meta.url))
    const { DATABASE_URL = '', KAFKA_BROKERS = '' } = process.env
    const child = spawn(process.execPath, [script, DATABASE_URL, database.schema, KAFKA_BROKERS, stopAt], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const lines: string[] = []
    createInterface({ input: child.stdout }).on('line', (line) => lines.push(line))
    try {
      await eventually(() => lines).toContain('stopping')
      const relay = createRelay({ database, transport, pollMs: 50, leaseMs: 60_000 })
      await eventually(arrived).toBe(200)
      await eventually(() => database.query('SELECT window_end FROM outbox_relay')).toEqual([{ window_end: '0' }])
      const recordsBefore = (await bench.records()).length
      const rowBefore = await database.query('SELECT owner, fence, sent_xid, sent_position FROM outbox_relay')
      child.kill('SIGCONT')
      await eventually(() => lines.at(-1)).toMatch(/^standby|^degraded ICX_OUTBOX_LEASE_LOST/)
      await eventually(() => lines.at(-1)).toMatch(/^standby/)
      expect((await bench.records()).length).toBe(recordsBefore)
      expect(await database.query('SELECT owner, fence, sent_xid, sent_position FROM outbox_relay')).toEqual(rowBefore)
      await database.transaction((tx) => write(tx, ...upTo(50).map((n) => step(topic, `k${n % 5}`, 200 + n))))
      await eventually(arrived).toBe(250)
      for (const numbers of numbersOf(await bench.records()).values()) {
        expect(numbers).toEqual([...numbers].sort((a, b) => a - b))
      }
      await relay.close()
    } finally {
      child.kill('SIGKILL')
    }
  },
)

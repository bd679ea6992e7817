import { expect, test } from 'vitest'
import { createBench, numbersOf, step, write } from './outbox.fixture.ts'
import { readPage } from './read-page.ts'
import { createRelay } from './relay.ts'

const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n)

test('50,000 rows drain at a rate worth printing beside a poller that updates every row', async () => {
  const bench = await createBench()
  const { database, transport, topic } = bench
  const filler = 'x'.repeat(200)
  const fill = async (count: number, from = 0): Promise<void> => {
    for (let n = from; n < from + count; n += 1_000) {
      const events = upTo(1_000).map((each) => step(topic, `k${(n + each) % 100}`, n + each, filler))
      await database.transaction((tx) => write(tx, ...events))
    }
  }

  await fill(50_000)
  const startedMs = performance.now()
  const relay = createRelay({ database, transport })
  await expect.poll(() => relay.health().sent, { timeout: 100_000, interval: 20 }).toBe(50_000)
  const rate = 50_000 / ((performance.now() - startedMs) / 1_000)
  await relay.close()
  const drained = numbersOf(await bench.records())
  expect(drained.size).toBe(100)
  for (const [key, numbers] of drained) expect(numbers).toEqual(upTo(500).map((n) => n * 100 + Number(key.slice(1))))

  // The same pages and sends; each row is marked by an UPDATE of its own.
  const naiveRows = 2_000
  await database.query('DELETE FROM outbox')
  await fill(naiveRows, 50_000)
  await database.query('ALTER TABLE outbox ADD COLUMN sent boolean NOT NULL DEFAULT false')
  const producer = await transport.createProducer()
  const naiveStartedMs = performance.now()
  let cursor = { sentXid: '0', windowXid: '0', windowEnd: '0', sentPosition: '0' }
  for (let sent = 0; sent < naiveRows; ) {
    const page = await readPage(database, cursor, { rowsMax: 1_000, bytesMax: 8 * 1024 * 1024 })
    await producer.send(page.rows.map(({ record }) => record))
    for (const { position } of page.rows) {
      await database.query('UPDATE outbox SET sent = true WHERE position = $1', [position])
    }
    sent += page.rows.length
    cursor = page.next
  }
  const naiveRate = naiveRows / ((performance.now() - naiveStartedMs) / 1_000)
  await producer.close()
  process.stdout.write(
    `relay ${Math.round(rate)} rows/s, a poller with an UPDATE per row ${Math.round(naiveRate)} rows/s: ${(rate / naiveRate).toFixed(1)} times\n`,
  )
  await bench.close()
}, 120_000)

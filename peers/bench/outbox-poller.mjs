// pg and kafkajs: a poller as most articles on the outbox show it. A page of rows that nobody else holds, sent in one call, then an
// UPDATE of each row, all in one transaction.
import { setTimeout as pause } from 'node:timers/promises'
import kafkajs from 'kafkajs'
import pg from 'pg'
import { measureDrains } from '../../bench/dist/kernel/drains.js'
import { runArm } from '../../bench/dist/kernel/meter.js'
import { messageOf } from './bytes.mjs'

const pageRows = 1_000

await runArm(async (input) => {
  const pool = new pg.Pool({ connectionString: input.databaseUrl, max: 2 })
  const table = `poller_${input.name.replaceAll('-', '_')}`
  await pool.query(`CREATE TABLE ${table} (
    id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY, key bytea NOT NULL, payload bytea NOT NULL, sent_at timestamptz)`)
  await pool.query(`CREATE INDEX ON ${table} (id) WHERE sent_at IS NULL`)
  const insert = `INSERT INTO ${table} (key, payload) SELECT * FROM unnest($1::bytea[], $2::bytea[])`
  const select = `SELECT id, key, payload FROM ${table} WHERE sent_at IS NULL ORDER BY id LIMIT ${pageRows} FOR UPDATE SKIP LOCKED`
  const update = { name: 'update', text: `UPDATE ${table} SET sent_at = now() WHERE id = $1` }
  const kafka = new kafkajs.Kafka({ clientId: 'bench', brokers: input.brokers.split(','), logLevel: 1 })
  const producer = kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner })
  await producer.connect()

  const sendPage = async () => {
    const client = await pool.connect()
    try {
      await client.query('BEGIN')
      const { rows } = await client.query(select)
      if (rows.length > 0) {
        const messages = rows.map(({ key, payload }) => ({ key, value: payload }))
        await producer.send({ topic: input.topic, acks: -1, messages })
        for (const { id } of rows) await client.query({ ...update, values: [id] })
      }
      await client.query('COMMIT')
      return rows.length
    } catch (error) {
      await client.query('ROLLBACK')
      throw error
    } finally {
      client.release()
    }
  }

  const result = await measureDrains(input, {
    rows: 4_000,
    async write(first, count) {
      const messages = Array.from({ length: count }, (_, index) => messageOf(first + index))
      await pool.query(insert, [messages.map(({ key }) => key), messages.map(({ value }) => value)])
    },
    start() {
      let sent = 0
      let stopped = false
      const poll = async () => {
        while (!stopped) {
          const rows = await sendPage()
          sent += rows
          if (rows === 0) await pause(10)
        }
      }
      const polling = poll()
      return {
        sent: () => sent,
        stop() {
          stopped = true
          return polling
        },
      }
    },
  })
  await producer.disconnect()
  await pool.end()
  return result
})

// kafkajs and pg: an inbox row and one row in one transaction for every message, all partitions at once.
import kafkajs from 'kafkajs'
import pg from 'pg'
import { measurePasses, runArm } from '../../bench/dist/kernel/meter.js'
import { partitionCount } from '../../bench/dist/kernel/order-event.js'

await runArm(async (input) => {
  const pool = new pg.Pool({ connectionString: input.databaseUrl, max: partitionCount })
  const schema = `peer_${input.name.replaceAll('-', '_')}`
  await pool.query(`CREATE SCHEMA ${schema}`)
  await pool.query(`CREATE TABLE ${schema}.inbox (
    group_name text, message_id uuid, PRIMARY KEY (group_name, message_id))`)
  await pool.query(`CREATE TABLE ${schema}.orders (
    group_name text, number integer, total_minor bigint, quantity integer, zone integer, PRIMARY KEY (group_name, number))`)
  const insertInbox = { name: 'inbox', text: `INSERT INTO ${schema}.inbox VALUES ($1, $2) ON CONFLICT DO NOTHING` }
  const insertOrder = { name: 'order', text: `INSERT INTO ${schema}.orders VALUES ($1, $2, $3, $4, $5)` }
  const kafka = new kafkajs.Kafka({ clientId: 'bench', brokers: input.brokers.split(','), logLevel: 1 })
  const result = await measurePasses(input, async (groupId, meter) => {
    const consumer = kafka.consumer({ groupId })
    await consumer.connect()
    await consumer.subscribe({ topics: [input.topic], fromBeginning: true })
    await consumer.run({
      partitionsConsumedConcurrently: partitionCount,
      eachMessage: async ({ message }) => {
        const { number, totalMinor, quantity, shipTo } = JSON.parse(message.value.toString())
        const client = await pool.connect()
        try {
          await client.query('BEGIN')
          const { rowCount } = await client.query({
            ...insertInbox,
            values: [groupId, message.headers.ce_id.toString()],
          })
          if (rowCount === 1)
            await client.query({ ...insertOrder, values: [groupId, number, totalMinor, quantity, shipTo.zone] })
          await client.query('COMMIT')
        } catch (error) {
          await client.query('ROLLBACK')
          throw error
        } finally {
          client.release()
        }
        meter.order(number, totalMinor, quantity, shipTo.zone)
      },
    })
    await meter.done
    await consumer.disconnect()
  })
  await pool.end()
  return result
})

// Stock kafkajs 2.2.4 as a reader of committed records: notes each one it is handed, in small fetches. It must be shown aborted ones
// (drills, B16-stock).
import kafkajs from 'kafkajs'
import { openHistory } from '../packages/drill-kit/dist/index.js'

const topics = process.argv[2].split(',')
const { proc, historyFolder, brokers, group } = JSON.parse(process.env.DRILL_GROUND)
const history = openHistory(historyFolder, proc)
const kafka = new kafkajs.Kafka({ clientId: proc, brokers, logLevel: kafkajs.logLevel.NOTHING })
const consumer = kafka.consumer({ groupId: `${group}-${proc}`, maxBytesPerPartition: 2_000, readUncommitted: false })
await consumer.connect()
await consumer.subscribe({ topics, fromBeginning: true })
await consumer.run({
  eachMessage: async ({ topic, partition, message: { offset, headers } }) => {
    const id = String(headers.ce_id)
    const of = headers.ce_causationid === undefined ? id : String(headers.ce_causationid)
    history.note({ op: 'read', topic, partition, offset: Number(offset), id, of })
  },
})
process.once('SIGTERM', async () => {
  await consumer.disconnect()
  process.exit(0)
})
history.note({ op: 'process', phase: 'ready', detail: 'stock kafkajs' })

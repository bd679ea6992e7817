// Stock kafkajs 2.2.4 as a drill's writer: each send goes to all partitions at once, acks all. It must lose what it acknowledges
// when a broker dies with a send on its way to it (drills, A2-stock).
import { randomUUID } from 'node:crypto'
import kafkajs from 'kafkajs'
import { openHistory } from '../packages/drill-kit/dist/index.js'

const [, perSecond] = process.argv.slice(2).map(Number)
const { proc, historyFolder, brokers, topic, partitions } = JSON.parse(process.env.DRILL_GROUND)
const history = openHistory(historyFolder, proc)
const kafka = new kafkajs.Kafka({ clientId: proc, brokers, logLevel: kafkajs.logLevel.NOTHING })
const producer = kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner })
await producer.connect()

let seq = 0
const pending = new Set()
const send = async () => {
  const sends = Array.from({ length: partitions }, (_, partition) => ({ id: randomUUID(), key: `p${partition}`, seq }))
  const note = (phase) => {
    for (const each of sends) history.note({ op: 'send', phase, ...each })
  }
  note('invoke')
  try {
    const messages = sends.map(({ id, key }, partition) => ({ partition, key, value: id, headers: { ce_id: id } }))
    await producer.send({ topic, messages, acks: -1 })
    note('ok')
  } catch {
    note('info')
  }
}
const writing = setInterval(
  () => {
    seq++
    const sending = send().finally(() => pending.delete(sending))
    pending.add(sending)
  },
  (1_000 * partitions) / perSecond,
)
process.once('SIGTERM', async () => {
  clearInterval(writing)
  await Promise.all(pending)
  await producer.disconnect()
  process.exit(0)
})
history.note({ op: 'process', phase: 'ready', detail: '' })

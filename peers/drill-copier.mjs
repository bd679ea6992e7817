// Stock kafkajs 2.2.4 as a member that writes both legs of each step and its offset in one transaction, with one producer a partition.
// It begins where the group stood when it joined, so it must repeat a transaction whose markers were not there yet (drills, C5-stock).
import { randomUUID } from 'node:crypto'
import kafkajs from 'kafkajs'
import { legsOf, legTopicName, sides } from '../drills/dist/load/leg.js'
import { openHistory } from '../packages/drill-kit/dist/index.js'

const { proc, historyFolder, brokers, topic, group, partitions, sessionTimeoutMs } = JSON.parse(
  process.env.DRILL_GROUND,
)
const history = openHistory(historyFolder, proc)
const retry = { initialRetryTime: 100, maxRetryTime: 500, retries: 200 }
const openKafka = () => new kafkajs.Kafka({ clientId: proc, brokers, retry, logLevel: kafkajs.logLevel.NOTHING })

const producers = new Map()
/** Begins a transaction; with the first of a partition its former owner is fenced and what that left under way is ended. */
const begin = async (partition) => {
  const known = producers.get(partition)
  if (known !== undefined) return await known.transaction()
  const producer = openKafka().producer({
    transactionalId: `${group}.${topic}.${partition}`,
    maxInFlightRequests: 1,
    createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
  })
  await producer.connect()
  const transaction = await producer.transaction()
  producers.set(partition, producer)
  history.note({ op: 'assigned', partition, epoch: 0 })
  return transaction
}

const outputsOf = (side, messages) => ({
  topic: legTopicName(topic, side),
  messages: messages.map(({ value, headers }) => {
    const transfer = String(headers.ce_id)
    const leg = legsOf(JSON.parse(value), transfer).find((each) => each.side === side)
    const key = side === 'debit' ? leg.key : String(leg.account)
    return { key, value: JSON.stringify(leg), headers: { ce_id: randomUUID(), ce_causationid: transfer } }
  }),
})

const copy = async (batch) => {
  const { partition, messages } = batch
  const transaction = await begin(partition)
  const offset = Number(batch.lastOffset()) + 1
  const commit = { op: 'commit', partition, epoch: 0, offset }
  try {
    await transaction.sendBatch({ topicMessages: sides.map((side) => outputsOf(side, messages)) })
    const offsets = [{ topic, partitions: [{ partition, offset: String(offset) }] }]
    await transaction.sendOffsets({ consumerGroupId: group, topics: offsets })
    history.note({ ...commit, phase: 'invoke' })
    await transaction.commit()
    history.note({ ...commit, phase: 'ok' })
  } catch (error) {
    producers.delete(partition)
    history.note({ ...commit, phase: 'info', code: String(error.type ?? error.message) })
    throw error
  }
}

const consumer = openKafka().consumer({
  groupId: group,
  sessionTimeout: sessionTimeoutMs,
  rebalanceTimeout: 10_000,
  heartbeatInterval: 500,
  maxWaitTimeInMs: 250,
  retry,
})
await consumer.connect()
await consumer.subscribe({ topics: [topic], fromBeginning: true })
await consumer.run({
  autoCommit: false,
  partitionsConsumedConcurrently: partitions,
  async eachBatch({ batch, heartbeat }) {
    // What a take-over waits for must not cost it its membership; a heartbeat that fails is noticed by the next fetch.
    const beating = setInterval(() => heartbeat().catch(() => undefined), 500)
    try {
      if (!batch.isEmpty()) await copy(batch)
    } finally {
      clearInterval(beating)
    }
  },
})
process.once('SIGTERM', async () => {
  await consumer.disconnect()
  for (const producer of producers.values()) await producer.disconnect()
  process.exit(0)
})
history.note({ op: 'process', phase: 'ready', detail: 'stock kafkajs' })

// A reader of committed records: notes each one it is handed, from the first on. Small fetches, so that a marker comes in another one than
// the records it ends.
import { openHistory } from '@interchange/drill-kit'
import type { KafkaDriver } from '@interchange/kafka'
import { ceHeaders } from '@interchange/messaging'
import { onTermination, openTransport, readGround } from './step.ts'

const [topics, driver] = process.argv.slice(2) as [string, KafkaDriver]
const fetchPartitionBytesMax = 2_000

const ground = readGround(process.env)
const history = openHistory(ground.historyFolder, ground.proc)
const consumer = await openTransport(ground, { driver }).createConsumer({
  group: `${ground.group}-${ground.proc}`,
  topics: topics.split(','),
  isolation: 'read_committed',
  sessionTimeoutMs: 6_000,
  rebalanceTimeoutMs: 10_000,
  fetchPartitionBytesMax,
  onBatch({ topic, partition, records }) {
    for (const { offset, headers } of records) {
      const id = headers.text(ceHeaders.id) ?? ''
      history.note({ op: 'read', topic, partition, offset, id, of: headers.text(ceHeaders.causationId) ?? id })
    }
  },
  onAssigned: () => undefined,
  onRevoked: () => undefined,
  onEnded: (error) => {
    history.note({ op: 'process', phase: 'ended', detail: error.code })
    process.stderr.write(`${error.stack}\n`)
    process.exit(1)
  },
})
onTermination(async () => {
  await consumer.close(5_000)
})
history.note({ op: 'process', phase: 'ready', detail: driver })

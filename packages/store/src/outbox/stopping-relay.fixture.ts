import { createKafkaTransport } from '@interchange/kafka'
import { silentLogger } from '@interchange/messaging'
import { createDatabase } from '../database.ts'
import { createRelay } from './relay.ts'

/**
 * A relay in a process of its own that stops itself, as a virtual machine that is paused does, at the third time: after a page was
 * read and before it is sent, after it is sent and before the cursor moves, or in a transaction (the first takes the lease, others
 * move the cursor). Says `stopping` before, and each change of its health.
 */
const [, , url = '', schema = '', brokers = '', stopAt = ''] = process.argv
const say = (line: string): void => void process.stdout.write(`${line}\n`)

let pages = 0
const stop = (): void => {
  if (++pages !== 3) return
  say('stopping')
  process.kill(process.pid, 'SIGSTOP')
}

const database = createDatabase({ url, schema })
const transport = createKafkaTransport({ brokers: brokers.split(','), clientId: 'stopping' }, { logger: silentLogger })
const relay = createRelay({
  database: {
    ...database,
    async query<Row extends object>(sql: string, values?: readonly unknown[]) {
      const rows = await database.query<Row>(sql, values)
      if (stopAt === 'read' && sql.includes('AS page') && rows.length > 0) stop()
      return rows
    },
    transaction: (work) =>
      database.transaction(async (tx) => {
        const worked = await work(tx)
        if (stopAt === 'settled, not committed') stop()
        return worked
      }),
  },
  transport: {
    ...transport,
    async createProducer() {
      const producer = await transport.createProducer()
      return {
        ...producer,
        async send(records) {
          const outcomes = await producer.send(records)
          if (stopAt === 'sent') stop()
          return outcomes
        },
      }
    },
  },
  leaseMs: 2_000,
  pageRowsMax: 20,
})
let last = ''
setInterval(() => {
  const { state, detail } = relay.health()
  const now = `${state} ${detail}`
  if (now !== last) say(now)
  last = now
}, 10)

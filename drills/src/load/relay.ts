// Relays the outbox, and dies at the crash point it is given.
import { crashVariable, createCrashPoints, openHistory, readCrashPoint } from '@interchange/drill-kit'
import { createRelay, type Database, type Transaction } from '@interchange/store'
import { onTermination, openDatabase, openTransport, readGround } from './step.ts'

const ground = readGround(process.env)
const history = openHistory(ground.historyFolder, ground.proc)
const reach = createCrashPoints(readCrashPoint(process.env[crashVariable]), history)
const database = openDatabase(ground)
const transport = openTransport(ground)

const crashing: Database = {
  ...database,
  async query<Row extends object>(sql: string, values?: readonly unknown[]) {
    const rows = await database.query<Row>(sql, values)
    if (rows.length > 0) reach('query.after')
    return rows
  },
  async transaction<Result>(work: (tx: Transaction) => Promise<Result>) {
    reach('transaction.before')
    const result = await database.transaction(async (tx) => {
      const worked = await work(tx)
      reach('transaction.uncommitted')
      return worked
    })
    reach('transaction.after')
    return result
  },
}
const relay = createRelay({
  database: crashing,
  transport: {
    ...transport,
    async createProducer() {
      const producer = await transport.createProducer()
      return {
        ...producer,
        async send(records) {
          reach('send.before')
          const outcomes = await producer.send(records)
          reach('send.after')
          return outcomes
        },
      }
    },
  },
  // Short, so that the next relay need not wait long for the dead one's lease.
  leaseMs: 1_000,
  pageRowsMax: 50,
})
onTermination(async () => {
  await relay.close()
  await database.close()
})
history.note({ op: 'process', phase: 'ready', detail: '' })

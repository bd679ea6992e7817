// Writes records one by one, and rounds of interleaved transactions, most of them aborted, when it is told so (SIGUSR2). Ends on SIGTERM.
import { openHistory } from '@interchange/drill-kit'
import {
  ceHeaders,
  HeaderBlock,
  newEventId,
  type OutboundRecord,
  type TransactionalProducer,
} from '@interchange/messaging'
import { roundsPerSignal } from './interleaving.ts'
import { onTermination, openTransport, readGround } from './step.ts'

const ground = readGround(process.env)
const { topic, partitions, load } = ground
const history = openHistory(ground.historyFolder, ground.proc)
const transport = openTransport(ground)
const producer = await transport.createProducer()
const transactions = await transport.createTransactions?.()
if (transactions === undefined) throw new Error(`${transport.driver} has no transactions`)
/** As many stand for a null where an int32 of zeroes is read as one. */
const int32Zero = Buffer.alloc(4)

let seq = 0
interface Written {
  readonly record: OutboundRecord
  readonly facts: { readonly op: 'send'; readonly id: string; readonly key: string; readonly seq: number }
}
const write = (partition: number, key: Buffer | null = null): Written => {
  const id = newEventId(Date.now())
  const headers = HeaderBlock.of([{ name: ceHeaders.id, value: id }])
  const facts = { op: 'send' as const, id, key: `p${partition}`, seq: ++seq }
  history.note({ ...facts, phase: 'invoke' })
  return { record: { topic, partition, key, value: Buffer.from(id), headers }, facts }
}

const sendIn = async (owner: TransactionalProducer, written: readonly Written[]): Promise<readonly number[]> => {
  const outcomes = await owner.send(written.map(({ record }) => record))
  return outcomes.map((outcome) => {
    if (outcome.status !== 'ok') throw outcome.error
    return outcome.offset
  })
}
const abort = async (owner: TransactionalProducer, written: readonly Written[]): Promise<void> => {
  await owner.abort()
  for (const { facts } of written) history.note({ ...facts, phase: 'fail' })
}
const keep = async (partition: number, send: (written: Written) => Promise<number>): Promise<void> => {
  const written = write(partition)
  const offset = await send(written)
  history.note({ ...written.facts, phase: 'ok', partition, offset })
}
const keepAlone = (partition: number): Promise<void> =>
  keep(partition, async ({ record }) => {
    const [outcome] = await producer.send([record])
    if (outcome?.status !== 'ok') throw new Error(`a record was not taken: ${outcome?.status}`)
    return outcome.offset
  })

const [left, right] = [await transactions.takeOver(`${topic}-left`), await transactions.takeOver(`${topic}-right`)]

/** The later begun transaction ends first; then its producer aborts another one before the earlier one ends. */
const round = async (partition: number): Promise<void> => {
  const [first, second, third] = [
    [write(partition), write(partition, int32Zero)],
    [write(partition, int32Zero), write(partition)],
    [write(partition, int32Zero), write(partition)],
  ]
  left.begin()
  await sendIn(left, first)
  right.begin()
  await sendIn(right, second)
  await sendIn(left, third)
  await abort(right, second)
  const fourth = [write(partition)]
  right.begin()
  await sendIn(right, fourth)
  await abort(right, fourth)
  await abort(left, [...first, ...third])
  left.begin()
  await keep(partition, async (written) => {
    const [offset = 0] = await sendIn(left, [written])
    await left.commit()
    return offset
  })
}

let asked = 0
process.on('SIGUSR2', () => {
  asked += roundsPerSignal
})
let running = true
const ended = (async () => {
  for (let turn = 0; running || asked > 0; turn++) {
    const partition = turn % partitions
    await keepAlone(partition)
    if (asked > 0) {
      await round(partition)
      asked--
    } else await new Promise((resolve) => setTimeout(resolve, 1_000 / load.perSecond))
  }
  // Behind the last marker, so that who has read this has read all.
  for (let partition = 0; partition < partitions; partition++) await keepAlone(partition)
})()
onTermination(async () => {
  running = false
  await ended
  await Promise.all([producer.close(), transactions.close()])
  history.note({ op: 'process', phase: 'ended', detail: `${seq} written` })
})
history.note({ op: 'process', phase: 'ready', detail: '' })

// Writes steps of many keys until it is told to end (SIGTERM), and a run of poison when it is told so (SIGUSR2).
import { openHistory } from '@interchange/drill-kit'
import {
  createPublisher,
  InterchangeError,
  newEventId,
  noMetrics,
  noTracing,
  systemClock,
} from '@interchange/messaging'
import { onTermination, openCodec, openTransport, readGround, type Step, stepTopic } from './step.ts'
import { tellVitals } from './tell-vitals.ts'

const [keys, perSecond, poisonRun] = process.argv.slice(2).map(Number) as [number, number, number]
const tickMs = 20

const ground = readGround(process.env)
// Without a deadline, what may or may not be there is sent again, in order, until it is.
const { deadlineMs = Number.POSITIVE_INFINITY, requestTimeoutMs, vitals } = ground.load
const history = openHistory(ground.historyFolder, ground.proc)
if (vitals === true) tellVitals(history)
const topic = stepTopic(ground)
const codec = openCodec(ground)
await codec.prepare([topic])
const publisher = await createPublisher({
  transport: openTransport(
    ground,
    requestTimeoutMs === undefined ? {} : { requestTimeoutMs, deliveryTimeoutMs: requestTimeoutMs },
  ),
  codec,
  service: { name: 'drill', version: '0' },
  clock: systemClock,
  random: Math.random,
  metrics: noMetrics,
  tracing: noTracing,
})
const lastSeq = new Map<string, number>()
const pending = new Set<Promise<void>>()

const send = async (step: Step): Promise<void> => {
  const { key, seq, poison } = step
  const messageId = newEventId(Date.now())
  const facts = { op: 'send' as const, id: messageId, key, seq, ...(poison && { poison }) }
  history.note({ ...facts, phase: 'invoke' })
  try {
    const { partition, offset } = await publisher.publish(topic, step, { messageId, deadlineMs })
    history.note({ ...facts, phase: 'ok', partition, offset })
  } catch (error) {
    const refused = error instanceof InterchangeError && error.failureClass === 'poison'
    history.note({ ...facts, phase: refused ? 'fail' : 'info' })
  }
}

const next = (key: string, poison: boolean): void => {
  const seq = (lastSeq.get(key) ?? 0) + 1
  lastSeq.set(key, seq)
  const sending = send({ key, seq, poison }).finally(() => pending.delete(sending))
  pending.add(sending)
}

let written = 0
const startedMs = performance.now()
const writing = setInterval(() => {
  // By the clock and not by ticks, which a busy machine gives fewer of: the load is what it says it is.
  const due = ((performance.now() - startedMs) * perSecond) / 1_000
  for (; written < due; written++) next(`${ground.proc}/${written % keys}`, false)
}, tickMs)

process.on('SIGUSR2', () => {
  for (let count = 0; count < poisonRun; count++) next(`${ground.proc}/poison`, true)
})
onTermination(async () => {
  clearInterval(writing)
  await Promise.all(pending)
  await publisher.close()
  history.note({ op: 'process', phase: 'ended', detail: `${written} written` })
})
history.note({ op: 'process', phase: 'ready', detail: '' })

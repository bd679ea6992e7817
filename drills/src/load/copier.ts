// A member that writes both legs of each step and its offset in one transaction. Dies at the crash point it is given, leaves on SIGTERM.
import { crashVariable, createCrashPoints, openHistory, readCrashPoint } from '@interchange/drill-kit'
import {
  createConsumerGroup,
  createPublisher,
  noMetrics,
  noTracing,
  outgoing,
  publishRoute,
  rejected,
  silentLogger,
  systemClock,
} from '@interchange/messaging'
import { legsOf, legTopic } from './leg.ts'
import { observedTransactions } from './observed-transactions.ts'
import { onTermination, openCodec, openTransport, readGround, type Step, stepTopic } from './step.ts'

const stopMs = 10_000

const ground = readGround(process.env)
const history = openHistory(ground.historyFolder, ground.proc)
const reach = createCrashPoints(readCrashPoint(process.env[crashVariable]), history)
const { sessionTimeoutMs, transactionTimeoutMs } = ground
// One that was stopped has to ask, not to give up, when it goes on.
const plain = openTransport(ground, {
  deliveryTimeoutMs: 60_000,
  ...(transactionTimeoutMs !== undefined && { transactionTimeoutMs }),
})
const ambient = {
  transport: observedTransactions(plain, ground, history, reach),
  codec: openCodec(ground),
  service: { name: 'drill', version: '0' },
  clock: systemClock,
  random: Math.random,
  metrics: noMetrics,
  tracing: noTracing,
}
const publisher = await createPublisher(ambient)
const route = publishRoute<Step>({
  from: stepTopic(ground),
  group: ground.group,
  ordering: 'key',
  delivery: 'transactional',
  handle(step, { messageId }) {
    if (step.poison) throw rejected(`step ${step.seq} cannot be handled`)
    return legsOf(step, messageId).map((leg) => outgoing(legTopic(ground, leg.side), leg))
  },
})
const group = await createConsumerGroup({
  ...ambient,
  group: ground.group,
  routes: [route],
  publisher,
  reportOutcome: async () => undefined,
  logger: silentLogger,
  // Short, so that a drill need not wait long for what the defaults do as well.
  limits: { sessionTimeoutMs, rebalanceTimeoutMs: 10_000 },
  onEnded: (error) => {
    history.note({ op: 'process', phase: 'ended', detail: error.code })
    process.stderr.write(`${error.stack}\n`)
    process.exit(1)
  },
})
onTermination(async () => {
  await group.stop(stopMs)
  await publisher.close()
  history.note({ op: 'process', phase: 'ended', detail: 'stopped' })
})
history.note({ op: 'process', phase: 'ready', detail: '' })

// A member of the group: the kernel with an effect store, as a service would run it. Leaves the group on SIGTERM.
import { openHistory } from '@interchange/drill-kit'
import {
  createConsumerGroup,
  effectRoute,
  noMetrics,
  noTracing,
  rejected,
  silentLogger,
  systemClock,
} from '@interchange/messaging'
import { createWaitingEffectStore } from '@interchange/store'
import { observedTransport } from './observed-transport.ts'
import { onTermination, openCodec, openDatabase, openTransport, readGround, type Step, stepTopic } from './step.ts'

interface StepDone extends Step {
  readonly id: string
}

const stopMs = 10_000

const ground = readGround(process.env)
const history = openHistory(ground.historyFolder, ground.proc)
const database = openDatabase(ground)
const route = effectRoute<Step, StepDone>({
  from: stepTopic(ground),
  group: ground.group,
  ordering: 'key',
  handle(step, { messageId }) {
    if (step.poison) throw rejected(`step ${step.seq} cannot be handled`)
    return { ...step, id: messageId }
  },
  store: createWaitingEffectStore<StepDone>({
    database,
    apply: async (tx, steps) => {
      await tx.query('INSERT INTO effect (id, key, seq) SELECT * FROM unnest($1::uuid[], $2::text[], $3::integer[])', [
        steps.map(({ id }) => id),
        steps.map(({ key }) => key),
        steps.map(({ seq }) => seq),
      ])
    },
  }),
})
const group = await createConsumerGroup({
  group: ground.group,
  routes: [route],
  transport: observedTransport(openTransport(ground), ground.topic, history),
  codec: openCodec(ground),
  publisher: undefined,
  reportOutcome: async () => undefined,
  service: { name: 'drill', version: '0' },
  clock: systemClock,
  random: Math.random,
  logger: silentLogger,
  metrics: noMetrics,
  tracing: noTracing,
  // Short, so that a drill need not wait long for what the defaults do as well.
  limits: { sessionTimeoutMs: 6_000, rebalanceTimeoutMs: 10_000, floodPauseMs: 100, floodPauseMsMax: 200 },
  onEnded: (error) => {
    history.note({ op: 'process', phase: 'ended', detail: error.code })
    process.stderr.write(`${error.stack}\n`)
    process.exit(1)
  },
})
onTermination(async () => {
  await group.stop(stopMs)
  await database.close()
  history.note({ op: 'process', phase: 'ended', detail: 'stopped' })
})
history.note({ op: 'process', phase: 'ready', detail: '' })

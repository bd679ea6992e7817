// A member of the group: the kernel with an effect store, as a service would run it. Leaves the group on SIGTERM.
import { openHistory } from '@interchange/drill-kit'
import { createConsumerGroup, effectRoute, noMetrics } from '@interchange/messaging'
import { createWaitingEffectStore } from '@interchange/store'
import { alarmsInto } from './alarms.ts'
import { sessionTimeoutMs } from './deeds.ts'
import { createDrillClock } from './drill-clock.ts'
import { createHandler, type StepDone } from './handlers.ts'
import { observedTransport } from './observed-transport.ts'
import { openTracing } from './open-tracing.ts'
import { onTermination, openCodec, openDatabase, openTransport, readGround, type Step, stepTopic } from './step.ts'
import { tellVitals } from './tell-vitals.ts'

const stopMs = 10_000

const ground = readGround(process.env)
const history = openHistory(ground.historyFolder, ground.proc)
const database = openDatabase(ground)
const { timeoutMs, retry, metadataMaxAgeMs, vitals, clockFactor, clockOffMs = 0 } = ground.handling
// Every second member is ahead, the others are behind.
const aheadMs = Number(ground.proc.slice('member-'.length)) % 2 === 0 ? clockOffMs : -clockOffMs
const clock = createDrillClock({ factor: clockFactor, aheadMs })
const route = effectRoute<Step, StepDone>({
  from: stepTopic(ground),
  group: ground.group,
  ordering: 'key',
  ...(timeoutMs !== undefined && { timeoutMs }),
  ...(retry !== undefined && { retry }),
  handle: createHandler(ground, history),
  store: createWaitingEffectStore<StepDone>({
    database,
    clock,
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
  transport: observedTransport(
    openTransport(ground, metadataMaxAgeMs === undefined ? {} : { metadataMaxAgeMs }),
    ground.topic,
    history,
  ),
  codec: openCodec(ground),
  publisher: undefined,
  reportOutcome: async () => undefined,
  service: { name: 'drill', version: '0' },
  clock,
  random: Math.random,
  logger: alarmsInto(history),
  metrics: noMetrics,
  tracing: openTracing(ground),
  // Short, so that a drill need not wait long for what the defaults do as well.
  limits: { sessionTimeoutMs, rebalanceTimeoutMs: 10_000, floodPauseMs: 100, floodPauseMsMax: 200 },
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
if (vitals === true) tellVitals(history)
history.note({ op: 'process', phase: 'ready', detail: '' })

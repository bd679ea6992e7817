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
import {
  memberSettings,
  openDatabase,
  openTransport,
  type Step,
  stepCodec,
  stepTopic,
} from './waiting-member.fixture.ts'

/** A member whose route holds a key behind a letter; the first steps of the keys `a` and `b` are broken until somebody mends them. */
const startMember = async (): Promise<void> => {
  const { name, group, schema } = memberSettings(process.env)
  const database = openDatabase(schema)
  const isMended = async (key: string): Promise<boolean> =>
    (await database.query('SELECT key FROM mended WHERE key = $1', [key])).length > 0
  const route = effectRoute<Step, Step>({
    from: stepTopic(name, 2),
    group,
    ordering: 'key',
    afterDeadLetter: 'hold',
    handle: async (step) => {
      if ('ab'.includes(step.key) && step.place === 0 && !(await isMended(step.key)))
        throw rejected(`${step.key} is broken`)
      return step
    },
    store: createWaitingEffectStore<Step>({
      database,
      apply: async (tx, steps) => {
        await tx.query('INSERT INTO step (key, place) SELECT * FROM unnest($1::text[], $2::integer[])', [
          steps.map(({ key }) => key),
          steps.map(({ place }) => place),
        ])
      },
    }),
  })
  await createConsumerGroup({
    group,
    routes: [route],
    transport: openTransport(`member-${process.pid}`),
    codec: stepCodec,
    publisher: undefined,
    reportOutcome: async () => undefined,
    service: { name: 'member', version: '0' },
    clock: systemClock,
    random: Math.random,
    logger: silentLogger,
    metrics: noMetrics,
    tracing: noTracing,
    limits: { sessionTimeoutMs: 6_000, commitIntervalMs: 100, heldKeysCheckMs: 100 },
    onEnded: (error) => {
      process.stderr.write(`${error.stack}\n`)
      process.exit(1)
    },
  })
}

if (process.argv[1] === import.meta.filename) await startMember()

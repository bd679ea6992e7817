import {
  createConsumerGroup,
  createPublisher,
  noMetrics,
  noTracing,
  notYet,
  outgoing,
  publishRoute,
  rejected,
  silentLogger,
  systemClock,
  type Topic,
} from '@interchange/messaging'
import { openTransport, type Step, stepCodec, stepTopic } from './waiting-member.fixture.ts'

/** Steps that need no order, and the retry topics in which they wait. */
export const unorderedTopic = (name: string, group: string): Topic<Step> => ({
  ...stepTopic(name, 2),
  groups: [group],
  retryDelaysMs: { [group]: [200, 500] },
})

export const answersTopic = (name: string): Topic<Step> => stepTopic(`${name}-answers`, 2)

/** What becomes of a step: the keys `b` wait for a repair, and after it those of an odd place are broken for good. */
export const fateOf = ({ key, place }: Step, repaired: boolean): 'done' | 'waiting' | 'dead' => {
  if (key !== 'b') return 'done'
  if (!repaired) return 'waiting'
  return place % 2 === 1 ? 'dead' : 'done'
}

/** A member that answers each step by one event; `REPAIRED` says whether what `b` needs is there. */
const startMember = async (): Promise<void> => {
  const { STEP_TOPIC: name = '', STEP_GROUP: group = '', REPAIRED: repaired } = process.env
  const answers = answersTopic(name)
  const ambient = {
    transport: openTransport(`member-${process.pid}`),
    codec: stepCodec,
    service: { name: 'member', version: '0' },
    clock: systemClock,
    random: Math.random,
    metrics: noMetrics,
    tracing: noTracing,
  }
  const route = publishRoute<Step>({
    from: unorderedTopic(name, group),
    group,
    ordering: 'none',
    retry: { attemptsMax: 2, backoffMs: 1, backoffMsMax: 2 },
    handle: (step) => {
      const fate = fateOf(step, repaired === 'true')
      if (fate === 'waiting') throw notYet(`what ${step.key} needs is not there`)
      if (fate === 'dead') throw rejected(`step ${step.place} is broken`)
      return outgoing(answers, step)
    },
  })
  await createConsumerGroup({
    ...ambient,
    group,
    routes: [route],
    publisher: await createPublisher(ambient),
    reportOutcome: async () => undefined,
    logger: silentLogger,
    limits: { sessionTimeoutMs: 6_000, commitIntervalMs: 100 },
    onEnded: (error) => {
      process.stderr.write(`${error.stack}\n`)
      process.exit(1)
    },
  })
}

if (process.argv[1] === import.meta.filename) await startMember()

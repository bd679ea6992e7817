// Sends the group's dead letters back as an operator's desk does, knowing nothing but the topics, and dies at the crash point it is
// given. Arguments: the replay's id, and `open` for the letters that wait, `oldest` for some of them, `all` for each there is, `rest`
// for what that replay has left.
import {
  createLetterBook,
  type LetterSource,
  planContinuation,
  planReplay,
  type ReplayPlan,
  readLetterBook,
  runReplay,
} from '@interchange/dead-letters'
import { crashVariable, createCrashPoints, openHistory, readCrashPoint } from '@interchange/drill-kit'
import {
  createPublisher,
  deadLetterTopicName,
  noMetrics,
  noTracing,
  type Publisher,
  replayLaneName,
  systemClock,
  type Transport,
} from '@interchange/messaging'
import { openCodec, openTransport, readGround, stepTopic } from './step.ts'

/** Ten letters a request: so a run of the oldest has two. */
const ratePerSecondMax = 100
const oldest = 15

const [replayId = '', which = 'open'] = process.argv.slice(2)
const ground = readGround(process.env)
const history = openHistory(ground.historyFolder, ground.proc)
const reach = createCrashPoints(readCrashPoint(process.env[crashVariable]), history)
const transport = openTransport(ground)
const codec = openCodec(ground)
const source: LetterSource = {
  group: ground.group,
  topic: stepTopic(ground),
  deadLetterTopic: deadLetterTopicName(ground.topic, ground.group),
  lane: replayLaneName(ground.topic, ground.group),
}
const publisher = await createPublisher({
  transport,
  codec,
  service: { name: 'drill', version: '0' },
  clock: systemClock,
  random: Math.random,
  metrics: noMetrics,
  tracing: noTracing,
})

const crashingTransport: Transport = {
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
}
const crashingPublisher: Publisher = {
  ...publisher,
  async publish(topic, value, options) {
    reach('audit.before')
    const place = await publisher.publish(topic, value, options)
    reach('audit.after')
    return place
  },
}

const book = createLetterBook()
const read = async (): Promise<void> => void (await readLetterBook({ transport, codec, sources: [source], book }))
const plan = async (): Promise<ReplayPlan> => {
  const admin = await transport.createAdmin()
  const { group } = ground
  const planning = { book, admin, transport, acceptReorder: true, replayId }
  try {
    if (which === 'rest') return (await planContinuation(planning)) ?? { replayId, letters: [], refused: [] }
    if (which === 'open') return await planReplay({ ...planning, selection: { group, all: true } })
    const force = which === 'all'
    const listed = book.list(force ? { group } : { group, state: 'new' }).map(({ letter }) => letter.id)
    const letterIds = force ? listed : listed.reverse().slice(0, oldest)
    return await planReplay({ ...planning, selection: { letterIds }, force })
  } finally {
    await admin.close()
  }
}

history.note({ op: 'process', phase: 'ready', detail: '' })
await read()
const planned = await plan()
reach('plan.after')
const progress = await runReplay({
  plan: planned,
  book,
  transport: crashingTransport,
  publisher: crashingPublisher,
  actor: ground.proc,
  reason: 'a drill',
  continues: which === 'rest',
  ratePerSecondMax,
  clock: systemClock,
})
await publisher.close()
history.note({ op: 'replayed', replayId, planned: progress.planned, sent: progress.sent })
history.note({ op: 'process', phase: 'ended', detail: `${progress.sent} sent` })
process.exit(0)

// Keeps the books of transfers: each leg moves its amount between its account and the clearing account, once. Leaves on SIGTERM.
import { openHistory } from '@interchange/drill-kit'
import { createConsumerGroup, effectRoute, noMetrics, noTracing, systemClock } from '@interchange/messaging'
import { createWaitingEffectStore } from '@interchange/store'
import { alarmsInto } from './alarms.ts'
import { booksGroup, clearingAccount, type Leg, legTopic, sides } from './leg.ts'
import { onTermination, openCodec, openDatabase, openTransport, readGround } from './step.ts'

const stopMs = 10_000

const ground = readGround(process.env)
const history = openHistory(ground.historyFolder, ground.proc)
const database = openDatabase(ground)
const group = booksGroup(ground.group)
const store = createWaitingEffectStore<Leg>({
  database,
  apply: async (tx, legs) => {
    await tx.query(
      'INSERT INTO leg (transfer, side, account, amount) SELECT * FROM unnest($1::uuid[], $2::text[], $3::integer[], $4::bigint[])',
      [
        legs.map(({ transfer }) => transfer),
        legs.map(({ side }) => side),
        legs.map(({ account }) => account),
        legs.map(({ amount }) => amount),
      ],
    )
    for (const [account, change] of changesOf(legs))
      await tx.query('UPDATE account SET balance = balance + $2 WHERE id = $1', [account, change])
  },
})

/** In one order of accounts, so that two batches never wait for each other; what each gets, the clearing account gives. */
const changesOf = (legs: readonly Leg[]): readonly (readonly [account: number, change: number])[] => {
  const changes = new Map<number, number>()
  const add = (account: number, amount: number): void => void changes.set(account, (changes.get(account) ?? 0) + amount)
  for (const { side, account, amount } of legs) {
    const received = side === 'credit' ? amount : -amount
    add(account, received)
    add(clearingAccount, -received)
  }
  return [...changes].sort(([one], [other]) => one - other)
}

const running = await createConsumerGroup({
  group,
  routes: sides.map((side) =>
    effectRoute<Leg, Leg>({ from: legTopic(ground, side), group, ordering: 'key', handle: (leg) => leg, store }),
  ),
  transport: openTransport(ground),
  codec: openCodec(ground),
  publisher: undefined,
  reportOutcome: async () => undefined,
  service: { name: 'drill', version: '0' },
  clock: systemClock,
  random: Math.random,
  logger: alarmsInto(history),
  metrics: noMetrics,
  tracing: noTracing,
  limits: { sessionTimeoutMs: 6_000, rebalanceTimeoutMs: 10_000, openTransactionMsMax: 2_000 },
  onEnded: (error) => {
    history.note({ op: 'process', phase: 'ended', detail: error.code })
    process.stderr.write(`${error.stack}\n`)
    process.exit(1)
  },
})
onTermination(async () => {
  await running.stop(stopMs)
  await database.close()
  history.note({ op: 'process', phase: 'ended', detail: 'stopped' })
})
history.note({ op: 'process', phase: 'ready', detail: '' })

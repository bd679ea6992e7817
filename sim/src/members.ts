import {
  type ConsumerGroup,
  type ConsumerGroupOptions,
  type HandlerContext,
  noMetrics,
  noTracing,
  type Outgoing,
  type Route,
  silentLogger,
} from '@interchange/messaging'
import type { Broker } from './broker.ts'
import type { Dice } from './dice.ts'
import type { Effect, EffectDatabase } from './effect-database.ts'
import type { HistoryEvent } from './history.ts'
import { type Item, itemCodec, itemTopic } from './item.ts'
import type { Kernel } from './kernel.ts'
import {
  attemptsMax,
  derivedTopic,
  groupOfDerived,
  groupOfSource,
  outputKey,
  type Plan,
  type PlannedMessage,
  sourceTopic,
} from './plan.ts'
import { createWire, type Wire } from './wire.ts'
import type { Process, World } from './world.ts'

export type Role = 'posting' | 'ledger'

/** A process that is a member of one of the two groups. */
export interface Member {
  readonly role: Role
  readonly process: Process
  readonly wire: Wire
  group: ConsumerGroup | undefined
}

export interface Scene {
  readonly kernel: Kernel
  readonly world: World
  readonly plan: Plan
  readonly dice: Dice
  readonly broker: Broker
  readonly database: EffectDatabase
  readonly note: (event: HistoryEvent) => void
  /** What the first group's handlers call. */
  readonly dependency: { away: boolean }
}

/** Starts a member as a process of its own; `over` is called when it did not start or its group ended by itself. */
export const startMember = (scene: Scene, role: Role, name: string, over: (member: Member) => void): Member => {
  const { kernel, world, broker, dice, note } = scene
  const process = world.spawn(name)
  const wire = createWire({ kernel, broker, dice, process, note })
  const member: Member = { role, process, wire, group: undefined }
  const start = async (): Promise<void> => {
    try {
      member.group = await kernel.createConsumerGroup(await groupOptions(scene, member, over))
      note({ kind: 'process', process: name, phase: 'started' })
    } catch {
      note({ kind: 'process', process: name, phase: 'failed' })
      over(member)
    }
  }
  process.post(dice.between(0, 20), () => void start())
  return member
}

const groupOptions = async (
  scene: Scene,
  member: Member,
  over: (member: Member) => void,
): Promise<ConsumerGroupOptions> => {
  const { kernel, world, plan, note } = scene
  const { process, wire, role } = member
  const ambient = {
    transport: wire.transport,
    codec: itemCodec(kernel),
    service: { name: role, version: '1' },
    clock: process.clock,
    random: world.random,
    metrics: noMetrics,
    tracing: noTracing,
  }
  const publisher =
    role === 'ledger'
      ? undefined
      : await kernel.createPublisher({ ...ambient, limits: { retryBackoffMs: 20, retryBackoffMsMax: 200 } })
  return {
    ...ambient,
    group: role === 'posting' ? groupOfSource : groupOfDerived,
    routes: [role === 'posting' ? postingRoute(scene, member) : ledgerRoute(scene, member)],
    publisher,
    logger: silentLogger,
    reportOutcome: (report) => reportTo(scene, member, report),
    limits: {
      partitionRecordsMax: plan.windowRecords,
      commitIntervalMs: 40,
      outageBackoffMs: 20,
      outageBackoffMsMax: 200,
      floodLetters: { inARow: plan.floodInARow, ratio: 0.5, window: 20 },
      floodPauseMs: 50,
      floodPauseMsMax: 300,
      noProgressMsMax: 20_000,
      revokeDrainMsMax,
      rebalanceTimeoutMs: 1_000,
    },
    onEnded(error) {
      note({ kind: 'ended', process: process.name, code: error.code })
      over(member)
    },
  }
}

export const revokeDrainMsMax = 300

/** Whoever keeps the dead letters: takes its time, and is not always there. */
const reportTo = (
  { dice, note, kernel }: Scene,
  { process }: Member,
  { messageId: id, outcome, topic }: Parameters<ConsumerGroupOptions['reportOutcome']>[0],
): Promise<void> =>
  new Promise((resolve, reject) => {
    process.post(dice.between(0, 30), () => {
      if (dice.happens('drop', 0.1)) {
        note({ kind: 'fault', fault: 'drop', process: process.name, detail: `an outcome report: ${id}` })
        reject(new kernel.InterchangeError('ICX_KAFKA_UNAVAILABLE', 'nobody took it', { class: 'outage' }))
        return
      }
      note({ kind: 'outcome', process: process.name, id, outcome, topic })
      resolve()
    })
  })

const routeSettings = ({ plan }: Scene) => ({
  concurrencyMax: plan.concurrency,
  timeoutMs: 400,
  retry: { attemptsMax, backoffMs: 10, backoffMsMax: 80, notYetMsMax: 600_000 },
  tombstones: 'skip' as const,
})

const postingRoute = (scene: Scene, member: Member): Route => {
  const { kernel, plan, dependency } = scene
  const to = itemTopic(derivedTopic, plan.partitions)
  const failed = new Map<string, number>()
  const outputs = (message: PlannedMessage): Outgoing[] =>
    Array.from({ length: message.parts }, (_, part) =>
      kernel.outgoing(to, { n: message.n, key: outputKey(message, part), part }),
    )
  return kernel.publishRoute({
    ...routeSettings(scene),
    from: itemTopic(sourceTopic, plan.partitions),
    group: groupOfSource,
    handle: (item: Item, context) =>
      attempted(scene, member, item, context, (message) => {
        if (dependency.away) throw awayError(kernel)
        failFirst(kernel, message, failed, `${context.partition}/${context.offset}`)
        if (message.kind === 'poison') throw kernel.rejected('no such thing')
        return outputs(message)
      }),
  })
}

const ledgerRoute = (scene: Scene, member: Member): Route => {
  const { kernel, plan, database } = scene
  return kernel.effectRoute({
    ...routeSettings(scene),
    from: itemTopic(derivedTopic, plan.partitions),
    group: groupOfDerived,
    store: database.storeFor(member.process),
    batchMax: plan.effectBatch,
    handle: (item: Item, context) =>
      attempted(scene, member, item, context, (message): Effect => {
        if (message.kind === 'flaky' && context.attempt === 1) throw new Error('not this time')
        return { n: item.n, part: item.part, refused: message.kind === 'refused' }
      }),
  })
}

/** Fails as often as planned in this process; attempts that met an outage do not count. */
const failFirst = (
  kernel: Kernel,
  { kind, failures }: PlannedMessage,
  failed: Map<string, number>,
  place: string,
): void => {
  if (kind !== 'flaky' && kind !== 'not-yet') return
  const before = failed.get(place) ?? 0
  if (before >= failures) return
  failed.set(place, before + 1)
  if (kind === 'flaky') throw new Error('not this time')
  throw kernel.notYet('its order')
}

const awayError = ({ InterchangeError }: Kernel): Error =>
  new InterchangeError('ICX_HANDLER_FAILED', 'the dependency is away', { class: 'outage' })

/** Notes the begin and the end of an attempt, and takes the time that the plan says. */
const attempted = <Result>(
  { plan, note }: Scene,
  { process, wire }: Member,
  { n, part }: Item,
  context: HandlerContext,
  decide: (message: PlannedMessage) => Result,
): Result | Promise<Result> => {
  const { topic, partition, offset, attempt } = context
  const epoch = wire.member?.epochOf(topic, partition) ?? 0
  const place = { process: process.name, topic, partition, offset, attempt, epoch }
  const message = plan.messages[n]
  if (message === undefined) throw new Error(`nobody planned ${n}`)
  note({ kind: 'start', ...place, n, part })
  const decided = (): Result => {
    try {
      const result = decide(message)
      note({ kind: 'end', how: 'answered', ...place })
      return result
    } catch (error) {
      note({ kind: 'end', how: 'failed', ...place })
      throw error
    }
  }
  const hangs = message.kind === 'hanging' && attempt === 1 && topic === sourceTopic
  if (message.handlingMs === 0 && !hangs) return decided()
  return new Promise((resolve, reject) => {
    let cancel = (): void => undefined
    const aborted = (): void => {
      cancel()
      note({ kind: 'end', how: 'aborted', ...place })
      reject(context.signal.reason)
    }
    context.signal.addEventListener('abort', aborted, { once: true })
    if (hangs) return
    cancel = process.post(message.handlingMs, () => {
      context.signal.removeEventListener('abort', aborted)
      try {
        resolve(decided())
      } catch (error) {
        reject(error)
      }
    })
  })
}

import type { HandlerContext, Outgoing, Route } from '@interchange/messaging'
import type { Effect } from './effect-store.ts'
import { type Item, itemOf, itemTopic } from './item.ts'
import type { Kernel } from './kernel.ts'
import {
  attemptsMax,
  attemptsMaxBeforeRoom,
  attemptsMaxBeforeTopics,
  derivedTopic,
  groupOfDerived,
  groupOfSource,
  isRefused,
  outputKey,
  type PlannedMessage,
  sourceTopic,
} from './plan.ts'
import type { Member, Scene } from './scene.ts'

const routeSettings = ({ plan }: Scene, attempts: number) => ({
  concurrencyMax: plan.concurrency,
  timeoutMs: 400,
  retry: {
    attemptsMax: attempts,
    backoffMs: 10,
    backoffMsMax: 80,
    notYetMsMax: 600_000,
    waitingAttemptsMax: 4,
    waitingBackoffMs: plan.room?.backoffMs ?? 20,
    waitingBackoffMsMax: 4 * (plan.room?.backoffMs ?? 20),
    waitingNotYetMsMax: 600_000,
  },
  tombstones: 'skip' as const,
})

export const postingRoute = (scene: Scene, member: Member): Route => {
  const { kernel, plan, dependency } = scene
  const to = itemTopic(derivedTopic, plan.partitions)
  const failed = new Map<string, number>()
  const { retryDelaysMs } = plan
  const unordered = retryDelaysMs.length > 0
  const from = itemTopic(sourceTopic, plan.partitions)
  const outputs = (message: PlannedMessage): Outgoing[] =>
    Array.from({ length: message.parts }, (_, part) =>
      kernel.outgoing(to, itemOf(message, outputKey(message, part), part)),
    )
  return kernel.publishRoute({
    ...routeSettings(scene, unordered ? attemptsMaxBeforeTopics : attemptsMax),
    from: unordered ? { ...from, retryDelaysMs: { [groupOfSource]: retryDelaysMs } } : from,
    group: groupOfSource,
    ...(unordered && { ordering: 'none' as const }),
    handle: (item: Item, context) =>
      attempted(scene, member, item, context, (message) => {
        if (dependency.away) throw awayError(kernel)
        if (unordered) failEarly(kernel, message, context)
        else failFirst(kernel, message, failed, `${context.partition}/${context.offset}`)
        if (message.kind === 'poison' && !isMended(message, context)) throw kernel.rejected('no such thing')
        return outputs(message)
      }),
  })
}

export const ledgerRoute = (scene: Scene, member: Member): Route => {
  const { kernel, plan, effects } = scene
  return kernel.effectRoute({
    ...routeSettings(scene, plan.room === undefined ? attemptsMax : attemptsMaxBeforeRoom),
    from: itemTopic(derivedTopic, plan.partitions),
    group: groupOfDerived,
    store: effects.storeFor(member.process),
    batchMax: plan.effectBatch,
    afterDeadLetter: plan.holds ? 'hold' : 'continue',
    handle: (item: Item, context) =>
      attempted(scene, member, item, context, (message): Effect => {
        failByAttempt(kernel, message, context)
        const refused = isRefused(message) && !isMended(message, context)
        if (refused && message.kind === 'hopeless') throw new Error('not this time either')
        return { n: item.n, part: item.part, refused }
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

/** Without order, failures go by the attempt, which is counted on from one retry topic to the next. */
const failEarly = (kernel: Kernel, { kind, failures }: PlannedMessage, { attempt }: HandlerContext): void => {
  if (attempt > failures) return
  if (kind === 'flaky') throw new Error('not this time')
  if (kind === 'not-yet') throw kernel.notYet('its order')
}

/** The second group's failures go by the attempt, which outlives the process when the message waits in the table. */
const failByAttempt = (kernel: Kernel, { n, kind, failures }: PlannedMessage, { attempt }: HandlerContext): void => {
  if (kind === 'flaky' && attempt === 1) throw new Error('not this time')
  if (kind !== 'patient' || attempt > failures) return
  if (n % 2 === 0) throw new Error('not this time')
  throw kernel.notYet('its account')
}

const isMended = ({ mended }: PlannedMessage, { replayId }: HandlerContext): boolean => mended && replayId !== undefined

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
  note({ kind: 'start', ...place, n, part, ownMs: process.clock.now() })
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

import type { ConsumerGroup, ConsumerGroupOptions } from '../consumer-group.ts'
import { classify } from '../failure/classify.ts'
import { InterchangeError } from '../failure/failure.ts'
import { createAttempts } from './attempts.ts'
import { createCommits } from './commits.ts'
import { type CompiledRoute, compileRoutes } from './compiled-route.ts'
import { createLetterQueue } from './dead-letters/letter-queue.ts'
import { createLetters } from './dead-letters/letters.ts'
import { createEffectBatches } from './effect-batches.ts'
import { createFailures } from './failures.ts'
import { defaultGroupLimits } from './group-limits.ts'
import { type GroupState, recovered, troubled } from './group-state.ts'
import { groupTopics } from './group-topics.ts'
import { createIntake } from './intake.ts'
import type { Message } from './message.ts'
import { createFloodWatch } from './outages/flood.ts'
import { createGate } from './outages/gate.ts'
import { createOutageWatch } from './outages/outage-watch.ts'
import { createOutputs, listOf } from './outputs.ts'
import { createRebalance } from './rebalance.ts'
import { createRetryTopics } from './retry-topics/retry-topics.ts'
import { createScheduler } from './scheduler.ts'
import { createSettlement } from './settlement.ts'
import { shutDown } from './shutdown.ts'
import type { Superseded } from './superseded.ts'
import { createGroupTransactions } from './transactions/group-transactions.ts'
import { openTransactions, refuseGaps } from './transactions/open-transactions.ts'
import { createHeldKeys, holdsKey } from './waiting/held-keys.ts'
import { createParking } from './waiting/parking.ts'
import { createRoomWork } from './waiting/room-work.ts'
import { healthOf, startWatch } from './watch.ts'

/**
 * Starts a consumer group: prepares the codec, joins, and handles until stopped. Rejects when the routes are wrong
 * (`ICX_CONFIG_INVALID`) or when the registry or the broker cannot be reached at the start (class `outage`: try again).
 */
export const createConsumerGroup = async (options: ConsumerGroupOptions): Promise<ConsumerGroup> => {
  const routes = compileRoutes(options.group, options.routes, options.publisher !== undefined)
  const state = initialState(options)
  const { clock, random, logger, transport, group } = options
  await options.codec.prepare([...routes.values()].map(({ topic }) => topic))
  refuseGaps(options, routes, state.limits)
  const letterProducer = await transport.createProducer()
  const open = await openTransactions(options, routes).catch(async (error) => {
    await letterProducer.close()
    throw error
  })

  const end = (error: InterchangeError): void => {
    if (state.phase === 'stopped' || state.phase === 'failed') return
    state.phase = 'failed'
    state.endedBy = error
    logger.error({ group, code: error.code, reason: error.message }, 'the consumer group has ended')
    options.onEnded(error)
  }
  /** Nothing escapes into the transport: an error of our own ends the group, loudly. */
  const guarded =
    <Argument>(run: (argument: Argument) => void) =>
    (argument: Argument): void => {
      try {
        run(argument)
      } catch (error) {
        end(classify(error).error)
      }
    }

  const gate = createGate({
    clock,
    random,
    pauses: {
      outage: { firstMs: state.limits.outageBackoffMs, msMax: state.limits.outageBackoffMsMax },
      flood: { firstMs: state.limits.floodPauseMs, msMax: state.limits.floodPauseMsMax },
    },
    openAt: Math.max(...[...routes.values()].map(({ concurrencyMax }) => concurrencyMax)),
    onClosed: (reason, detail) => troubled(state, reason, detail),
    onOpened: () => {
      recovered(state, 'outage')
      recovered(state, 'flood')
    },
    onRoom: () => scheduler.wake(),
  })
  const letterQueue = createLetterQueue(options, letterProducer)
  const flood = createFloodWatch(state.limits.floodLetters)
  const outages = createOutageWatch(state.limits.outageAfterMessages)
  const plain = createCommits(state)
  const transactions =
    open &&
    createGroupTransactions({
      state,
      open,
      plain,
      settled: (message, as) => settlement.settle(message, as),
      failed: (message, error) => failures.failed(message, error),
      take: (batch) => intake.take(batch),
      pause: (partition) => intake.pause(partition),
      relieve: () => intake.relieve(),
      end,
    })
  const commits = transactions ?? plain
  const letters = createLetters(state, letterQueue, (message, letter) => transactions?.prepareLetter(message, letter))
  const retryTopics = createRetryTopics(state, letterQueue)
  const settlement = createSettlement({
    state,
    gate,
    flood,
    outages,
    letters,
    commits,
    mindKey(message, as, then) {
      const leaves = as === 'dead-lettered' && !holdsKey(message)
      heldKeys.mind(message, as, leaves ? () => parking.takeOut(message, then) : then)
    },
    enter: (message, as) => transactions?.enter(message, as),
    left: (message) => parking.left(message),
    onRoom: ({ owner }) => {
      if (owner.lanes.ready) scheduler.list(owner)
      scheduler.wake()
      intake.relieve()
    },
  })
  const failures = createFailures({
    state,
    gate,
    flood,
    outages,
    letters,
    park: (message, delayMs) => parking.wait(message, delayMs),
    postpone: (message, history) => retryTopics.write(message, history, () => settlement.moved(message)),
    retry: (message) => scheduler.retry(message),
    rest: settlement.rest,
    buried: (message) => settlement.conclude(message, 'dead-lettered'),
    end,
  })
  const dropped = (message: Message): void => {
    message.stage = 'over'
    settlement.rest(message)
  }
  const roomWork = createRoomWork(state, end)
  const batches = createEffectBatches({
    state,
    gate,
    settled: settlement.conclude,
    failed: failures.failed,
    dropped,
    fenced: ({ owner }) => roomWork.fenced(owner),
  })
  const outputs = options.publisher === undefined ? undefined : createOutputs(state, options.publisher)

  const handled = (message: Message, answer: unknown): void => {
    const { owner } = message
    message.stage = 'settling'
    message.answer = answer
    owner.counts.handled++
    owner.counts.handledMs += clock.now() - message.startedAtMs
    if (owner.route.store !== undefined) batches.add(message)
    else if (owner.transaction !== undefined) prepare(message)
    else if (outputs === undefined || listOf(answer).length === 0) settlement.conclude(message, 'done')
    else publish(message, outputs)
    // What it answered is queued in order, so the next of its key may go; not past a message that may yet become a letter
    // its key waits for.
    if (owner.route.heldKeys === undefined) releaseLane(message)
    else owner.lanes.hold(message)
  }

  const prepare = (message: Message): void => {
    try {
      transactions?.prepare(message)
    } catch (error) {
      failures.failed(message, error)
      return
    }
    settlement.conclude(message, 'done')
  }

  const publish = (message: Message, to: NonNullable<typeof outputs>): void => {
    try {
      to.publish(
        message,
        () => settlement.conclude(message, 'done'),
        (error) => failures.failed(message, error),
      )
    } catch (error) {
      failures.failed(message, error)
    }
  }

  const superseded = (message: Message, { by }: Superseded): void => {
    const { topic, partition, offset, messageId, replayId } = message
    logger.info({ group, topic, partition, offset, messageId, replayId, supersededBy: by }, 'superseded')
    settlement.conclude(message, 'superseded')
  }

  const releaseLane = (message: Message): void => {
    if (!message.holdsLane) return
    message.owner.lanes.release(message)
    scheduler.list(message.owner)
  }

  const attempts = createAttempts(state, {
    handled,
    tombstone: (message) => parking.takeOut(message, () => settlement.conclude(message, 'tombstone')),
    superseded,
    failed: failures.failed,
    dropped,
  })
  const scheduler = createScheduler({
    state,
    gate,
    start: attempts.start,
    holdBack: (message) => parking.holdBack(message),
  })
  const intake = createIntake({
    state,
    commits,
    holdBack: (batch, partition) => transactions?.holdBack(batch, partition),
    list: scheduler.list,
  })
  const parking = createParking({
    state,
    commits,
    retry: scheduler.retry,
    list: scheduler.list,
    take: intake.take,
    pause: intake.pause,
    relieve: intake.relieve,
    roomWork,
    restoreLetters: (partition, held) => heldKeys.restore(partition, held),
  })
  const heldKeys = createHeldKeys({
    state,
    roomWork,
    behind: parking.behind,
    left: parking.left,
    list: scheduler.list,
    dropped,
  })
  const topics = groupTopics(routes)
  const rebalance = createRebalance({ state, topics, commits, parking, list: scheduler.list })

  const joining = transport.createConsumer({
    group,
    topics: [...topics.keys()],
    isolation: state.limits.isolation,
    transactional: transactions !== undefined,
    sessionTimeoutMs: state.limits.sessionTimeoutMs,
    rebalanceTimeoutMs: state.limits.rebalanceTimeoutMs,
    fetchPartitionBytesMax: state.limits.fetchPartitionBytesMax,
    onBatch: guarded(intake.take),
    onAssigned: guarded(rebalance.assigned),
    onRevoked: (partitions) => rebalance.revoked(partitions).catch((error) => end(classify(error).error)),
    onEnded: end,
  })
  state.consumer = await joining.catch(async (error) => {
    await Promise.all([letterProducer.close(), open?.close()])
    throw error
  })
  if (state.phase === 'starting') state.phase = 'running'
  if (state.paused.size > 0) state.consumer.pause([...state.paused])
  startWatch({ state, attempts, gate, everyMs: watchEveryMs(routes), end })
  let stopping: Promise<void> | undefined
  return {
    group,
    health: () => healthOf(state),
    stop(deadlineMs) {
      stopping ??= shutDown(
        { state, gate, attempts, commits, letterQueue, letterProducer, transactions: open },
        deadlineMs,
      )
      return stopping
    },
  }
}

const initialState = (options: ConsumerGroupOptions): GroupState => ({
  options,
  limits: { ...defaultGroupLimits, ...options.limits },
  partitions: new Map(),
  former: new Map(),
  paused: new Set(),
  troubles: new Map(),
  phase: 'starting',
  endedBy: undefined,
  consumer: undefined,
  busy: 0,
  waiting: 0,
  heldBytes: 0,
  progressAtMs: options.clock.now(),
  progressed: false,
  onRest: new Set(),
})

const watchEveryMs = (routes: ReadonlyMap<string, CompiledRoute>): number =>
  Math.max(5, Math.min(250, ...[...routes.values()].map(({ timeoutMs }) => timeoutMs / 4)))

import { hash } from 'node:crypto'
import type { EffectStore, SettleEntry, SettleResult } from '../effect-store.ts'
import { classify } from '../failure/classify.ts'
import { InterchangeError } from '../failure/failure.ts'
import { backoffMs } from '../failure/retry-policy.ts'
import { createFifo, type Fifo } from '../fifo.ts'
import type { CompiledRoute } from './compiled-route.ts'
import { deliveryOf } from './dead-letters/letters.ts'
import { type GroupState, isEnding, recovered, troubled } from './group-state.ts'
import { isToldOf, type Message, type OwnedPartition } from './message.ts'
import type { Gate } from './outages/gate.ts'
import { listOf } from './outputs.ts'
import { partitionKey } from './owned-partition.ts'
import { commitClaimOf } from './waiting/waiting-message.ts'

/**
 * Commits the effects of handled messages, those of a partition in the order they were handled. A route has a few transactions under
 * way at once, each of partitions that the others have not, so that the database works while the next batch is made; while one is
 * under way its next batch gathers. A refusal of the whole batch is waited out; nothing is dead-lettered for it.
 */
export interface EffectBatches {
  add(message: Message): void
}

export interface EffectBatchesOptions {
  readonly state: GroupState
  readonly gate: Gate
  readonly settled: (message: Message, as: 'done' | 'duplicate') => void
  readonly failed: (message: Message, error: InterchangeError) => void
  /** Given up because its assignment or the group ended. */
  readonly dropped: (message: Message) => void
  /** Another member has taken over what this message waited for. */
  readonly fenced: (message: Message) => void
}

/** What goes through one transaction after another. */
interface Gathering {
  readonly queue: Fifo<Message>
  working: boolean
  /** A batch was given up because the group ends: what comes after it must not overtake it. */
  gaveUp: boolean
}

export const createEffectBatches = (options: EffectBatchesOptions): EffectBatches => {
  const { state, gate, settled, failed, dropped } = options
  const { clock, random, group } = state.options
  /** Those of a route, whose turn comes next first. */
  const turnsOf = new Map<CompiledRoute, Gathering[]>()
  /** What an assignment of a partition leaves under way is committed before what comes again after it. */
  const byPartition = new Map<string, Gathering>()
  /** The same, without a text for every message. */
  const byOwner = new WeakMap<OwnedPartition, Gathering>()

  const work = async (route: CompiledRoute, store: EffectStore<unknown>, gathering: Gathering): Promise<void> => {
    while (gathering.queue.size > 0) {
      const batch = take(route, gathering)
      if (batch.length > 0) gathering.gaveUp = !(await settle(route, store, batch))
    }
    gathering.working = false
  }

  const take = (route: CompiledRoute, { queue, gaveUp }: Gathering): Message[] => {
    const batch: Message[] = []
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      if (next.owner.ended || gaveUp) dropped(next)
      else if (batch.push(next) === route.batchMax) break
    }
    return batch
  }

  /** False when the batch was given up. */
  const settle = async (
    route: CompiledRoute,
    store: EffectStore<unknown>,
    batch: readonly Message[],
  ): Promise<boolean> => {
    const nowMs = clock.now()
    const entries = batch.map((message) => entryOf(message, nowMs))
    for (let attempt = 1; ; attempt++) {
      try {
        const results = await store.settle(group, entries)
        recovered(state, 'store')
        for (const [index, message] of batch.entries()) apply(message, results[index])
        return true
      } catch (error) {
        const failure = classify(error)
        state.progressAtMs = clock.now()
        state.options.metrics.failed(route.topic.name, group, failure.failureClass, failure.code)
        troubled(state, 'store', `${failure.code}: ${failure.message}`)
        if (failure.failureClass === 'outage') gate.close('outage', `${failure.code}: ${failure.message}`)
        await pause(Math.max(10, failure.retryAfterMs ?? backoffMs(route.retry, attempt, random)))
        if (isEnding(state)) {
          for (const message of batch) dropped(message)
          return false
        }
      }
    }
  }

  const apply = (message: Message, result: SettleResult | undefined): void => {
    if (result === 'done' || result === 'duplicate') settled(message, result)
    else if (result?.code === 'ICX_WAITING_FENCED') {
      options.fenced(message)
      dropped(message)
    } else failed(message, result ?? unanswered())
  }

  /** Partitions take turns, and each keeps its gathering. */
  const gatheringOf = (owner: OwnedPartition): Gathering => {
    const known = byOwner.get(owner)
    if (known !== undefined) return known
    const key = partitionKey(owner.topic, owner.partition)
    const gathering = byPartition.get(key) ?? nextOf(owner.route)
    byPartition.set(key, gathering)
    byOwner.set(owner, gathering)
    return gathering
  }

  const nextOf = (route: CompiledRoute): Gathering => {
    const turns = turnsOf.get(route) ?? []
    turnsOf.set(route, turns)
    const next = (turns.length < route.batchesMax ? undefined : turns.shift()) ?? newGathering()
    turns.push(next)
    return next
  }

  const pause = (delayMs: number): Promise<void> => new Promise((resolve) => clock.after(delayMs, resolve))

  return {
    add(message) {
      const { route } = message.owner
      if (route.store === undefined) return
      const gathering = gatheringOf(message.owner)
      gathering.queue.push(message)
      if (gathering.working) return
      gathering.working = true
      const { store } = route
      // After this turn, so that everything handled in it shares one transaction.
      setImmediate(() => void work(route, store, gathering))
    },
  }
}

const newGathering = (): Gathering => ({ queue: createFifo(), working: false, gaveUp: false })

const entryOf = (message: Message, nowMs: number): SettleEntry<unknown> => ({
  messageId: message.messageId,
  contentHash: hash('sha256', message.record.value ?? Buffer.alloc(0), 'buffer').subarray(0, 16),
  topic: message.topic,
  partition: message.partition,
  offset: message.offset,
  effects: listOf(message.answer),
  cause: message,
  claim: commitClaimOf(message),
  delivery: isToldOf(message) ? deliveryOf(message, nowMs) : undefined,
})

const unanswered = (): InterchangeError =>
  new InterchangeError('ICX_STORE_UNAVAILABLE', 'The store gave fewer results than it was given entries.', {
    class: 'outage',
  })

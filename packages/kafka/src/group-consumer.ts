import { setTimeout as sleep } from 'node:timers/promises'
import {
  type AssignedPartition,
  type CommitOffset,
  type ConsumerOptions,
  InterchangeError,
  type Logger,
  type TransportConsumer,
} from '@interchange/messaging'
import { type AssignmentTable, createAssignmentTable } from './assignment-table.ts'
import type { CreateGroupSession, GroupSession, GroupSessionHooks } from './group-session.ts'
import { kafkaError } from './kafka-error.ts'

const restartDelayMaxMs = 2_000
/** A cluster that has just started answers before its coordinators have loaded. */
const firstJoinPatienceMs = 20_000
const sessionCloseMs = 2_000

/**
 * A group member over the eager protocol of any driver. Records are handed over and fetching goes on at once; commits are the
 * owner's, under the epoch and the generation they were read in.
 *
 * What a rebalance guarantees: `onRevoked` is awaited before this member asks to join again, and the coordinator gives
 * its partitions to nobody before it has asked, or before `rebalanceTimeoutMs` is over. A member that loses its session
 * (stopped process, cut network) cannot be asked: its `onRevoked` comes late, and its commits are refused as stale.
 *
 * An outage is lived through: a session ends after a few errors (trap K13), and a new one joins with growing delay. `onEnded` is for what cannot pass: refusals, an offset out of range, unreadable batches, an `onBatch` that threw.
 */
export const createGroupConsumer = async (
  createSession: CreateGroupSession,
  logger: Logger,
  options: ConsumerOptions,
): Promise<TransportConsumer> => {
  const table = createAssignmentTable()
  let state: 'joining' | 'running' | 'restarting' | 'ended' | 'closed' = 'joining'
  let revoking = false
  let session: GroupSession

  const revoke = async (): Promise<void> => {
    const held = table.list()
    if (held.length === 0) return
    revoking = true
    try {
      await revokedWithin(options, held, logger)
    } finally {
      table.clear()
      revoking = false
    }
  }

  const end = (error: InterchangeError): void => {
    if (state === 'ended' || state === 'closed') return
    state = 'ended'
    logger.error({ group: options.group, code: error.code, ...error.facts }, `The consumer has ended: ${error.message}`)
    const over = session
    void revoke()
      .then(() => over.close(sessionCloseMs))
      .finally(() => options.onEnded(error))
  }

  const hooks: GroupSessionHooks = {
    beforeRejoin: revoke,
    joined(partitions) {
      options.onAssigned(table.assign(partitions))
    },
    crashed(error) {
      const mapped = kafkaError(error, `reading as ${options.group}`, { group: options.group })
      if (mapped.code !== 'ICX_KAFKA_UNAVAILABLE') end(mapped)
      else void restart(mapped)
    },
    takeBatch(batch) {
      const assigned = table.get(batch.topic, batch.partition)
      if (assigned === undefined || revoking || state !== 'running') return false
      if (table.isPaused(batch.topic, batch.partition)) return false
      try {
        options.onBatch({ ...batch, epoch: assigned.epoch })
        return true
      } catch (error) {
        end(new InterchangeError('ICX_HANDLER_FAILED', 'onBatch threw', { class: 'fatal', cause: error }))
        return false
      }
    },
  }

  const restart = async (reason: InterchangeError): Promise<void> => {
    state = 'restarting'
    logger.warn(
      { group: options.group, ...reason.facts },
      `The group session is lost, joining again: ${reason.message}`,
    )
    await revoke()
    for (let attempt = 1; state === 'restarting'; attempt++) {
      await sleep(Math.min(restartDelayMaxMs, 100 * 2 ** attempt), undefined, { ref: true })
      if (state !== 'restarting') return
      session = createSession(options, hooks, session.memberId())
      try {
        await begin()
      } catch (error) {
        await session.close(sessionCloseMs)
        const mapped = kafkaError(error, `joining ${options.group}`, { group: options.group, attempt })
        if (mapped.code !== 'ICX_KAFKA_UNAVAILABLE') end(mapped)
      }
    }
  }

  const begin = async (): Promise<void> => {
    const before = state
    state = 'running'
    try {
      await session.start()
    } catch (error) {
      if (state === 'running') state = before
      throw error
    }
  }

  const untilMs = Date.now() + firstJoinPatienceMs
  let formerId: string | undefined
  for (let attempt = 1; ; attempt++) {
    session = createSession(options, hooks, formerId)
    try {
      await begin()
      break
    } catch (error) {
      await session.close(sessionCloseMs)
      formerId = session.memberId()
      const mapped = kafkaError(error, `joining ${options.group}`, { group: options.group, attempt })
      if (mapped.code !== 'ICX_KAFKA_UNAVAILABLE' || Date.now() >= untilMs) {
        state = 'closed'
        throw mapped
      }
      await sleep(Math.min(1_000, 100 * 2 ** attempt))
    }
  }

  let closing: Promise<void> | undefined
  return {
    pause(partitions) {
      const held = partitions.filter(({ topic, partition }) => table.get(topic, partition) !== undefined)
      for (const { topic, partition } of held) table.pause(topic, partition)
      session.pause(held)
    },
    resume(partitions) {
      const held = partitions.filter(({ topic, partition }) => table.get(topic, partition) !== undefined)
      for (const { topic, partition } of held) table.resume(topic, partition)
      session.resume(held)
    },
    seek(partition, offset) {
      if (table.get(partition.topic, partition.partition) !== undefined) session.seek(partition, offset)
    },
    async commit(offsets) {
      const { fresh, stale } = byEpoch(table, offsets)
      if (fresh.length === 0) return stale
      return (await session.commit(fresh)) ? stale : [...stale, ...fresh]
    },
    assignment: () => table.list(),
    membership: () => session.membership?.(),
    close(deadlineMs) {
      if (state !== 'ended') state = 'closed'
      table.clear()
      closing ??= session.close(deadlineMs)
      return closing
    },
  }
}

const byEpoch = (
  table: AssignmentTable,
  offsets: readonly CommitOffset[],
): { fresh: CommitOffset[]; stale: CommitOffset[] } => {
  const fresh: CommitOffset[] = []
  const stale: CommitOffset[] = []
  for (const offset of offsets) {
    const isFresh = table.get(offset.topic, offset.partition)?.epoch === offset.epoch
    ;(isFresh ? fresh : stale).push(offset)
  }
  return { fresh, stale }
}

/** The owner's `onRevoked`, awaited within its bound; what it throws is said and does not stop the rebalance. */
const revokedWithin = async (
  options: ConsumerOptions,
  partitions: readonly AssignedPartition[],
  logger: Logger,
): Promise<void> => {
  const bound = new AbortController()
  try {
    await Promise.race([
      options.onRevoked(partitions),
      sleep(options.rebalanceTimeoutMs, undefined, { ref: false, signal: bound.signal }),
    ])
  } catch (error) {
    logger.error({ group: options.group, cause: String(error) }, 'onRevoked failed')
  } finally {
    bound.abort()
  }
}

import {
  InterchangeError,
  type OutboundRecord,
  type SendOutcome,
  type TopicPartition,
  type TransactionalProducer,
  type TransactionOffsets,
} from '@interchange/messaging'
import type { KafkaConfig } from '../kafka-config.ts'
import { rootOf } from '../kafka-error.ts'
import { createSend } from '../partition-sender.ts'
import { persist } from './persist.ts'
import type { TransactionOwner, TransactionWire } from './transaction-wire.ts'

const sequenceEnd = 2 ** 31

/** The group's coordinator knows a later generation, or none of this member. */
const lostAssignment = new Set(['FENCED_INSTANCE_ID', 'ILLEGAL_GENERATION', 'UNKNOWN_MEMBER_ID'])

/**
 * The state of one transactional id. Where kafkajs' own state machine has no way out after a failed commit or abort (trap
 * K6), this one says that it is over, and the owner makes another.
 */
export const createTransactionalProducer = (
  wire: TransactionWire,
  config: KafkaConfig,
  owner: TransactionOwner,
): TransactionalProducer => {
  const { transactionalId } = owner
  const sequences = new Map<string, number>()
  /** What the coordinator knows to be part of this transaction. */
  const joined = new Set<string>()
  let state: 'ready' | 'open' | 'over' = 'ready'
  /** Something of this transaction was not done: it must not be committed. */
  let torn = false
  /** And nobody knows whether it was: the broker may count another sequence than we do. */
  let unknown = false
  let turn: Promise<unknown> = Promise.resolve()

  /** The coordinator refuses a second request while it works on the first. */
  const inTurn = <Answer>(run: () => Promise<Answer>): Promise<Answer> => {
    const next = turn.then(run)
    turn = next.catch(() => undefined)
    return next
  }

  const ask = async (doing: string, run: () => Promise<void>): Promise<void> => {
    const asked = await persist(config, `${doing} of ${transactionalId}`, run)
    if (!('error' in asked)) return
    torn = true
    unknown = true
    throw asked.error
  }

  const join = (partitions: readonly TopicPartition[]): Promise<void> =>
    inTurn(async () => {
      const fresh = partitions.filter((each) => !joined.has(placeOf(each)))
      if (fresh.length === 0) return
      await ask('adding partitions to the transaction', () => wire.addPartitions(owner, fresh))
      for (const each of fresh) joined.add(placeOf(each))
    })

  const sendSequenced = createSend(async (topic, partition, records) => {
    const place = placeOf({ topic, partition })
    const firstSequence = sequences.get(place) ?? 0
    const offset = await wire.produce(owner, { topic, partition, firstSequence, records })
    sequences.set(place, (firstSequence + records.length) % sequenceEnd)
    return offset
  }, config)
  let sending: Promise<unknown> = Promise.resolve()

  const sendJoined = async (records: readonly OutboundRecord[]): Promise<readonly SendOutcome[]> => {
    let outcomes: readonly SendOutcome[]
    try {
      await join(partitionsOf(records))
      outcomes = await sendSequenced(records)
    } catch (error) {
      const failed = error instanceof InterchangeError ? error : overError(transactionalId)
      return records.map(() => ({ status: 'failed', error: failed }))
    }
    for (const { status } of outcomes) {
      torn ||= status !== 'ok'
      unknown ||= status === 'unknown'
    }
    return outcomes
  }

  const assertOpen = (): void => {
    if (state !== 'open') throw overError(transactionalId)
  }

  const end = async (committed: boolean): Promise<void> => {
    state = 'over'
    if (joined.size === 0) return
    const doing = `${committed ? 'committing' : 'aborting'} the transaction of ${transactionalId}`
    const ended = await inTurn(() => persist(config, doing, () => wire.end(owner, committed)))
    if (!('error' in ended)) return
    throw committed && ended.unanswered ? unknownCommit(transactionalId, ended.error) : ended.error
  }

  return {
    begin() {
      if (state !== 'ready') throw overError(transactionalId)
      state = 'open'
      joined.clear()
      torn = false
    },
    async send(records) {
      assertOpen()
      // One after the other, so that the sequence of a partition is counted by one at a time.
      const sent = sending.then(() => sendJoined(records))
      sending = sent
      return sent
    },
    async sendOffsets(offsets) {
      assertOpen()
      await inTurn(async () => {
        await ask('adding the group to the transaction', () => wire.addGroup(owner, offsets.group))
        joined.add(offsets.group)
      })
      await ask('sending offsets', () => wire.commitOffsets(owner, offsets)).catch((error: unknown) => {
        throw lostAssignment.has(rootOf(error).type ?? '') ? fenced(offsets, error) : error
      })
    },
    async commit() {
      assertOpen()
      if (torn) throw tornError(transactionalId)
      await end(true)
      state = 'ready'
    },
    async abort() {
      assertOpen()
      await end(false)
      if (!unknown) state = 'ready'
    },
  }
}

const placeOf = ({ topic, partition }: TopicPartition): string => `${partition} ${topic}`

const partitionsOf = (records: readonly OutboundRecord[]): TopicPartition[] => {
  const places = new Map<string, TopicPartition>()
  let last: OutboundRecord | undefined
  for (const record of records) {
    // Records of one partition mostly come together: no name is built for those.
    if (last?.topic !== record.topic || last.partition !== record.partition) places.set(placeOf(record), record)
    last = record
  }
  return [...places.values()].map(({ topic, partition }) => ({ topic, partition }))
}

const fenced = ({ group }: TransactionOffsets, cause: unknown): InterchangeError =>
  new InterchangeError('ICX_KAFKA_FENCED', `${group} has given the partition to another member.`, {
    class: 'transient',
    cause,
    facts: { group },
  })

const overError = (transactionalId: string): InterchangeError =>
  new InterchangeError(
    'ICX_KAFKA_UNAVAILABLE',
    `${transactionalId} has no such transaction open, or must be taken over again.`,
    {
      class: 'outage',
      facts: { transactionalId },
    },
  )

const tornError = (transactionalId: string): InterchangeError =>
  new InterchangeError(
    'ICX_KAFKA_UNAVAILABLE',
    `Not all of the transaction of ${transactionalId} was sent: abort it.`,
    {
      class: 'outage',
      facts: { transactionalId },
    },
  )

const unknownCommit = (transactionalId: string, cause: unknown): InterchangeError =>
  new InterchangeError('ICX_KAFKA_UNKNOWN_OUTCOME', `The transaction of ${transactionalId} may be committed.`, {
    class: 'outage',
    cause,
    facts: { transactionalId },
  })

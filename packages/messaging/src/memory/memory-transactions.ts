import type { Clock } from '../clock.ts'
import { InterchangeError } from '../failure/failure.ts'
import {
  type OutboundRecord,
  type SendOutcome,
  type TopicPartition,
  type TransactionalProducer,
  type Transactions,
  transactionTimeoutMs,
} from '../transport.ts'
import { unavailable, unknownOutcome } from './memory-errors.ts'
import type { FaultDice } from './memory-faults.ts'
import type { MemoryGroup } from './memory-group.ts'
import type { MemoryLog, MemoryTransaction } from './memory-log.ts'

interface OpenTransaction extends MemoryTransaction {
  /** Where it has written. */
  readonly places: Map<string, TopicPartition>
  /** What to commit with it. */
  readonly offsets: (() => void)[]
}

/** A transactional id: who owns it, and what that one has open. */
interface TransactionalId {
  epoch: number
  open: OpenTransaction | undefined
}

export interface MemoryTransactionsOptions {
  readonly log: MemoryLog
  readonly clock: Clock
  readonly dice: FaultDice
  readonly group: (name: string) => MemoryGroup
  readonly reachable: () => boolean
  /** The time that a request is on its way. */
  readonly later: () => Promise<void>
  /** A transaction has ended: readers may go on. */
  readonly ended: () => void
}

/** Kafka's transactions: an epoch per id fences, an end is one step, and whatever stays open too long is aborted. */
export const createMemoryTransactions = (options: MemoryTransactionsOptions): Transactions => {
  const { log, clock, dice } = options
  const ids = new Map<string, TransactionalId>()

  const end = (id: TransactionalId, state: 'committed' | 'aborted'): void => {
    const { open } = id
    if (open === undefined) return
    id.open = undefined
    open.state = state
    if (state === 'committed') for (const commit of open.offsets) commit()
    for (const { topic, partition } of open.places.values()) log.mark(topic, partition, open)
    options.ended()
  }

  /** The transaction of an id, begun at its first write; it times out from there. */
  const opened = (id: TransactionalId): OpenTransaction => {
    if (id.open !== undefined) return id.open
    const begun: OpenTransaction = { state: 'open', places: new Map(), offsets: [] }
    id.open = begun
    clock.after(transactionTimeoutMs, () => {
      if (id.open !== begun) return
      id.epoch++
      end(id, 'aborted')
    })
    return begun
  }

  const producerOf = (name: string, id: TransactionalId): TransactionalProducer => {
    const { epoch } = id
    let state: 'ready' | 'open' | 'over' = 'ready'
    let torn = false
    let unknown = false

    const assertOpen = (): void => {
      if (state !== 'open') throw unavailable(`${name} has no transaction open`)
    }
    const assertOwner = (): void => {
      if (id.epoch !== epoch) throw fenced(name)
    }
    /** A step that the broker took, or refused, or of which nobody heard again. */
    const asked = async (doing: string, run: () => void): Promise<void> => {
      await options.later()
      if (!options.reachable() || dice.recordLost()) throw unavailable(doing)
      assertOwner()
      run()
      if (dice.answerLost()) throw unavailable(doing)
    }
    const append = (record: OutboundRecord): SendOutcome => {
      if (!options.reachable() || dice.recordLost()) return unknownOutcome(record)
      try {
        assertOwner()
        const transaction = opened(id)
        const offset = log.append(record, clock.now(), transaction)
        const { topic, partition } = record
        transaction.places.set(`${partition} ${topic}`, { topic, partition })
        return dice.answerLost() ? unknownOutcome(record) : { status: 'ok', offset }
      } catch (error) {
        if (error instanceof InterchangeError) return { status: 'failed', error }
        throw error
      }
    }

    return {
      begin() {
        if (state !== 'ready') throw unavailable(`${name} must be taken over again`)
        state = 'open'
        torn = false
      },
      async send(records) {
        assertOpen()
        await options.later()
        const outcomes = records.map(append)
        torn ||= outcomes.some(({ status }) => status !== 'ok')
        unknown ||= outcomes.some(({ status }) => status === 'unknown')
        return outcomes
      },
      async sendOffsets({ group: groupName, offsets, membership }) {
        assertOpen()
        try {
          await asked(`sending offsets of ${name}`, () => {
            const group = options.group(groupName)
            if (membership !== undefined && !group.knows(membership)) throw fenced(name)
            opened(id).offsets.push(() => group.commitInTransaction(offsets))
          })
        } catch (error) {
          torn = true
          unknown = true
          throw error
        }
      },
      async commit() {
        assertOpen()
        if (torn) throw unavailable(`not all of the transaction of ${name} was sent`)
        state = 'over'
        await asked(`committing the transaction of ${name}`, () => end(id, 'committed'))
        state = 'ready'
      },
      async abort() {
        assertOpen()
        state = 'over'
        await asked(`aborting the transaction of ${name}`, () => end(id, 'aborted'))
        if (!unknown) state = 'ready'
      },
    }
  }

  return {
    async takeOver(name) {
      await options.later()
      if (!options.reachable()) throw unavailable(`taking over ${name}`)
      const id = ids.get(name) ?? { epoch: -1, open: undefined }
      ids.set(name, id)
      id.epoch++
      end(id, 'aborted')
      return producerOf(name, id)
    },
    close: async () => undefined,
  }
}

const fenced = (name: string): InterchangeError =>
  new InterchangeError('ICX_KAFKA_FENCED', `${name} has another owner.`, {
    class: 'transient',
    facts: { transactionalId: name },
  })

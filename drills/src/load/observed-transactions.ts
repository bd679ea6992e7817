import type { HistoryFile } from '@interchange/drill-kit'
import { InterchangeError, type TransactionalProducer, type Transport } from '@interchange/messaging'
import { observedTransport } from './observed-transport.ts'

/**
 * The transport with every take-over, delivery and transaction of `topic` noted on its way. A partition counts as assigned when
 * its transactional id is taken over: from then on its former owner commits nothing. `reach` is called at the steps of a transaction.
 */
export const observedTransactions = (
  transport: Transport,
  { topic, group }: { readonly topic: string; readonly group: string },
  history: HistoryFile,
  reach: (point: string) => void,
): Transport => {
  const epochs = new Map<number, number>()
  const deliveries: HistoryFile = {
    ...history,
    note(fact) {
      if (fact.op === 'assigned') epochs.set(fact.partition, fact.epoch)
      else history.note(fact)
    },
  }
  const { createTransactions } = transport
  if (createTransactions === undefined) throw new Error(`${transport.driver} has no transactions`)
  return {
    ...observedTransport(transport, topic, deliveries),
    async createTransactions() {
      const transactions = await createTransactions()
      return {
        ...transactions,
        async takeOver(transactionalId) {
          const producer = await transactions.takeOver(transactionalId)
          const partition = Number(transactionalId.slice(`${group}.${topic}.`.length))
          // The replay lane has ids of its own.
          if (transactionalId !== `${group}.${topic}.${partition}`) return producer
          const epoch = epochs.get(partition) ?? 0
          history.note({ op: 'assigned', partition, epoch })
          return observedProducer(producer, { partition, epoch }, history, reach)
        },
      }
    },
  }
}

const observedProducer = (
  producer: TransactionalProducer,
  place: { readonly partition: number; readonly epoch: number },
  history: HistoryFile,
  reach: (point: string) => void,
): TransactionalProducer => {
  let offset = 0
  return {
    ...producer,
    async send(records) {
      reach('send.before')
      const outcomes = await producer.send(records)
      reach('send.after')
      return outcomes
    },
    async sendOffsets(offsets) {
      offset = offsets.offsets[0]?.offset ?? 0
      reach('offsets.before')
      await producer.sendOffsets(offsets)
      reach('offsets.after')
    },
    async commit() {
      const commit = { op: 'commit' as const, ...place, offset }
      reach('commit.before')
      history.note({ ...commit, phase: 'invoke' })
      try {
        await producer.commit()
        reach('commit.after')
        history.note({ ...commit, phase: 'ok' })
      } catch (error) {
        history.note({ ...commit, phase: 'info', code: lastCodeOf(error) })
        throw error
      }
    },
  }
}

/** What the last answer said: an earlier try without one makes the outcome unknown. */
const lastCodeOf = (error: unknown): string => {
  if (!(error instanceof InterchangeError)) return String(error)
  return error.cause instanceof InterchangeError ? lastCodeOf(error.cause) : error.code
}

import { type Transactions, transactionTimeoutMs } from '@interchange/messaging'
import type { KafkaConfig } from '../kafka-config.ts'
import { persist } from './persist.ts'
import type { TransactionWire } from './transaction-wire.ts'
import { createTransactionalProducer } from './transactional-producer.ts'

/**
 * Transactions of any driver, by one transactional id per owner of a partition (reliability rules 3.2). All ids share the
 * connections of `wire`: it keeps nothing of one that another could trip over (trap K28).
 */
export const createTransactions = (wire: TransactionWire, config: KafkaConfig): Transactions => ({
  async takeOver(transactionalId) {
    const taken = await persist(config, `taking over ${transactionalId}`, () =>
      wire.initProducer(transactionalId, config.transactionTimeoutMs ?? transactionTimeoutMs),
    )
    if ('error' in taken) throw taken.error
    return createTransactionalProducer(wire, config, taken.answer)
  },
  close: async () => wire.destroy(),
})

import { classify } from '../../failure/classify.ts'
import type { InterchangeError } from '../../failure/failure.ts'
import type { OutboundRecord, SendOutcome, TransactionalProducer, TransactionOffsets } from '../../transport.ts'

/** What became of one transaction. */
export type TransactionResult =
  | { readonly status: 'committed' }
  /** Aborted, because Kafka will not take these records of it; the producer may go on. By their place in `records`. */
  | { readonly status: 'refused'; readonly refusals: ReadonlyMap<number, InterchangeError> }
  /** Not committed, or nobody knows: the id has to be taken over again, and the committed offset read. */
  | { readonly status: 'lost'; readonly error: InterchangeError }

/** Writes records and offsets in one transaction. Never rejects. */
export const transact = async (
  producer: TransactionalProducer,
  records: readonly OutboundRecord[],
  offsets: TransactionOffsets,
): Promise<TransactionResult> => {
  try {
    producer.begin()
    // Both, whatever becomes of one: nothing may still be on its way when the transaction is ended.
    const [sent, read] = await Promise.allSettled([
      records.length === 0 ? Promise.resolve([]) : producer.send(records),
      producer.sendOffsets(offsets),
    ])
    if (sent.status === 'rejected') throw sent.reason
    const refusals = refusalsOf(sent.value)
    if (read.status === 'rejected') throw read.reason
    if (refusals.size > 0) {
      await producer.abort()
      return { status: 'refused', refusals }
    }
    await producer.commit()
    return { status: 'committed' }
  } catch (error) {
    return { status: 'lost', error: classify(error).error }
  }
}

/** The records that are refused for what they are. Throws for an outcome that says nothing about its record. */
const refusalsOf = (outcomes: readonly SendOutcome[]): ReadonlyMap<number, InterchangeError> => {
  const refusals = new Map<number, InterchangeError>()
  for (const [index, outcome] of outcomes.entries()) {
    if (outcome.status === 'ok') continue
    const { failureClass } = outcome.error
    const isRefusal = failureClass === 'contract' || failureClass === 'poison' || failureClass === 'fatal'
    if (outcome.status === 'unknown' || !isRefusal) throw outcome.error
    refusals.set(index, outcome.error)
  }
  return refusals
}

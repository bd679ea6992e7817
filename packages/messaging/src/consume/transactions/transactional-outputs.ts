import { createEventEncoder } from '../../publish/create-event-encoder.ts'
import { derivedEventId } from '../../record/event-id.ts'
import type { Outgoing } from '../../route.ts'
import type { Span } from '../../tracing.ts'
import type { OutboundRecord } from '../../transport.ts'
import type { GroupState } from '../group-state.ts'
import type { Message } from '../message.ts'
import { listOf } from '../outputs.ts'
import { noWork, type TransactionalWork } from './partition-transaction.ts'

/** Encodes what a handler answered: same input, same ids, same times, same bytes. Throws what the codec throws. */
export const createTransactionalOutputs = (state: GroupState): ((message: Message) => TransactionalWork) => {
  const encode = createEventEncoder(state.options)
  const { group } = state.options

  return (message) => {
    const outputs = listOf(message.answer) as readonly Outgoing[]
    if (outputs.length === 0) return noWork
    const within = { parent: message.span, inbound: message.record.headers }
    const records: OutboundRecord[] = []
    const spans: Span[] = []
    for (const [ordinal, { topic, value }] of outputs.entries()) {
      const { record, span } = encode(topic, value, {
        messageId: derivedEventId(message.messageId, group, ordinal),
        correlationId: message.correlationId,
        causationId: message.messageId,
        timeMs: message.timeMs,
        within,
      })
      records.push(record)
      if (span !== undefined) spans.push(span)
    }
    return { records, spans, shortened: undefined, committed: undefined }
  }
}

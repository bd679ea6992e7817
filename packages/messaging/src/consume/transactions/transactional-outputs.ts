import { createEventEncoder, type EncodedEvent } from '../../publish/create-event-encoder.ts'
import { derivedEventId } from '../../record/event-id.ts'
import type { Outgoing } from '../../route.ts'
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
    const events = outputs.map(
      ({ topic, value }, ordinal): EncodedEvent =>
        encode(topic, value, {
          messageId: derivedEventId(message.messageId, group, ordinal),
          correlationId: message.correlationId,
          causationId: message.messageId,
          timeMs: message.timeMs,
          within,
        }),
    )
    return {
      records: events.map(({ record }) => record),
      spans: events.flatMap(({ span }) => span ?? []),
      shortened: undefined,
      committed: undefined,
    }
  }
}

import type { InterchangeError } from '../failure/failure.ts'
import type { Publisher } from '../publisher.ts'
import { derivedEventId } from '../record/event-id.ts'
import type { Outgoing } from '../route.ts'
import { type GroupState, recovered, troubled } from './group-state.ts'
import type { Message } from './message.ts'

/** Publishes what a handler answered: same input, same ids, same times, same bytes. */
export interface Outputs {
  /** Calls `acknowledged` when Kafka has all of it, or `failed` with the first refusal. One of them, once. */
  publish(message: Message, acknowledged: () => void, failed: (error: unknown) => void): void
}

export const createOutputs = (state: GroupState, publisher: Publisher): Outputs => {
  const { clock, group } = state.options

  const onRetried = (error: InterchangeError): void => {
    state.progressAtMs = clock.now()
    troubled(state, 'publish', `Kafka does not take what is published: ${error.code}: ${error.message}`)
  }

  return {
    publish(message, acknowledged, failed) {
      const outputs = listOf(message.answer) as readonly Outgoing[]
      let left = outputs.length
      let over = false
      const arrived = (): void => {
        recovered(state, 'publish')
        if (--left === 0 && !over) acknowledged()
      }
      const refused = (error: unknown): void => {
        if (over) return
        over = true
        failed(error)
      }
      for (const [ordinal, { topic, value }] of outputs.entries()) {
        const publication = publisher.publish(topic, value, {
          messageId: derivedEventId(message.messageId, group, ordinal),
          correlationId: message.correlationId,
          causationId: message.messageId,
          timeMs: message.timeMs,
          // For ever: the order of a key holds because nothing overtakes a record that is still being tried.
          deadlineMs: Number.POSITIVE_INFINITY,
          within: { parent: message.span, inbound: message.record.headers },
          onRetried,
        })
        publication.then(arrived, refused)
      }
    },
  }
}

const nothing: readonly unknown[] = []

/** A handler answers nothing, one or several. */
export const listOf = (answer: unknown): readonly unknown[] => {
  if (answer === undefined || answer === null) return nothing
  return Array.isArray(answer) ? answer : [answer]
}

import type { InterchangeError } from '../../failure/failure.ts'
import { nextRetryLevel } from '../../failure/retry-policy.ts'
import type { SendQueue } from '../../publish/send-queue.ts'
import { type GroupState, isEnding, recovered, troubled } from '../group-state.ts'
import type { FailureHistory, Message } from '../message.ts'
import { retryRecord } from './retry-record.ts'

/** Where messages of routes without order and without a store wait: a topic for each delay (design page 3). */
export interface RetryTopics {
  /** Calls `written` once the message lies in its next retry topic. Never gives up by itself. */
  write(message: Message, history: FailureHistory, written: () => void): void
}

const retryMs = 1_000

export const createRetryTopics = (state: GroupState, queue: SendQueue): RetryTopics => {
  const { clock } = state.options

  const write = (message: Message, history: FailureHistory, written: () => void, compressed = false): void => {
    const { route, retryLevel } = message.owner
    const level = nextRetryLevel(route.retryDelaysMs, retryLevel, history.last.retryAfterMs)
    const dueMs = clock.now() + (route.retryDelaysMs[level - 1] ?? 0)
    queue.add({
      record: { ...retryRecord(message, history, level, dueMs), compressed },
      deadlineAtMs: Number.POSITIVE_INFINITY,
      acknowledged() {
        recovered(state, 'retry-topic')
        written()
      },
      refused(error) {
        stuck(message, error)
        // Perhaps it is too large, and came compressed.
        if (!isEnding(state)) clock.after(retryMs, () => write(message, history, written, true))
      },
      retried: (error) => stuck(message, error),
    })
  }

  const stuck = (message: Message, error: InterchangeError): void => {
    state.progressAtMs = clock.now()
    troubled(
      state,
      'retry-topic',
      `no retry topic of ${message.owner.route.topic.name} can be written: ${error.code}: ${error.message}`,
    )
  }

  return { write: (message, history, written) => write(message, history, written) }
}

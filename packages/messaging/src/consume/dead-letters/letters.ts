import type { DeliveryOutcome } from '../../delivery-outcome.ts'
import { classify } from '../../failure/classify.ts'
import type { InterchangeError } from '../../failure/failure.ts'
import type { SendQueue } from '../../publish/send-queue.ts'
import { type GroupState, isEnding, recovered, troubled } from '../group-state.ts'
import type { Message } from '../message.ts'
import type { TransactionalWork } from '../transactions/partition-transaction.ts'
import { deadLetterOf, type LetterFacts } from './dead-letter.ts'

/** Writes dead letters and reports outcomes; both are repeated until they are through, for no offset passes before. */
export interface Letters {
  /** Calls `written` once the letter is acknowledged, or prepared for a transaction. Never gives up by itself. */
  write(message: Message, fingerprint: string, written: () => void): void
  /** Calls `reported` once whoever keeps the dead letters has taken the outcome. */
  report(message: Message, outcome: DeliveryOutcome['outcome'], reported: () => void): void
}

const retryMs = 1_000

/** All of an outcome but its word. */
export const deliveryOf = (message: Message, atMs: number): Omit<DeliveryOutcome, 'outcome'> => {
  const { history, owner } = message
  return {
    messageId: message.safeMessageId,
    group: owner.route.group,
    topic: owner.route.topic.name,
    replayId: message.replayId,
    attempts: message.attempt,
    atMs,
    code: history?.last.code,
    failureClass: history?.last.failureClass,
  }
}

/** `prepare` takes the letter of a message whose offset passes with a transaction. */
export const createLetters = (
  state: GroupState,
  queue: SendQueue,
  prepare: (message: Message, letter: TransactionalWork) => void,
): Letters => {
  const { codec, clock, logger, service, group } = state.options

  const factsOf = (message: Message, fingerprint: string): LetterFacts | undefined => {
    const { history, record } = message
    if (history === undefined) return undefined
    return {
      failure: history.last,
      fingerprint,
      attempts: message.attempt,
      firstFailedAtMs: history.firstFailedAtMs,
      lastFailedAtMs: history.lastFailedAtMs,
      schemaId: record.value === null ? undefined : schemaIdOf(record.value),
      service,
    }
  }

  const schemaIdOf = (value: Buffer): number | undefined => {
    try {
      return codec.schemaId(value)
    } catch {
      return undefined
    }
  }

  const send = (message: Message, facts: LetterFacts, brief: boolean, written: () => void): void => {
    const record = deadLetterOf(message, facts, brief)
    queue.add({
      record,
      deadlineAtMs: Number.POSITIVE_INFINITY,
      acknowledged() {
        recovered(state, 'dead-letter')
        logger.warn(letterFields(message, facts), 'dead letter')
        written()
      },
      refused(error) {
        stuck(message, error)
        if (isEnding(state)) return
        // Perhaps it is too large: try without the texts, and go on trying. The offset stays.
        clock.after(retryMs, () => send(message, facts, true, written))
      },
      retried: (error) => stuck(message, error),
    })
  }

  const inTransaction = (message: Message, facts: LetterFacts, brief: boolean): TransactionalWork => ({
    records: [deadLetterOf(message, facts, brief)],
    spans: [],
    shortened: brief ? undefined : () => inTransaction(message, facts, true),
    committed() {
      recovered(state, 'dead-letter')
      logger.warn(letterFields(message, facts), 'dead letter')
    },
  })

  const stuck = (message: Message, error: InterchangeError): void => {
    state.progressAtMs = clock.now()
    troubled(state, 'dead-letter', `no letter of ${message.topic} can be written: ${error.code}: ${error.message}`)
  }

  const letterFields = (message: Message, facts: LetterFacts): Readonly<Record<string, unknown>> => ({
    group,
    topic: message.topic,
    partition: message.partition,
    offset: message.offset,
    messageId: message.safeMessageId,
    attempts: facts.attempts,
    failureClass: facts.failure.failureClass,
    code: facts.failure.code,
    fingerprint: facts.fingerprint,
    reason: facts.failure.message.slice(0, 512),
  })

  const report = (message: Message, outcome: DeliveryOutcome['outcome'], reported: () => void): void => {
    const facts: DeliveryOutcome = { ...deliveryOf(message, clock.now()), outcome }
    const again = (error: unknown): void => {
      const failure = classify(error)
      state.progressAtMs = clock.now()
      troubled(state, 'outcome', `no outcome can be reported: ${failure.code}: ${failure.message}`)
      if (!isEnding(state)) clock.after(retryMs, tell)
    }
    const tell = (): void => {
      Promise.resolve()
        .then(() => state.options.reportOutcome(facts))
        .then(() => {
          recovered(state, 'outcome')
          reported()
        }, again)
    }
    tell()
  }

  return {
    write(message, fingerprint, written) {
      const facts = factsOf(message, fingerprint)
      if (facts === undefined) return
      if (message.owner.transaction === undefined) send(message, facts, false, written)
      else {
        prepare(message, inTransaction(message, facts, false))
        written()
      }
    },
    report,
  }
}

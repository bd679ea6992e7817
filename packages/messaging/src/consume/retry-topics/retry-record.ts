import type { Failure } from '../../failure/classify.ts'
import { type ErrorCode, errorCodes } from '../../failure/error-codes.ts'
import { type FailureClass, failureClasses, InterchangeError } from '../../failure/failure.ts'
import { deadLetterHeaders as names } from '../../record/header-names.ts'
import { letterFacts } from '../../record/letter-facts.ts'
import { retryTopicName } from '../../topic.ts'
import type { OutboundRecord } from '../../transport.ts'
import { originalBlock, originalPlace } from '../dead-letters/dead-letter.ts'
import { type FailureHistory, Message } from '../message.ts'

/**
 * The record by which a message waits in retry topic `level`: key, value and header block byte-identical, same partition number,
 * facts appended. Its Kafka timestamp is the time of writing, so that retention counts from there.
 */
export const retryRecord = (
  message: Message,
  { last, firstFailedAtMs }: FailureHistory,
  level: number,
  dueMs: number,
): OutboundRecord => {
  const { record, owner } = message
  const { block, count } = originalBlock(message)
  const original = originalPlace(message)
  return {
    topic: retryTopicName(owner.route.topic.name, owner.route.group, level),
    partition: record.partition,
    key: record.key,
    value: record.value,
    headers: block.append([
      { name: names.originalHeaderCount, value: String(count) },
      { name: names.messageId, value: message.safeMessageId },
      { name: names.offset, value: original.offset },
      { name: names.timestamp, value: original.timestamp },
      { name: names.reason, value: last.failureClass },
      { name: names.code, value: last.code },
      { name: names.attempts, value: String(message.attempt) },
      { name: names.firstFailedAt, value: original.firstFailedAt ?? new Date(firstFailedAtMs).toISOString() },
      { name: names.dueAt, value: new Date(dueMs).toISOString() },
    ]),
  }
}

/** The next attempt at a message that came back by a retry topic. Facts that are missing count as a first attempt, due now. */
export const fromRetryRecord = ({ record, owner, sequence }: Message): Message => {
  const facts = letterFacts(record.headers)
  const attempts = countOf(facts.get(names.attempts))
  const timestampMs = countOf(facts.get(names.timestamp)) || record.timestampMs
  const history = attempts === 0 ? undefined : historyOf(facts, attempts, owner.retryLevel)
  const message = new Message({ ...record, timestampMs }, owner, attempts + 1, history)
  message.sequence = sequence
  message.dueMs = instantOf(facts.get(names.dueAt)) ?? 0
  return message
}

const historyOf = (facts: ReadonlyMap<string, string>, attempts: number, waits: number): FailureHistory => {
  const code: ErrorCode = codeOf(facts.get(names.code))
  const failureClass: FailureClass = failureClasses.find((known) => known === facts.get(names.reason)) ?? 'transient'
  const text = 'it failed before it came back by a retry topic'
  const error = new InterchangeError(code, text, { class: failureClass })
  const last: Failure = {
    ...{ failureClass, code, error, type: error.name, message: text, stack: '' },
    retryAfterMs: undefined,
  }
  const firstFailedAtMs = instantOf(facts.get(names.firstFailedAt)) ?? 0
  return {
    ...{ last, firstFailedAtMs, waits, lastFailedAtMs: firstFailedAtMs, attemptsSpent: attempts, heldForFlood: false },
    notYetSinceMs: failureClass === 'not-yet' ? firstFailedAtMs : undefined,
  }
}

const codeOf = (text = ''): ErrorCode => (Object.hasOwn(errorCodes, text) ? (text as ErrorCode) : 'ICX_HANDLER_FAILED')

const countOf = (text: string | undefined): number => (text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : 0)

const instantOf = (text: string | undefined): number | undefined => {
  const timeMs = Date.parse(text?.slice(0, 40) ?? '')
  return Number.isNaN(timeMs) ? undefined : timeMs
}

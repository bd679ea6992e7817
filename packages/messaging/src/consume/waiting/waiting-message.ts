import type { Failure } from '../../failure/classify.ts'
import { type ErrorCode, errorCodes } from '../../failure/error-codes.ts'
import { InterchangeError } from '../../failure/failure.ts'
import { HeaderBlock } from '../../record/header-block.ts'
import type { TransportRecord } from '../../transport.ts'
import type { WaitingClaim, WaitingFailure, WaitingRecord } from '../../waiting-room.ts'
import { type FailureHistory, Message, type OwnedPartition } from '../message.ts'

/** What waits may wait long: a view would keep its whole fetch in memory. */
export const copyOf = ({ key, value, headers, ...place }: TransportRecord): TransportRecord => ({
  ...place,
  key: key === null ? null : Buffer.from(key),
  value: value === null ? null : Buffer.from(value),
  headers: new HeaderBlock(Buffer.from(headers.bytes)),
})

export const toWaiting = (message: Message): WaitingRecord => {
  const { record, history } = message
  return {
    offset: record.offset,
    timestampMs: record.timestampMs,
    key: record.key,
    value: record.value,
    headers: record.headers.bytes,
    messageId: message.safeMessageId,
    dueMs: message.dueMs,
    attempts: message.attempt - 1,
    failure: history === undefined ? undefined : failureOf(history),
  }
}

export const fromWaiting = (waiting: WaitingRecord, owner: OwnedPartition): Message => {
  const { offset, timestampMs, key, value, attempts, dueMs, failure } = waiting
  const { topic, partition } = owner
  const headers = new HeaderBlock(waiting.headers)
  const record = { topic, partition, offset, timestampMs, key, value, headers }
  const message = new Message(record, owner, attempts + 1, failure === undefined ? undefined : historyOf(failure))
  message.room = 'in'
  message.dueMs = dueMs
  // It has no place in this assignment's window: its offset has passed, or is passed when the record comes again.
  message.sequence = -1
  return message
}

const stackLengthMax = 4_096

const failureOf = ({ last, heldForFlood: _, ...facts }: FailureHistory): WaitingFailure => ({
  ...facts,
  failureClass: last.failureClass,
  code: last.code,
  type: last.type,
  message: last.message,
  stack: last.stack.slice(0, stackLengthMax),
})

const historyOf = ({ failureClass, code, type, message, stack, ...facts }: WaitingFailure): FailureHistory => {
  const known: ErrorCode = Object.hasOwn(errorCodes, code) ? (code as ErrorCode) : 'ICX_HANDLER_FAILED'
  const error = new InterchangeError(known, message, { class: failureClass })
  const last: Failure = { failureClass, code: known, type, message, stack, retryAfterMs: undefined, error }
  return { ...facts, last, heldForFlood: false }
}

/** Under which claim a message waits; undefined when it does not. */
export const claimOf = ({ room, owner }: Message): WaitingClaim | undefined =>
  room === 'in' ? owner.room?.claim : undefined

/**
 * Under which claim a message's effects commit: it waits, or one of its key before it does. That one is refused when the claim
 * is void, and must not be overtaken by what came behind it.
 */
export const commitClaimOf = (message: Message): WaitingClaim | undefined => {
  const { room } = message.owner
  if (room === undefined || room.held.size === 0) return claimOf(message)
  return message.room === 'in' || isBehindWaiting(room.held, message) ? room.claim : undefined
}

/** Something of its key that came before it waits in the room. */
export const isBehindWaiting = (held: ReadonlyMap<number, Message>, { offset, laneKey }: Message): boolean => {
  for (const waiting of held.values()) if (waiting.offset < offset && waiting.laneKey === laneKey) return true
  return false
}

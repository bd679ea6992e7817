import type { Failure } from '../failure/classify.ts'
import { type ErrorCode, errorCodes } from '../failure/error-codes.ts'
import { InterchangeError } from '../failure/failure.ts'
import { createFifo, type Fifo } from '../fifo.ts'
import { HeaderBlock } from '../record/header-block.ts'
import type { RecordBatch, TransportRecord } from '../transport.ts'
import type { WaitingClaim, WaitingFailure, WaitingRecord, WaitingRoom } from '../waiting-room.ts'
import type { GroupLimits } from './group-limits.ts'
import { type FailureHistory, Message, type OwnedPartition } from './message.ts'
import { recordBytes } from './record-bytes.ts'

/**
 * What waits durably for one partition during one assignment. Everything in the table is here too, so that a retry reads
 * nothing; that is what the caps bound.
 */
export interface PartitionRoom {
  readonly store: WaitingRoom
  /** Undefined until what waited before us is here: nothing may be handled before. */
  claim: WaitingClaim | undefined
  /** Delivered before the claim. */
  readonly early: RecordBatch[]
  /** In the table, by offset; the latest attempt of each. */
  readonly held: Map<number, Message>
  bytes: number
  readonly keyBytes: Map<string | null, number>
  /** To be written, in order. */
  readonly entering: Fifo<Message>
  writing: boolean
  /** No room for these yet, in order: the partition is paused. */
  readonly turnedAway: Fifo<Message>
}

export const createPartitionRoom = (store: WaitingRoom): PartitionRoom => ({
  store,
  claim: undefined,
  early: [],
  held: new Map(),
  bytes: 0,
  keyBytes: new Map(),
  entering: createFifo(),
  writing: false,
  turnedAway: createFifo(),
})

/** A room with nothing in it takes any message, however large. */
export const fits = (room: PartitionRoom, { laneKey, record }: Message, limits: GroupLimits): boolean => {
  const bytes = recordBytes(record)
  const ofKey = (room.keyBytes.get(laneKey) ?? 0) + bytes
  return (
    room.bytes === 0 || (room.bytes + bytes <= limits.waitingPartitionBytesMax && ofKey <= limits.waitingKeyBytesMax)
  )
}

/** Counts a message in (`1`) or out (`-1`); answers by how many bytes. */
export const countBytes = (room: PartitionRoom, { laneKey, record }: Message, sign: 1 | -1): number => {
  const bytes = sign * recordBytes(record)
  room.bytes += bytes
  const ofKey = (room.keyBytes.get(laneKey) ?? 0) + bytes
  if (ofKey === 0) room.keyBytes.delete(laneKey)
  else room.keyBytes.set(laneKey, ofKey)
  return bytes
}

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

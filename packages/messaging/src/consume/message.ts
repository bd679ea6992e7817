import type { Cause } from '../effect-store.ts'
import type { Failure } from '../failure/classify.ts'
import { InterchangeError } from '../failure/failure.ts'
import type { SettledAs } from '../metrics.ts'
import { traceEntries } from '../publish/event-headers.ts'
import { placeEventId } from '../record/event-id.ts'
import type { HeaderEntry } from '../record/header-entry.ts'
import { ceHeaders, deadLetterHeaders } from '../record/header-names.ts'
import { letterFacts } from '../record/letter-facts.ts'
import type { HandlerContext } from '../route.ts'
import type { ProcessFacts, Span } from '../tracing.ts'
import type { TransportRecord } from '../transport.ts'
import type { CompiledRoute } from './compiled-route.ts'
import type { LaneItem, Lanes, RoomStage } from './lanes.ts'
import type { OffsetTracker } from './offset-tracker.ts'
import type { PartitionTransaction } from './transactions/partition-transaction.ts'
import type { PartitionRoom } from './waiting/partition-room.ts'

/**
 * Where a message stands: it only ever moves forward, and a later attempt is another `Message`. `letter`: it is dead-lettered
 * and holds its key.
 */
export type Stage = 'queued' | 'running' | 'settling' | 'waiting' | 'letter' | 'ready' | 'over'

/** One partition during one assignment. */
export interface OwnedPartition {
  readonly topic: string
  readonly partition: number
  readonly epoch: number
  readonly route: CompiledRoute
  /** It is the group's replay lane, whose control headers are ours. */
  readonly replayLane: boolean
  /** It is the group's retry topic of this number, whose control headers are ours too; 0 when it is none. */
  readonly retryLevel: number
  readonly tracker: OffsetTracker<Message>
  readonly lanes: Lanes<Message>
  /** Where its route commits in transactions. */
  readonly transaction: PartitionTransaction<Message> | undefined
  /** What waits durably for it; undefined where messages wait in place. */
  readonly room: PartitionRoom<Message> | undefined
  /** Still in flight here when an earlier assignment of it ended, by offset; taken over when delivered again. */
  readonly stillRunning: Map<number, Message>
  /** Started and neither settled nor waiting for another attempt. */
  busy: number
  /** In the scheduler's queue. */
  listed: boolean
  paused: boolean
  /** Being given away: start nothing more. */
  draining: boolean
  /** The assignment has ended: commit nothing either. */
  ended: boolean
  /** Last committed, or where this assignment began; -1 before the first record. */
  committed: number
  highWatermark: number
  /** Since when an open transaction keeps what lies behind the position from being read. */
  withheldSinceMs: number | undefined
  /** Not told to metrics yet. */
  readonly counts: PartitionCounts
}

export interface PartitionCounts {
  handled: number
  handledMs: number
  readonly settled: Record<SettledAs, number>
}

/** What went wrong with earlier attempts at this message in this process. */
export interface FailureHistory {
  readonly last: Failure
  readonly firstFailedAtMs: number
  readonly lastFailedAtMs: number
  /** Attempts that count against `attemptsMax`: an outage and a `not-yet` spend none. */
  readonly attemptsSpent: number
  /** Since when it has been `not-yet`; undefined when its last failure was of another class. */
  readonly notYetSinceMs: number | undefined
  /** How often it has been put into the waiting room for its own sake. */
  readonly waits: number
  /** The flood breaker sent it back once; its next letter is written. */
  readonly heldForFlood: boolean
}

/** Whoever keeps the dead letters wants to know what becomes of it: it failed before, or was replayed. */
export const isToldOf = ({ attempt, owner }: Message): boolean => attempt > 1 || owner.replayLane

/** The partition belongs to a topic that only we write, so that its control headers may be believed. */
export const isOurs = ({ replayLane, retryLevel }: OwnedPartition): boolean => replayLane || retryLevel > 0

/** Longest `ce_id` and correlation id we take (X42). */
export const messageIdLengthMax = 255

/**
 * One attempt at one record: also the handler's context and the tracer's facts, so that nothing else is allocated for a
 * message that succeeds. Ids, key and headers are read when somebody asks. The only class on the hot path.
 */
export class Message implements HandlerContext, Cause, ProcessFacts, LaneItem {
  record: TransportRecord
  readonly attempt: number
  history: FailureHistory | undefined
  owner: OwnedPartition
  sequence = 0
  stage: Stage = 'queued'
  holdsLane = false
  nextInLane: this | undefined = undefined
  room: RoomStage = 'out'
  /** While it waits durably: when it may be tried again. */
  dueMs = 0
  startedAtMs = 0
  span: Span | undefined = undefined
  /** The codec was asked for the writer's schema during this attempt. */
  schemaAsked = false
  /** What the handler answered, while it waits to be settled. */
  answer: unknown = undefined
  /** Ends the wait before the next attempt. */
  cancelWait: (() => void) | undefined = undefined

  private abort: AbortController | undefined = undefined
  private knownId: string | undefined = undefined
  private knownKey: string | null | undefined = undefined
  private knownLaneKey: string | null | undefined = undefined

  constructor(record: TransportRecord, owner: OwnedPartition, attempt: number, history: FailureHistory | undefined) {
    this.record = record
    this.owner = owner
    this.attempt = attempt
    this.history = history
  }

  /** The next attempt. This one is over: whatever its handler still does finds nobody listening. */
  again(history: FailureHistory): Message {
    const next = new Message(this.record, this.owner, this.attempt + 1, history)
    next.sequence = this.sequence
    if (this.room === 'in') next.room = 'in'
    this.stage = 'over'
    return next
  }

  get topic(): string {
    return this.record.topic
  }

  get partition(): number {
    return this.record.partition
  }

  get offset(): number {
    return this.record.offset
  }

  get group(): string {
    return this.owner.route.group
  }

  get key(): string | null {
    if (this.knownKey === undefined) this.knownKey = this.record.key === null ? null : this.record.key.toString('utf8')
    return this.knownKey
  }

  /** Bytes, not text: two keys that are no UTF-8 stay two keys. */
  get laneKey(): string | null {
    if (this.knownLaneKey !== undefined) return this.knownLaneKey
    const { key } = this.record
    this.knownLaneKey = key === null || this.owner.route.ordering === 'partition' ? null : key.toString('latin1')
    return this.knownLaneKey
  }

  /** `ce_id`; a record without one is named by its place. Throws class `contract` when the headers cannot be read. */
  get messageId(): string {
    this.knownId ??= this.readId()
    return this.knownId
  }

  /** Throws as `messageId` does: a message whose headers cannot be read has no id and must not reach a handler. */
  requireId(): void {
    this.knownId ??= this.readId()
  }

  /** `messageId`, or the place where that cannot be read: for letters and logs. */
  get safeMessageId(): string {
    try {
      return this.messageId
    } catch {
      return this.placeId()
    }
  }

  get correlationId(): string {
    const correlationId = this.record.headers.text(ceHeaders.correlationId)
    return correlationId === undefined || correlationId === '' || correlationId.length > messageIdLengthMax
      ? this.messageId
      : correlationId
  }

  get timeMs(): number {
    const text = this.record.headers.text(ceHeaders.time)
    const timeMs = text === undefined ? Number.NaN : Date.parse(text)
    return Number.isNaN(timeMs) ? this.record.timestampMs : timeMs
  }

  /** Only believed on the replay lane, which is ours alone (X44). */
  get replayId(): string | undefined {
    return this.owner.replayLane ? letterFacts(this.record.headers).get(deadLetterHeaders.replayId) : undefined
  }

  /** What this message causes belongs to its trace. */
  get trace(): readonly HeaderEntry[] {
    return this.span === undefined ? traceEntries(this.record.headers) : this.span.headers()
  }

  get signal(): AbortSignal {
    this.abort ??= new AbortController()
    return this.abort.signal
  }

  /** Tells the handler to stop. Free when it never looked at the signal. */
  abandon(reason: InterchangeError): void {
    this.abort ??= new AbortController()
    this.abort.abort(reason)
  }

  private readId(): string {
    const id = this.record.headers.text(ceHeaders.id)
    if (id === undefined) return this.placeId()
    // Two ids that are no UTF-8 would be read as one, and the later message taken for a repetition.
    const garbled = id.includes('\ufffd')
    if (id === '' || id.length > messageIdLengthMax || garbled) {
      const what = garbled ? 'is not UTF-8' : `has ${id.length} characters`
      throw new InterchangeError('ICX_CONTRACT_MESSAGE_ID', `The ce_id header ${what}.`, {
        class: 'contract',
        facts: { length: id.length, lengthMax: messageIdLengthMax },
      })
    }
    return id
  }

  private placeId(): string {
    const { topic, partition, offset, timestampMs, headers } = this.record
    if (isOurs(this.owner)) {
      const original = letterFacts(headers).get(deadLetterHeaders.messageId)
      if (original !== undefined && original !== '' && original.length <= messageIdLengthMax) return original
    }
    return placeEventId(topic, partition, offset, timestampMs)
  }
}

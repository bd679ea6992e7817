import type { RecordBatch, TransportRecord } from '../transport.ts'
import type { Commits } from './commits.ts'
import { type GroupState, isEnding } from './group-state.ts'
import { Message, type OwnedPartition } from './message.ts'
import { partitionKey } from './owned-partition.ts'
import { recordBytes } from './record-bytes.ts'
import { isBehindWaiting } from './waiting/waiting-message.ts'

/** Takes what the transport delivers and keeps every window within its bounds. Returns at once. */
export interface Intake {
  take(batch: RecordBatch): void
  /** Fetches no more of the partition until it has room again. */
  pause(partition: OwnedPartition): void
  /** Windows may have shrunk: fetch again where there is room. Free when nothing is paused. */
  relieve(): void
}

export interface IntakeOptions {
  readonly state: GroupState
  readonly commits: Commits
  /** Keeps a batch of a partition that may not be handled before its former owner is fenced. */
  readonly holdBack: (batch: RecordBatch, partition: OwnedPartition) => void
  /** The partition has something to start. */
  readonly list: (partition: OwnedPartition) => void
}

export const createIntake = ({ state, commits, holdBack, list }: IntakeOptions): Intake => {
  const { limits } = state
  const { metrics, group } = state.options
  let relieving = false

  const take = (batch: RecordBatch): void => {
    const partition = state.partitions.get(partitionKey(batch.topic, batch.partition))
    if (partition === undefined || partition.draining || partition.epoch !== batch.epoch || isEnding(state)) return
    const { tracker, room, transaction } = partition
    if (transaction?.taken === false) {
      holdBack(batch, partition)
      return
    }
    if (room !== undefined && room.claim === undefined) {
      // What waited before us comes first.
      room.early.push(batch)
      pause(partition)
      return
    }
    if (isWithheld(batch, tracker.end)) partition.withheldSinceMs ??= state.options.clock.now()
    else partition.withheldSinceMs = undefined
    const before = tracker.bytes
    for (const record of batch.records) {
      // Fetched twice: it is settled, or still in flight here.
      if (tracker.end !== undefined && record.offset < tracker.end) continue
      const waits = room?.held.get(record.offset)
      if (waits !== undefined) {
        // It is in the waiting room already; whoever put it there could not commit.
        tracker.settle(tracker.add(record.offset, 0, waits))
        continue
      }
      if (partition.stillRunning.size > 0 && takeOver(partition, record)) continue
      const message = new Message(record, partition, 1, undefined)
      message.sequence = tracker.add(record.offset, recordBytes(record), message)
      partition.lanes.push(message)
    }
    tracker.delivered(batch.nextOffset)
    // Where we began is no news to the group.
    if (partition.committed < 0) partition.committed = batch.records[0]?.offset ?? -1
    state.heldBytes += tracker.bytes - before
    partition.highWatermark = batch.highWatermark
    metrics.received(batch.topic, group, batch.records.length)
    metrics.lag(batch.topic, group, batch.partition, Math.max(0, batch.highWatermark - (tracker.committable ?? 0)))
    if (tracker.records === 0) commits.touch(partition)
    if (isFull(partition)) pause(partition)
    list(partition)
  }

  /** Records lie behind the position, and none may be had. */
  const isWithheld = ({ records, nextOffset, highWatermark }: RecordBatch, end = nextOffset): boolean =>
    records.length === 0 && nextOffset <= end && highWatermark > nextOffset

  /** A record of an earlier assignment that is still in flight here: that attempt counts, no second one begins. */
  const takeOver = (partition: OwnedPartition, record: TransportRecord): boolean => {
    const message = partition.stillRunning.get(record.offset)
    partition.stillRunning.delete(record.offset)
    if (message === undefined || (message.stage !== 'running' && message.stage !== 'settling')) return false
    // The one before it has to be handled again, its claim being void, and this one after it.
    if (partition.room !== undefined && isBehindWaiting(partition.room.held, message)) return false
    message.owner.busy--
    message.owner = partition
    partition.busy++
    message.sequence = partition.tracker.add(record.offset, recordBytes(record), message)
    if (message.holdsLane) {
      message.holdsLane = false
      partition.lanes.join(message)
    }
    return true
  }

  const isFull = ({ tracker }: OwnedPartition): boolean =>
    tracker.records >= limits.partitionRecordsMax ||
    tracker.bytes >= limits.partitionBytesMax ||
    (state.heldBytes >= limits.bytesMax && tracker.records > 0)

  const hasRoomAgain = ({ tracker, room, transaction }: OwnedPartition): boolean =>
    transaction?.taken !== false &&
    (room === undefined || (room.claim !== undefined && room.turnedAway.size === 0)) &&
    (tracker.records === 0 || hasHalf(tracker))

  const hasHalf = (tracker: OwnedPartition['tracker']): boolean =>
    tracker.records <= limits.partitionRecordsMax / 2 &&
    tracker.bytes <= limits.partitionBytesMax / 2 &&
    state.heldBytes <= limits.bytesMax / 2

  const pause = (partition: OwnedPartition): void => {
    if (partition.paused) return
    partition.paused = true
    state.paused.add(partition)
    state.consumer?.pause([partition])
  }

  const resume = (): void => {
    relieving = false
    const resumed: OwnedPartition[] = []
    for (const partition of state.paused) {
      if (partition.draining || !hasRoomAgain(partition)) continue
      partition.paused = false
      state.paused.delete(partition)
      resumed.push(partition)
    }
    if (resumed.length > 0 && !isEnding(state)) state.consumer?.resume(resumed)
  }

  return {
    take,
    pause,
    relieve() {
      if (relieving || state.paused.size === 0) return
      relieving = true
      setImmediate(resume)
    },
  }
}

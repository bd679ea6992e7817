import type { CompiledRoute } from './compiled-route.ts'
import { createLanes, type Lanes } from './lanes.ts'
import type { Message } from './message.ts'
import type { SettledAs } from './metrics.ts'
import { createOffsetTracker, type OffsetTracker } from './offset-tracker.ts'
import type { AssignedPartition } from './transport.ts'

/** One partition during one assignment. */
export interface OwnedPartition {
  readonly topic: string
  readonly partition: number
  readonly epoch: number
  readonly route: CompiledRoute
  /** It is the group's replay lane, whose control headers are ours. */
  readonly replayLane: boolean
  readonly tracker: OffsetTracker<Message>
  readonly lanes: Lanes<Message>
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
  committed: number
  highWatermark: number
  /** Not told to metrics yet. */
  readonly counts: PartitionCounts
}

export interface PartitionCounts {
  handled: number
  handledMs: number
  readonly settled: Record<SettledAs, number>
}

export const partitionKey = (topic: string, partition: number): string => `${topic}/${partition}`

export const ownPartition = (
  assigned: AssignedPartition,
  route: CompiledRoute,
  replayLane: boolean,
  before: OwnedPartition | undefined,
): OwnedPartition => {
  const stillRunning = new Map(before?.stillRunning)
  for (const message of before?.tracker.unsettled() ?? []) stillRunning.set(message.offset, message)
  for (const [offset, { stage }] of stillRunning)
    if (stage !== 'running' && stage !== 'settling') stillRunning.delete(offset)
  return {
    topic: assigned.topic,
    partition: assigned.partition,
    epoch: assigned.epoch,
    route,
    replayLane,
    tracker: createOffsetTracker(),
    lanes: createLanes(route.ordering !== 'none'),
    stillRunning,
    busy: 0,
    listed: false,
    paused: false,
    draining: false,
    ended: false,
    committed: -1,
    highWatermark: 0,
    counts: {
      handled: 0,
      handledMs: 0,
      settled: { done: 0, duplicate: 0, superseded: 0, tombstone: 0, 'dead-lettered': 0 },
    },
  }
}

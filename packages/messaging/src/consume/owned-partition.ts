import type { AssignedPartition } from '../transport.ts'
import type { CompiledRoute } from './compiled-route.ts'
import { createLanes, type Lanes } from './lanes.ts'
import type { Message, OwnedPartition } from './message.ts'
import { createOffsetTracker } from './offset-tracker.ts'
import { createPartitionTransaction } from './transactions/partition-transaction.ts'
import { createPartitionRoom } from './waiting/partition-room.ts'

export const partitionKey = (topic: string, partition: number): string => `${topic}/${partition}`

export const ownPartition = (
  assigned: AssignedPartition,
  route: CompiledRoute,
  replayLane: boolean,
  before: OwnedPartition | undefined,
  joined: (message: Message) => void = () => undefined,
  retry?: { readonly level: number; readonly lanes: Lanes<Message> },
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
    retryLevel: retry?.level ?? 0,
    tracker: createOffsetTracker(),
    lanes: retry?.lanes ?? createLanes(route.ordering !== 'none', joined),
    transaction: route.transactional ? createPartitionTransaction() : undefined,
    // A replay's outcome is owed to whoever asked for it, so what the lane brings waits in place.
    room: route.room === undefined || replayLane ? undefined : createPartitionRoom(route.room),
    stillRunning,
    busy: 0,
    listed: false,
    paused: false,
    draining: false,
    ended: false,
    committed: -1,
    highWatermark: 0,
    withheldSinceMs: undefined,
    counts: {
      handled: 0,
      handledMs: 0,
      settled: { done: 0, duplicate: 0, superseded: 0, tombstone: 0, 'dead-lettered': 0 },
    },
  }
}

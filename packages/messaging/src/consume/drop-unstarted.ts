import type { GroupState } from './group-state.ts'
import type { OwnedPartition } from './message.ts'

/** Forgets what has not begun, or waits for another attempt: its offsets stay, and the next owner gets it again. */
export const dropUnstarted = (state: GroupState, partition: OwnedPartition): void => {
  partition.draining = true
  for (const message of partition.lanes.drain()) message.stage = 'over'
  for (const message of [...partition.tracker.unsettled(), ...(partition.room?.held.values() ?? [])]) {
    if (message.stage !== 'waiting') continue
    message.cancelWait?.()
    message.stage = 'over'
    state.waiting--
  }
}

import { createFifo } from '../../fifo.ts'
import type { GroupState } from '../group-state.ts'
import { createLanes, type Lanes } from '../lanes.ts'
import type { Message, OwnedPartition } from '../message.ts'
import { fromRetryRecord } from './retry-record.ts'

/**
 * The lanes of a retry topic: nothing starts before it is due. The delay of a topic is constant, so that whatever stands first
 * is due first, but for the differences between our clocks.
 */
export const createRetryLanes = (state: GroupState, list: (partition: OwnedPartition) => void): Lanes<Message> => {
  const { clock } = state.options
  const lanes = createLanes<Message>(false)
  const delayed = createFifo<Message>()
  let disarm: (() => void) | undefined

  const arm = (): void => {
    const first = delayed.peek()
    if (first === undefined || disarm !== undefined) return
    disarm = clock.after(Math.max(0, first.dueMs - clock.now()), () => {
      disarm = undefined
      letIn()
      arm()
    })
  }

  /** Never early: a timer may fire a little before the clock says so. */
  const letIn = (): void => {
    const nowMs = clock.now()
    for (let next = delayed.peek(); next !== undefined && next.dueMs <= nowMs; next = delayed.peek()) {
      delayed.shift()
      state.waiting--
      next.stage = 'queued'
      lanes.push(next)
      list(next.owner)
    }
  }

  return {
    ...lanes,
    push(message) {
      const again = fromRetryRecord(message)
      again.owner.tracker.replace(again.sequence, again)
      again.stage = 'waiting'
      state.waiting++
      delayed.push(again)
      arm()
    },
    drain() {
      disarm?.()
      state.waiting -= delayed.size
      return [...delayed.drain(), ...lanes.drain()]
    },
    get ready() {
      return lanes.ready
    },
  }
}

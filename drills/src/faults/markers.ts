import { setTimeout as pause } from 'node:timers/promises'
import { nowMs } from '@interchange/drill-kit'
import { waitFor } from '@interchange/testing'
import type { Stage } from '../stage.ts'
import { type Fault, seenMs } from './fault.ts'
import { holdRequests } from './hold-requests.ts'
import { killMember } from './members.ts'

/** By then each partition has a transaction whose end was answered, and nothing behind it. */
const endedMs = 1_000
/** By then a member that has its partitions has asked for their offsets. */
const askedMs = 2_000

/**
 * The only member dies (SIGKILL) with transactions that it was told are committed, while the markers which make that true in each
 * partition are held on their way between brokers, until another has joined in its place. Seen when markers were held and the other got
 * a partition only after they were let go.
 */
export const takeOverBeforeMarkers: Fault = {
  name: 'take-over-before-markers',
  async carryOut(occasion) {
    const { arena, facts, members } = occasion.stage
    const holding = await holdRequests(arena, 'writeTxnMarkers')
    try {
      const held = () => holding.place() !== undefined
      await waitFor(held, { timeoutMs: seenMs, everyMs: 20, what: 'a marker on its way' })
      await pause(endedMs)
      await killMember.carryOut(occasion)
      await joined(occasion.stage)
      await pause(askedMs)
    } finally {
      await holding.release()
    }
    const releasedAt = nowMs()
    const [heir] = members
    const waited = () => facts().find(({ op, proc, at }) => op === 'assigned' && proc === heir?.proc && at > releasedAt)
    const last = await waitFor(waited, { timeoutMs: seenMs, everyMs: 20, what: 'a take-over that waited' })
    return last.proc
  },
}

/** The group is the new member's alone: the dead one's session is over. */
const joined = async ({ admin, group, members: [heir] }: Stage): Promise<void> => {
  const alone = async (): Promise<boolean> => {
    const { state, members } = await admin.describeGroup(group)
    return state === 'Stable' && members.length === 1 && members.every(({ clientId }) => clientId === heir?.proc)
  }
  await waitFor(alone, { timeoutMs: seenMs, everyMs: 200, what: `${heir?.proc} to join` })
}

import { setTimeout as pause } from 'node:timers/promises'
import { nowMs } from '@interchange/drill-kit'
import { waitFor } from '@interchange/testing'
import type { Actor, Stage } from '../stage.ts'
import { type Fault, seenMs } from './fault.ts'

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
  async carryOut({ stage }) {
    const { arena, facts, members } = stage
    const holding = await Promise.all(
      arena.brokerProxies.map((proxy) => proxy.add({ kind: 'hold-request', request: 'writeTxnMarkers' })),
    )
    try {
      const held = () => holding.some((toxic) => toxic.effects() > 0)
      await waitFor(held, { timeoutMs: seenMs, everyMs: 20, what: 'a marker on its way' })
      await pause(endedMs)
      const [member] = members.splice(0, 1)
      if (member === undefined) throw new Error('there is no member')
      member.signal('SIGKILL')
      await member.process.exited
      const heir = await stage.start('member')
      members.push(heir)
      await joined(stage, heir)
      await pause(askedMs)
    } finally {
      await Promise.all(holding.map((toxic) => toxic.remove()))
    }
    const releasedAt = nowMs()
    const [heir] = members
    const waited = () => facts().find(({ op, proc, at }) => op === 'assigned' && proc === heir?.proc && at > releasedAt)
    const last = await waitFor(waited, { timeoutMs: seenMs, everyMs: 20, what: 'a take-over that waited' })
    return last.proc
  },
}

/** The group is this member's alone: the dead one's session is over. */
const joined = async ({ admin, group }: Stage, { proc }: Actor): Promise<void> => {
  const alone = async (): Promise<boolean> => {
    const { state, members } = await admin.describeGroup(group)
    return state === 'Stable' && members.length === 1 && members.every(({ clientId }) => clientId === proc)
  }
  await waitFor(alone, { timeoutMs: seenMs, everyMs: 200, what: `${proc} to join` })
}

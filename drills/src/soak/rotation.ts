import { bounceBroker } from '../faults/broker-outages.ts'
import { loseProduceAnswer } from '../faults/brokers.ts'
import type { Fault } from '../faults/fault.ts'
import { freezeMember, killMember, restartMember } from '../faults/members.ts'
import { database, network } from '../faults/toxics.ts'

/** A fault of the soak, and what it is done to: one thing has one trouble at a time. */
export interface Turn {
  readonly fault: Fault
  readonly victim: 'members' | 'brokers' | 'network' | 'database'
}

/** What a soak does, cheap ones: each is over within seconds. */
export const turns: readonly Turn[] = [
  { fault: killMember, victim: 'members' },
  { fault: freezeMember, victim: 'members' },
  { fault: restartMember, victim: 'members' },
  { fault: bounceBroker('kill'), victim: 'brokers' },
  { fault: loseProduceAnswer, victim: 'network' },
  { fault: network({ kind: 'latency', latencyMs: 50, jitterMs: 25 }, 4_000), victim: 'network' },
  { fault: network({ kind: 'reset' }, 500), victim: 'network' },
  { fault: network({ kind: 'limit-data', bytes: 200_000 }, 1_000), victim: 'network' },
  { fault: network({ kind: 'black-hole' }, 2_000), victim: 'network' },
  { fault: database({ kind: 'down' }, 2_000), victim: 'database' },
  { fault: database({ kind: 'reset' }, 500), victim: 'database' },
  { fault: database({ kind: 'latency', latencyMs: 50, jitterMs: 25 }, 4_000), victim: 'database' },
]

/** Every turn once in an order of chance, then again in another one; turns whose victim is busy come later. */
export const createRotation = (
  random: () => number,
  all: readonly Turn[] = turns,
): ((busy: ReadonlySet<Turn['victim']>) => Turn | undefined) => {
  let left: Turn[] = []
  return (busy) => {
    if (left.length === 0) left = [...all]
    const free = left.filter(({ victim }) => !busy.has(victim))
    const turn = free[Math.floor(random() * free.length)]
    left = left.filter((each) => each !== turn)
    return turn
  }
}

const quarterMsMax = 60_000

/** A soak goes in cycles of four quarters, each of a minute or less. */
export const quarterMsOf = (totalMs: number): number => Math.min(quarterMsMax, totalMs / 4)

/** Whether faults come at this time: in three of four quarters. */
export const isNoisy = (sinceStartMs: number, totalMs: number): boolean =>
  Math.floor(sinceStartMs / quarterMsOf(totalMs)) % 4 !== 3

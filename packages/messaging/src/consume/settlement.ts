import type { DeliveryOutcome } from '../delivery-outcome.ts'
import type { SettledAs } from '../metrics.ts'
import type { Commits } from './commits.ts'
import type { Letters } from './dead-letters/letters.ts'
import { type GroupState, recovered } from './group-state.ts'
import { isToldOf, type Message, type OwnedPartition } from './message.ts'
import type { FloodWatch } from './outages/flood.ts'
import type { Gate } from './outages/gate.ts'
import type { OutageWatch } from './outages/outage-watch.ts'

/** The end of a message: outcome reported where one is due and not told by the store, then its offset may pass. */
export interface Settlement {
  conclude(message: Message, as: SettledAs): void
  /** Its record lies in another topic of ours now, and ends there: the offset passes. */
  moved(message: Message): void
  /** The transaction that a concluded message waited for is committed: the offset passes. */
  settle(message: Message, as: SettledAs): void
  /** Not under way any more, settled or not. */
  rest(message: Message): void
}

export interface SettlementOptions {
  readonly state: GroupState
  readonly gate: Gate
  readonly flood: FloodWatch
  readonly outages: OutageWatch
  readonly letters: Letters
  readonly commits: Commits
  /** Before the offset of a message with a letter, or from the replay lane, passes: holds its key or lets it go. */
  readonly mindKey: (message: Message, as: SettledAs, then: () => void) => void
  /** A message is concluded whose offset passes with a transaction. */
  readonly enter: (message: Message, as: SettledAs) => void
  /** A message has ended that was in the waiting room, or while others could not get in. */
  readonly left: (message: Message) => void
  /** Room has appeared: start more, fetch more. */
  readonly onRoom: (message: Message) => void
}

export const createSettlement = ({
  state,
  gate,
  flood,
  outages,
  letters,
  commits,
  mindKey,
  enter,
  left,
  onRoom,
}: SettlementOptions): Settlement => {
  const conclude = (message: Message, as: SettledAs): void => {
    message.stage = 'settling'
    if (as !== 'dead-lettered' && !isToldOf(message)) leave(message, as)
    else if (toldByStore(message, as)) pass(message, as)
    else report(message, as)
  }

  /** Apart from `conclude`, where its closure would be paid for by every message. */
  const report = (message: Message, as: SettledAs): void =>
    letters.report(message, outcomeOf(message, as), () => pass(message, as))

  const pass = (message: Message, as: SettledAs): void => mindKey(message, as, () => leave(message, as))

  const leave = (message: Message, as: SettledAs): void => {
    const { owner } = message
    if (owner.transaction === undefined) settle(message, as)
    else {
      owner.lanes.release(message)
      enter(message, as)
    }
    if (owner.room !== undefined && (message.room === 'in' || owner.room.turnedAway.size > 0)) left(message)
    if (as !== 'dead-lettered' && gate.limit > 0) {
      outages.good()
      if (flood.good()) recovered(state, 'flood')
      gate.success()
    }
    rest(message)
  }

  const settle = (message: Message, as: SettledAs): void => {
    const { owner } = message
    message.answer = undefined
    message.span?.end({ ok: true })
    if (!owner.ended) owner.counts.settled[as]++
    passOffset(message, owner)
  }

  const passOffset = (message: Message, owner: OwnedPartition): void => {
    message.stage = 'over'
    state.progressed = true
    owner.lanes.release(message)
    if (owner.ended) return
    const before = owner.tracker.bytes
    owner.tracker.settle(message.sequence)
    state.heldBytes -= before - owner.tracker.bytes
    commits.touch(owner)
  }

  const moved = (message: Message): void => {
    passOffset(message, message.owner)
    rest(message)
  }

  const rest = (message: Message): void => {
    state.busy--
    message.owner.busy--
    message.owner.route.unsettled--
    onRoom(message)
    if (state.onRest.size > 0) for (const look of state.onRest) look()
  }

  return { conclude, moved, settle, rest }
}

/** The outcome has committed with the effects. */
const toldByStore = ({ owner }: Message, as: SettledAs): boolean =>
  owner.route.store?.tellsOutcomes === true && (as === 'done' || as === 'duplicate')

const outcomeOf = (message: Message, as: SettledAs): DeliveryOutcome['outcome'] => {
  if (as === 'dead-lettered') return message.owner.replayLane ? 'failed-again' : 'dead-lettered'
  return as === 'duplicate' || as === 'superseded' ? as : 'resolved'
}

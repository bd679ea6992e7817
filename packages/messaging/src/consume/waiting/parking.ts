import type { RecordBatch, TopicPartition } from '../../transport.ts'
import type { ClaimedPartition, HeldKey, WaitingRoom } from '../../waiting-room.ts'
import type { Commits } from '../commits.ts'
import { type GroupState, isEnding } from '../group-state.ts'
import type { Message, OwnedPartition } from '../message.ts'
import { partitionKey } from '../owned-partition.ts'
import { countBytes, fits, type PartitionRoom as RoomOf } from './partition-room.ts'
import type { RoomWork } from './room-work.ts'
import { claimOf, copyOf, fromWaiting, toWaiting } from './waiting-message.ts'

type PartitionRoom = RoomOf<Message>

/**
 * Moves messages that must wait into the waiting room, the later ones of their key behind them, and lets their offsets pass
 * (design page 3, "Waiting without losing order"). Only messages that have failed in place come here.
 */
export interface Parking {
  /** Takes over what waits for partitions that were just assigned; until then nothing of them is handled. */
  claim(partitions: readonly OwnedPartition[]): void
  /** The message waits `delayMs`: durably, or in place while the room is full. It stands in stage `waiting`. */
  wait(message: Message, delayMs: number): void
  /** The message arrived behind one that waits durably. */
  join(message: Message): void
  /** The holder of a lane waits durably: what stands behind it in the lane does too. */
  behind(holder: Message): void
  /** True when the message has its lane and must not start yet; it starts when it is due. */
  holdBack(message: Message): boolean
  /** Takes a message that ended without effects out of the table, if it is there, and goes on. */
  takeOut(message: Message, then: () => void): void
  /** A message is settled: if it was in the table it is gone from there, and others may get in. */
  left(message: Message): void
}

export interface ParkingOptions {
  readonly state: GroupState
  readonly commits: Commits
  readonly retry: (message: Message) => void
  readonly list: (partition: OwnedPartition) => void
  readonly take: (batch: RecordBatch) => void
  /** The partition may fetch no more for now; it may fetch again. */
  readonly pause: (partition: OwnedPartition) => void
  readonly relieve: () => void
  readonly roomWork: RoomWork
  /** Letters of this partition that keys wait for: their places come before what waits behind them. */
  readonly restoreLetters: (partition: OwnedPartition, held: readonly HeldKey[]) => void
}

export const createParking = (options: ParkingOptions): Parking => {
  const { state, commits, list, relieve } = options
  const { clock, logger, group } = state.options
  const { untilDone } = options.roomWork

  const claim = (partitions: readonly OwnedPartition[]): void => {
    const byRoom = Map.groupBy(partitions, ({ room }) => room?.store)
    for (const [store, owned] of byRoom) if (store !== undefined) void takeOver(store, owned)
  }

  const takeOver = async (store: WaitingRoom, partitions: readonly OwnedPartition[]): Promise<void> => {
    const places = partitions.map(({ topic, partition }) => ({ topic, partition }))
    // A claim that comes late would void the next owner's: whoever gives a partition away waits for it.
    setClaiming(partitions, true)
    const taken = await untilDone(partitions, async () => {
      if (partitions.every(({ draining }) => draining)) return undefined
      const claimed = await store.claim(group, places)
      const holds = partitions.some(({ route }) => route.heldKeys !== undefined)
      return { claimed, letters: holds ? await store.keys?.held(group, places) : undefined }
    })
    setClaiming(partitions, false)
    if (taken === undefined) return
    const keyOf = ({ topic, partition }: TopicPartition): string => partitionKey(topic, partition)
    const byPlace = new Map(taken.claimed.map((one) => [keyOf(one.claim), one]))
    const lettersOf = Map.groupBy(taken.letters ?? [], keyOf)
    for (const partition of partitions) {
      const one = byPlace.get(keyOf(partition))
      if (one === undefined || partition.room === undefined) continue
      restore(partition, partition.room, one, lettersOf.get(keyOf(partition)) ?? [])
    }
    relieve()
  }

  const setClaiming = (partitions: readonly OwnedPartition[], claiming: boolean): void => {
    for (const { room } of partitions) if (room !== undefined) room.claiming = claiming
    if (!claiming) for (const look of state.onRest) look()
  }

  const restore = (
    partition: OwnedPartition,
    room: PartitionRoom,
    { claim, records }: ClaimedPartition,
    letters: readonly HeldKey[],
  ): void => {
    if (partition.draining || partition.ended || isEnding(state)) return
    room.claim = claim
    if (partition.route.heldKeys !== undefined) options.restoreLetters(partition, letters)
    for (const record of records) {
      const message = fromWaiting(record, partition)
      room.held.set(record.offset, message)
      state.heldBytes += countBytes(room, message, 1)
      if (!partition.lanes.restore(message)) continue
      message.stage = 'waiting'
      state.waiting++
      arm(message)
    }
    if (records.length > 0)
      logger.info({ group, topic: claim.topic, partition: claim.partition, waiting: records.length }, 'taken over')
    for (const batch of room.early.splice(0)) options.take(batch)
  }

  /** Never early: a timer may fire a little before the clock says so. */
  const arm = (message: Message): void => {
    message.cancelWait = clock.after(Math.max(0, message.dueMs - clock.now()), () => {
      if (clock.now() < message.dueMs) {
        arm(message)
        return
      }
      // About to be tried: too late to be let in.
      if (message.room === 'turned-away') message.room = 'out'
      options.retry(message)
    })
  }

  const wait = (message: Message, delayMs: number): void => {
    message.dueMs = clock.now() + delayMs
    const { room } = message.owner
    if (room === undefined) arm(message)
    else if (message.room === 'in') {
      room.held.set(message.offset, message)
      room.entering.push(message)
      void write(message.owner, room)
    } else enrol(room, message)
  }

  const join = (message: Message): void => {
    message.dueMs = clock.now()
    if (message.owner.room !== undefined) enrol(message.owner.room, message)
  }

  const enrol = (room: PartitionRoom, message: Message): void => {
    if (message.stage === 'waiting' && isBehindUncommitted(message)) {
      arm(message)
      return
    }
    // Behind those that found no room, lest it overtakes one of its own key.
    if (room.turnedAway.size === 0 && fits(room, message, state.limits)) {
      enter(room, message)
      return
    }
    message.room = 'turned-away'
    room.turnedAway.push(message)
    options.pause(message.owner)
    if (message.stage === 'waiting') arm(message)
  }

  const enter = (room: PartitionRoom, message: Message): void => {
    message.room = 'entering'
    message.record = copyOf(message.record)
    state.heldBytes += countBytes(room, message, 1)
    room.entering.push(message)
    behind(message)
    void write(message.owner, room)
  }

  const behind = (holder: Message): void => {
    const { room, lanes } = holder.owner
    const followers = new Set(lanes.park(holder))
    if (room === undefined || followers.size === 0) return
    // In their order: one that was turned away stands before those that did not ask since.
    for (const one of room.turnedAway.drain()) if (!followers.has(one)) room.turnedAway.push(one)
    for (const follower of followers) {
      follower.dueMs = clock.now()
      enrol(room, follower)
    }
  }

  /** One write of a partition at a time, each with all that has gathered. */
  const write = async (owner: OwnedPartition, room: PartitionRoom): Promise<void> => {
    if (room.writing) return
    room.writing = true
    // After this turn, so that what parks in it is written together.
    await Promise.resolve()
    while (room.entering.size > 0) {
      const batch = room.entering.drain().filter(({ stage }) => stage !== 'over')
      const { claim } = room
      if (batch.length === 0 || claim === undefined) continue
      const records = batch.map(toWaiting)
      if ((await untilDone([owner], () => room.store.put(claim, records).then(() => true))) === undefined) break
      for (const message of batch) written(owner, room, message)
      list(owner)
      relieve()
    }
    room.writing = false
  }

  const written = (owner: OwnedPartition, room: PartitionRoom, message: Message): void => {
    const isNew = message.room === 'entering'
    if (isNew && !owner.ended) {
      const before = owner.tracker.bytes
      owner.tracker.settle(message.sequence)
      state.heldBytes -= before - owner.tracker.bytes
      commits.touch(owner)
    }
    if (message.stage === 'over') return
    message.room = 'in'
    room.held.set(message.offset, message)
    if (message.stage === 'waiting') arm(message)
    else if (isNew && message.holdsLane) owner.lanes.admit(message)
  }

  const holdBack = (message: Message): boolean => {
    if (message.stage === 'letter') return true
    if (message.stage === 'over') {
      // A letter that was let go before its turn came.
      message.owner.lanes.release(message)
      return true
    }
    if (message.stage !== 'queued' || message.dueMs <= clock.now()) return false
    message.stage = 'waiting'
    state.waiting++
    arm(message)
    return true
  }

  const takeOut = (message: Message, then: () => void): void => {
    const { owner, offset } = message
    const claim = claimOf(message)
    if (claim === undefined || owner.room === undefined) {
      then()
      return
    }
    const { store } = owner.room
    void untilDone([owner], () => store.remove(claim, offset).then(() => true)).then(() => then())
  }

  const left = (message: Message): void => {
    const { room } = message.owner
    if (room === undefined) return
    const freed = message.room === 'in' && room.held.delete(message.offset) ? countBytes(room, message, -1) : 0
    if (message.owner.ended) return
    state.heldBytes += freed
    admitTurnedAway(message.owner, room)
  }

  const admitTurnedAway = (owner: OwnedPartition, room: PartitionRoom): void => {
    for (let next = room.turnedAway.peek(); next !== undefined; next = room.turnedAway.peek()) {
      if (next.room === 'turned-away' && next.stage !== 'over') {
        if (!isBehindTheRoom(owner, next)) next.room = 'out'
        else if (fits(room, next, state.limits)) {
          next.cancelWait?.()
          room.turnedAway.shift()
          enter(room, next)
          continue
        } else return
      }
      room.turnedAway.shift()
    }
    relieve()
  }

  /** Something of its key was handled before it and is not settled: after a crash that would come again, behind what waits. */
  const isBehindUncommitted = ({ owner, offset, laneKey }: Message): boolean =>
    owner.tracker.unsettled().some((other) => other.offset < offset && other.laneKey === laneKey)

  /** It waits by itself, or everything before it in its lane is in the table: never a message without those before it. */
  const isBehindTheRoom = ({ lanes }: OwnedPartition, message: Message): boolean =>
    message.stage === 'waiting' || (message.stage === 'queued' && !message.holdsLane && lanes.isParked(message))

  return { claim, wait, join, behind, holdBack, takeOut, left }
}

import { classify } from '../../failure/classify.ts'
import type { SettledAs } from '../../metrics.ts'
import { HeaderBlock } from '../../record/header-block.ts'
import { deadLetterHeaders } from '../../record/header-names.ts'
import { letterFacts } from '../../record/letter-facts.ts'
import type { HeldKey, HeldKeys as Store } from '../../waiting-room.ts'
import { type GroupState, isEnding, recovered, troubled } from '../group-state.ts'
import { Message, type OwnedPartition } from '../message.ts'
import { partitionKey } from '../owned-partition.ts'
import { countBytes, type PartitionRoom as RoomOf } from './partition-room.ts'
import type { RoomWork } from './room-work.ts'

type PartitionRoom = RoomOf<Message>

/**
 * Keys that wait for a dead letter (`afterDeadLetter: 'hold'`). The letter's place in its lane stays taken, by a stand-in that
 * is never tried; later messages of the key go into the waiting room behind it. The member that reads the replay lane lets the
 * key go in the store, and the one that owns the partition asks there from time to time: they need not be the same.
 */
export interface HeldKeys {
  /** Called before the offset of a message with a letter, or from the replay lane, passes; `then` lets it pass. */
  mind(message: Message, as: SettledAs, then: () => void): void
  /** Puts back the letters that were held when the partition was taken over, before what waits behind them. */
  restore(partition: OwnedPartition, held: readonly HeldKey[]): void
}

export interface HeldKeysOptions {
  readonly state: GroupState
  readonly roomWork: RoomWork
  /** What stands in the letter's lane waits behind it. */
  readonly behind: (letter: Message) => void
  /** A message has left the room. */
  readonly left: (message: Message) => void
  readonly list: (partition: OwnedPartition) => void
  /** Given up because the assignment or the group ended: it comes again. */
  readonly dropped: (message: Message) => void
}

/** As health and logs name it. */
export const heldKeysSubject = 'held keys'

/** Whether a letter of this message holds its key: not on the replay lane, where the letter before it does. */
export const holdsKey = ({ owner }: Message): boolean => owner.route.heldKeys !== undefined && !owner.replayLane

/** Whether the record says that a person has archived a letter. Only believed on the replay lane, which is ours alone. */
export const isArchival = ({ owner, record }: Message): boolean =>
  owner.replayLane && letterFacts(record.headers).has(deadLetterHeaders.archivedAt)

export const createHeldKeys = ({ state, roomWork, behind, left, list, dropped }: HeldKeysOptions): HeldKeys => {
  const { clock, logger, group } = state.options
  let scheduled = false
  /** Partitions that health says are full behind their letters. */
  let full: readonly string[] = []

  const mind = (message: Message, as: SettledAs, then: () => void): void => {
    const { owner } = message
    const { heldKeys } = owner.route
    if (heldKeys === undefined || owner.replayLane === (as === 'dead-lettered')) then()
    else if (owner.replayLane) release(heldKeys, message, then)
    else hold(heldKeys, message, then)
  }

  const hold = (store: Store, message: Message, then: () => void): void => {
    const { owner } = message
    const { room } = owner
    const claim = room?.claim
    if (room === undefined || claim === undefined) {
      dropped(message)
      return
    }
    const { topic, partition, offset, record, safeMessageId: messageId } = message
    const held = { topic, partition, offset, key: record.key, messageId }
    void roomWork
      .untilDone([owner], () => store.hold(claim, held).then(() => true))
      .then((done) => {
        if (done === undefined) {
          interrupted(owner, message, () => hold(store, message, then))
          return
        }
        // Were it let go already, the first look finds out.
        standIn(room, message, held)
        logger.warn({ group, topic, partition, offset, messageId }, 'its key is held')
        then()
      })
  }

  /** The letter's stand-in takes the message's lane over, and what waits in it goes into the room. */
  const standIn = (room: PartitionRoom, message: Message, held: HeldKey): void => {
    const { owner } = message
    if (message.room === 'in') state.heldBytes += owner.ended ? 0 : countBytes(room, message, -1)
    message.room = 'out'
    if (owner.ended) return
    const letter = letterOf(owner, held)
    owner.lanes.join(letter)
    enter(room, letter)
    behind(letter)
  }

  const enter = (room: PartitionRoom, letter: Message): void => {
    room.held.set(letter.offset, letter)
    room.letters.add(letter)
    state.heldBytes += countBytes(room, letter, 1)
    schedule()
  }

  const restore = (partition: OwnedPartition, held: readonly HeldKey[]): void => {
    const { room } = partition
    if (room === undefined) return
    for (const one of held) {
      const letter = letterOf(partition, one)
      partition.lanes.restore(letter)
      enter(room, letter)
    }
  }

  const release = (store: Store, message: Message, then: () => void): void => {
    const { owner } = message
    const offset = Number(letterFacts(message.record.headers).get(deadLetterHeaders.offset) ?? Number.NaN)
    if (!Number.isSafeInteger(offset)) {
      then()
      return
    }
    const { partition, record, safeMessageId: messageId } = message
    const held = { topic: owner.route.topic.name, partition, offset, key: record.key, messageId }
    void roomWork
      .untilDone([owner], () => store.release(group, held).then(() => true))
      .then((done) => (done === undefined ? interrupted(owner, message, () => release(store, message, then)) : then()))
  }

  /** Its assignment has ended: either another one of ours has taken the message over meanwhile, or it comes again. */
  const interrupted = (owner: OwnedPartition, message: Message, again: () => void): void => {
    if (message.owner === owner) dropped(message)
    else again()
  }

  const schedule = (): void => {
    if (scheduled) return
    scheduled = true
    clock.after(state.limits.heldKeysCheckMs, () => void check())
  }

  const check = async (): Promise<void> => {
    const owned = [...state.partitions.values()].filter(({ room, draining }) => room?.letters.size && !draining)
    for (const [store, partitions] of Map.groupBy(owned, ({ route }) => route.heldKeys))
      if (store !== undefined) await ask(store, partitions)
    tellFull(owned)
    scheduled = false
    if (owned.length > 0 && !isEnding(state)) schedule()
    else recovered(state, heldKeysSubject)
  }

  const tellFull = (owned: readonly OwnedPartition[]): void => {
    const before = full
    full = owned
      .filter(({ room }) => room !== undefined && room.turnedAway.size > 0)
      .map(({ topic, partition }) => `${heldKeysSubject} of ${partitionKey(topic, partition)}`)
    for (const subject of full)
      troubled(state, subject, 'what waits behind its dead letters has no room left: replay or archive them')
    for (const subject of before) if (!full.includes(subject)) recovered(state, subject)
  }

  const ask = async (store: Store, partitions: readonly OwnedPartition[]): Promise<void> => {
    // Before the question: what is held while it is under way is not in the answer.
    const asked = partitions.flatMap(({ room }) => [...(room?.letters ?? [])])
    try {
      const held = new Set((await store.held(group, partitions)).map(placeOf))
      recovered(state, heldKeysSubject)
      for (const letter of asked) if (!held.has(placeOf(letter))) letGo(letter)
    } catch (error) {
      const { code, message } = classify(error)
      troubled(state, heldKeysSubject, `nobody says whether they may go on: ${code}: ${message}`)
    }
  }

  const letGo = (letter: Message): void => {
    const { owner, topic, partition, offset } = letter
    if (owner.draining || letter.stage === 'over') return
    letter.stage = 'over'
    owner.room?.letters.delete(letter)
    owner.lanes.release(letter)
    left(letter)
    list(owner)
    logger.info({ group, topic, partition, offset }, 'its key goes on')
  }

  return { mind, restore }
}

const placeOf = ({ topic, partition, offset }: Omit<HeldKey, 'key' | 'messageId'>): string =>
  `${partitionKey(topic, partition)}/${offset}`

/** What stands in the lane for a letter. Its bytes lie in the dead-letter topic; the key is all that counts here. */
const letterOf = (owner: OwnedPartition, { topic, partition, offset, key }: HeldKey): Message => {
  const bytes = key === null ? null : Buffer.from(key)
  const record = { topic, partition, offset, timestampMs: 0, key: bytes, value: null, headers: HeaderBlock.empty }
  const letter = new Message(record, owner, 1, undefined)
  letter.stage = 'letter'
  letter.room = 'in'
  letter.sequence = -1
  return letter
}

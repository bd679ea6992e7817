import { createFifo } from '../fifo.ts'

/** What a lane needs to know of a message. */
export interface LaneItem {
  /** Its ordering key; null is the partition's own. Only asked for when a lane is held. */
  readonly laneKey: string | null
  /** Whether this message holds its lane: set and cleared here. */
  holdsLane: boolean
  /** Next in the same lane. */
  nextInLane: this | undefined
  /** Where it stands with the waiting room. */
  readonly room: RoomStage
}

/** `entering`: being written there, so not to be started. `turned-away`: there was no room for it, so it waits in place. */
export type RoomStage = 'out' | 'turned-away' | 'entering' | 'in'

/**
 * The order of one partition: many keys at once, one key in its order. A lane exists only while a message of its key
 * is under way and did not finish at once, so a synchronous handler never touches the map.
 */
export interface Lanes<Item extends LaneItem> {
  push(item: Item): void
  /** The next message that may start, or undefined. */
  next(): Item | undefined
  /** The message goes on beyond this turn: later ones of its key wait. */
  hold(item: Item): void
  /** The message is under way since before: later ones of its key wait for it too, whoever holds the lane now. */
  join(item: Item): void
  /** The next message of its key may go. Ignored when it holds none. */
  release(item: Item): void
  /** The holder waits durably: later messages of its key that are not there, which it answers, and those to come go behind it. */
  park(item: Item): Item[]
  /** Whether messages that wait in this item's lane go into the waiting room. */
  isParked(item: Item): boolean
  /** Puts back what waited when the partition was taken over, in order. True for the first of its key, which holds the lane. */
  restore(item: Item): boolean
  /** A message that got its lane while it was being written may start. */
  admit(item: Item): void
  /** Another attempt at the same message takes its lane over. */
  handOver(from: Item, to: Item): void
  /** Messages not started yet, in no order; they are gone from here. */
  drain(): Item[]
  /** Whether `next` may have something. */
  readonly ready: boolean
}

interface Lane<Item> {
  /** Under way: one, and those that joined. */
  holders: number
  first: Item | undefined
  last: Item | undefined
  parked: boolean
}

/** `joined` is told of messages that arrive behind one that waits durably. */
export const createLanes = <Item extends LaneItem>(
  ordered: boolean,
  joined: (item: Item) => void = () => undefined,
): Lanes<Item> => {
  const arrived = createFifo<Item>()
  const released = createFifo<Item>()
  const lanes = new Map<string | null, Lane<Item>>()

  const waitsBehind = (item: Item): boolean => {
    const lane = lanes.get(item.laneKey)
    if (lane === undefined) return false
    append(lane, item)
    if (lane.parked) joined(item)
    return true
  }

  const append = (lane: Lane<Item>, item: Item): void => {
    if (lane.last === undefined) lane.first = item
    else lane.last.nextInLane = item
    lane.last = item
  }

  return {
    push: (item) => arrived.push(item),
    next() {
      const first = released.shift()
      if (first !== undefined) return first
      for (let item = arrived.shift(); item !== undefined; item = arrived.shift()) {
        if (lanes.size === 0 || !waitsBehind(item)) return item
      }
      return undefined
    },
    hold(item) {
      // Held by a later message already: this one came back after its lane went on, and order across it is gone.
      if (!ordered || item.holdsLane || lanes.has(item.laneKey)) return
      item.holdsLane = true
      lanes.set(item.laneKey, { holders: 1, first: undefined, last: undefined, parked: false })
    },
    join(item) {
      if (!ordered || item.holdsLane) return
      const lane = lanes.get(item.laneKey) ?? { holders: 0, first: undefined, last: undefined, parked: false }
      lane.holders++
      item.holdsLane = true
      lanes.set(item.laneKey, lane)
    },
    release(item) {
      if (!item.holdsLane) return
      item.holdsLane = false
      const lane = lanes.get(item.laneKey)
      if (lane !== undefined && lane.holders > 1) {
        lane.holders--
        return
      }
      const follower = lane?.first
      if (lane === undefined || follower === undefined) {
        lanes.delete(item.laneKey)
        return
      }
      lane.first = follower.nextInLane
      if (lane.first === undefined) lane.last = undefined
      follower.nextInLane = undefined
      follower.holdsLane = true
      lane.parked = follower.room === 'in' || follower.room === 'entering'
      if (follower.room !== 'entering') released.push(follower)
    },
    park(item) {
      const lane = item.holdsLane ? lanes.get(item.laneKey) : undefined
      if (lane === undefined) return []
      lane.parked = true
      const followers: Item[] = []
      for (let next = lane.first; next !== undefined; next = next.nextInLane) {
        if (next.room === 'out' || next.room === 'turned-away') followers.push(next)
      }
      return followers
    },
    isParked: (item) => lanes.get(item.laneKey)?.parked === true,
    restore(item) {
      const lane = lanes.get(item.laneKey)
      if (lane === undefined) {
        item.holdsLane = true
        lanes.set(item.laneKey, { holders: 1, first: undefined, last: undefined, parked: true })
        return true
      }
      append(lane, item)
      return false
    },
    admit: (item) => released.push(item),
    handOver(from, to) {
      to.holdsLane = from.holdsLane
      from.holdsLane = false
    },
    drain() {
      const left = [...released.drain(), ...arrived.drain()]
      for (const lane of lanes.values()) {
        for (let item = lane.first; item !== undefined; item = item.nextInLane) left.push(item)
        lane.first = undefined
        lane.last = undefined
      }
      return left
    },
    get ready() {
      return released.size > 0 || arrived.size > 0
    },
  }
}

import { createFifo, type Fifo } from '../../fifo.ts'
import type { RecordBatch, TransportRecord } from '../../transport.ts'
import type { WaitingClaim, WaitingRoom } from '../../waiting-room.ts'
import type { GroupLimits } from '../group-limits.ts'
import { recordBytes } from '../record-bytes.ts'

/**
 * What waits durably for one partition during one assignment. Everything in the table is here too, so that a retry reads
 * nothing; that is what the caps bound.
 */
export interface PartitionRoom<Item> {
  readonly store: WaitingRoom
  /** Undefined until what waited before us is here: nothing may be handled before. */
  claim: WaitingClaim | undefined
  /** The claim is under way. */
  claiming: boolean
  /** Delivered before the claim. */
  readonly early: RecordBatch[]
  /** In the table, by offset; the latest attempt of each, and what stands for the letters that keys wait for. */
  readonly held: Map<number, Item>
  /** Of `held` those that stand for letters. */
  readonly letters: Set<Item>
  bytes: number
  readonly keyBytes: Map<string | null, number>
  /** To be written, in order. */
  readonly entering: Fifo<Item>
  writing: boolean
  /** No room for these yet, in order: the partition is paused. */
  readonly turnedAway: Fifo<Item>
}

interface RoomItem {
  readonly laneKey: string | null
  readonly record: TransportRecord
}

export const createPartitionRoom = <Item>(store: WaitingRoom): PartitionRoom<Item> => ({
  store,
  claim: undefined,
  claiming: false,
  early: [],
  held: new Map(),
  letters: new Set(),
  bytes: 0,
  keyBytes: new Map(),
  entering: createFifo(),
  writing: false,
  turnedAway: createFifo(),
})

/** A room with nothing in it takes any message, however large. */
export const fits = (room: PartitionRoom<unknown>, { laneKey, record }: RoomItem, limits: GroupLimits): boolean => {
  const bytes = recordBytes(record)
  const ofKey = (room.keyBytes.get(laneKey) ?? 0) + bytes
  return (
    room.bytes === 0 || (room.bytes + bytes <= limits.waitingPartitionBytesMax && ofKey <= limits.waitingKeyBytesMax)
  )
}

/** Counts a message in (`1`) or out (`-1`); answers by how many bytes. */
export const countBytes = (room: PartitionRoom<unknown>, { laneKey, record }: RoomItem, sign: 1 | -1): number => {
  const bytes = sign * recordBytes(record)
  room.bytes += bytes
  const ofKey = (room.keyBytes.get(laneKey) ?? 0) + bytes
  if (ofKey === 0) room.keyBytes.delete(laneKey)
  else room.keyBytes.set(laneKey, ofKey)
  return bytes
}

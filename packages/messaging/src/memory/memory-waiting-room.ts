import { InterchangeError } from '../failure/failure.ts'
import type { TopicPartition } from '../transport.ts'
import type { HeldKey, HeldKeys, WaitingClaim, WaitingRecord, WaitingRoom } from '../waiting-room.ts'

/** A waiting room in this process, for tests: it outlives the groups that use it, and can be away. */
export interface MemoryWaitingRoom extends WaitingRoom {
  away: boolean
  readonly keys: HeldKeys
  /** What waits for a group now, by topic, partition and offset. */
  records(group: string): readonly WaitingRecord[]
  /** For an effect store in memory: the error when the claim is void; undefined when it holds. */
  refusal(claim: WaitingClaim): InterchangeError | undefined
  /** For the same: what a transaction that settles the message does. */
  leave(claim: WaitingClaim, offset: number): void
}

interface Place {
  token: number
  readonly records: Map<number, WaitingRecord>
  readonly held: Map<number, HeldKey>
  readonly released: Set<number>
}

export const createMemoryWaitingRoom = (): MemoryWaitingRoom => {
  const places = new Map<string, Place>()

  const placeOf = (group: string, { topic, partition }: TopicPartition): Place => {
    const name = `${group} ${topic} ${String(partition).padStart(6, '0')}`
    const place = places.get(name) ?? { token: 0, records: new Map(), held: new Map(), released: new Set() }
    places.set(name, place)
    return place
  }

  const there = async (): Promise<void> => {
    // As long as a database takes at least: not within the turn of the caller.
    await new Promise((resolve) => setImmediate(resolve))
    if (room.away) throw new InterchangeError('ICX_STORE_UNAVAILABLE', 'waiting room away', { class: 'outage' })
  }

  const claimed = (claim: WaitingClaim): Place => {
    const refused = room.refusal(claim)
    if (refused !== undefined) throw refused
    return placeOf(claim.group, claim)
  }

  const room: MemoryWaitingRoom = {
    away: false,
    async claim(group, partitions) {
      await there()
      return partitions.map(({ topic, partition }) => {
        const place = placeOf(group, { topic, partition })
        place.token++
        return { claim: { group, topic, partition, token: place.token }, records: inOrder(place) }
      })
    },
    async put(claim, records) {
      await there()
      const place = claimed(claim)
      for (const record of records) place.records.set(record.offset, record)
    },
    async remove(claim, offset) {
      await there()
      claimed(claim).records.delete(offset)
    },
    keys: {
      async hold(claim, held) {
        await there()
        const place = claimed(claim)
        place.records.delete(held.offset)
        if (!place.released.has(held.offset)) place.held.set(held.offset, held)
      },
      async held(group, partitions) {
        await there()
        const held = partitions.flatMap((partition) => [...placeOf(group, partition).held.values()])
        return held.sort((left, right) => left.offset - right.offset)
      },
      async release(group, held) {
        await there()
        const place = placeOf(group, held)
        place.held.delete(held.offset)
        place.released.add(held.offset)
      },
    },
    leave: (claim, offset) => void claimed(claim).records.delete(offset),
    records: (group) =>
      [...places]
        .filter(([name]) => name.startsWith(`${group} `))
        .sort(([left], [right]) => (left < right ? -1 : 1))
        .flatMap(([, place]) => inOrder(place)),
    refusal(claim) {
      return placeOf(claim.group, claim).token === claim.token ? undefined : fenced(claim)
    },
  }
  return room
}

const inOrder = ({ records }: Place): readonly WaitingRecord[] =>
  [...records.values()].sort((left, right) => left.offset - right.offset)

const fenced = ({ group, topic, partition, token }: WaitingClaim): InterchangeError =>
  new InterchangeError('ICX_WAITING_FENCED', `${topic}/${partition} of ${group} was claimed after ${token}.`, {
    class: 'not-yet',
  })

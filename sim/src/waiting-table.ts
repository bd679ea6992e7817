import type {
  ClaimedPartition,
  HeldKey,
  HeldKeys,
  InterchangeError,
  TopicPartition,
  WaitingClaim,
  WaitingRecord,
  WaitingRoom,
} from '@interchange/messaging'
import type { Database } from './database.ts'
import { type HistoryEvent, placeKey } from './history.ts'
import type { Kernel } from './kernel.ts'
import type { Process } from './world.ts'

/**
 * The tables `waiting`, `waiting_claim` and `waiting_hold` of one group, as the Postgres store keeps them: what waits is due by the
 * database's clock.
 */
export interface WaitingTable {
  readonly rows: number
  /** Keys that are held. */
  readonly held: number
  roomFor(client: Process): WaitingRoom
  /** Undefined while the claim holds. */
  refusal(client: Process, claim: WaitingClaim): InterchangeError | undefined
  /** Within a transaction that settles the message, at its commit. */
  leave(client: Process, claim: WaitingClaim, offset: number): void
}

/** What the kernel takes a record to cost beside its bytes. */
const overheadBytes = 64

interface Place {
  token: number
  readonly rows: Map<number, WaitingRecord>
  readonly held: Map<number, HeldKey>
  readonly released: Set<number>
}

export const createWaitingTable = (
  { InterchangeError }: Kernel,
  database: Database,
  note: (event: HistoryEvent) => void,
): WaitingTable => {
  const places = new Map<string, Place>()

  const placeOf = (partition: TopicPartition): Place => {
    const key = placeKey(partition)
    const place = places.get(key) ?? { token: 0, rows: new Map(), held: new Map(), released: new Set() }
    places.set(key, place)
    return place
  }

  const { clock } = database.process

  const claimAll = (client: Process, group: string, partitions: readonly TopicPartition[], nowMs = clock.now()) => ({
    result: partitions.map((partition): ClaimedPartition => {
      const { token, rows } = placeOf(partition)
      const records = [...rows.values()]
        .sort((left, right) => left.offset - right.offset)
        .map((row) => ({ ...row, dueMs: row.dueMs - nowMs }))
      const { topic, partition: number } = partition
      return { claim: { group, topic, partition: number, token: token + 1 }, records }
    }),
    commit() {
      for (const partition of partitions) {
        const place = placeOf(partition)
        place.token++
        const rows = [...place.rows.values()].map(({ offset, attempts }) => ({ offset, attempts }))
        note({ kind: 'claimed', process: client.name, ...partition, token: place.token, rows })
      }
    },
  })

  const refusal = (client: Process, { group, topic, partition, token }: WaitingClaim): InterchangeError | undefined => {
    if (placeOf({ topic, partition }).token === token) return undefined
    note({ kind: 'fenced', process: client.name, topic, partition, token })
    return new InterchangeError('ICX_WAITING_FENCED', `${topic}/${partition} of ${group} was claimed after ${token}.`, {
      class: 'not-yet',
    })
  }

  const assertHeld = (client: Process, claim: WaitingClaim): void => {
    const refused = refusal(client, claim)
    if (refused !== undefined) throw refused
  }

  const leave = (client: Process, { topic, partition, token }: WaitingClaim, offset: number): void => {
    if (placeOf({ topic, partition }).rows.delete(offset))
      note({ kind: 'left', process: client.name, topic, partition, token, offset })
  }

  const keysFor = (client: Process): HeldKeys => ({
    hold: (claim, held) =>
      database.transact(client, 'a key that is held', () => {
        assertHeld(client, claim)
        return {
          result: undefined,
          commit() {
            const { topic, partition, offset } = held
            const place = placeOf(held)
            leave(client, claim, offset)
            if (place.released.has(offset)) return
            place.held.set(offset, held)
            note({ kind: 'held', process: client.name, topic, partition, offset })
          },
        }
      }),
    held: (_group, partitions) =>
      database.transact(client, 'which keys are held', () => ({
        result: partitions.flatMap((partition) =>
          [...placeOf(partition).held.values()].sort((left, right) => left.offset - right.offset),
        ),
        commit: () => undefined,
      })),
    release: (_group, { topic, partition, offset }) =>
      database.transact(client, 'a key that is let go', () => ({
        result: undefined,
        commit() {
          const place = placeOf({ topic, partition })
          place.held.delete(offset)
          place.released.add(offset)
          note({ kind: 'released', process: client.name, topic, partition, offset })
        },
      })),
  })

  const sumOf = (count: (place: Place) => number): number => {
    let sum = 0
    for (const place of places.values()) sum += count(place)
    return sum
  }

  return {
    get rows() {
      return sumOf(({ rows }) => rows.size)
    },
    get held() {
      return sumOf(({ held }) => held.size)
    },
    refusal,
    leave,
    roomFor: (client) => ({
      keys: keysFor(client),
      async claim(group, partitions) {
        const what = `a claim on ${partitions.length} partitions`
        const claimed = await database.transact(client, what, () => claimAll(client, group, partitions))
        const nowMs = client.clock.now()
        return claimed.map(({ claim, records }) => {
          return { claim, records: records.map((record) => ({ ...record, dueMs: nowMs + record.dueMs })) }
        })
      },
      put(claim, records) {
        const sentMs = client.clock.now()
        return database.transact(client, `${records.length} that wait`, () => {
          assertHeld(client, claim)
          return {
            result: undefined,
            commit() {
              const { topic, partition, token } = claim
              const aheadMs = sentMs - clock.now()
              for (const record of records)
                placeOf(claim).rows.set(record.offset, { ...record, dueMs: record.dueMs - aheadMs })
              const rows = records.map(({ offset, dueMs, attempts, key, value, headers }) => {
                const bytes = (key?.length ?? 0) + (value?.length ?? 0) + headers.length + overheadBytes
                return { offset, dueMs, dueInMs: dueMs - sentMs, attempts, key: key?.toString('latin1') ?? '', bytes }
              })
              note({ kind: 'put', process: client.name, topic, partition, token, rows })
            },
          }
        })
      },
      remove: (claim, offset) =>
        database.transact(client, 'one that waits no longer', () => {
          assertHeld(client, claim)
          return { result: undefined, commit: () => leave(client, claim, offset) }
        }),
    }),
  }
}

import type { EffectRoute, PublishRoute } from '@interchange/messaging'
import { createMemoryWaitingRoom, type MemoryWaitingRoom } from '@interchange/messaging/memory'

/** The waiting room of a scenario, and who has been in it. */
export interface WaitingWatch {
  readonly room: MemoryWaitingRoom
  /** Ids of the messages that waited in it, by the order in which they came in. */
  readonly waited: ReadonlySet<string>
  /** Ids of those that still wait. */
  waiting(): readonly string[]
  /** Nothing waits but behind a letter that holds its key. */
  isSettled(): Promise<boolean>
}

/** Undefined for a route whose messages wait in place: a publish route, and one whose own store has no waiting room. */
export const watchWaiting = <Value, Effect>(
  route: PublishRoute<Value> | EffectRoute<Value, Effect>,
): WaitingWatch | undefined => {
  if (!('store' in route) || route.store.waiting === undefined) return undefined
  const { from, group } = route
  const room = createMemoryWaitingRoom()
  const waited = new Set<string>()
  const partitions = Array.from({ length: from.partitions }, (_, partition) => ({ topic: from.name, partition }))
  return {
    room: {
      ...room,
      put(claim, records) {
        for (const { messageId } of records) waited.add(messageId)
        return room.put(claim, records)
      },
    },
    waited,
    waiting: () => room.records(group).map(({ messageId }) => messageId),
    async isSettled() {
      const held = new Set((await room.keys.held(group, partitions)).map(({ key }) => textOf(key)))
      return room.records(group).every(({ key }) => held.has(textOf(key)))
    },
  }
}

const textOf = (key: Buffer | null): string | null => (key === null ? null : key.toString('latin1'))

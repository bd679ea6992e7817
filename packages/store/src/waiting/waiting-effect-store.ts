import {
  type Clock,
  classify,
  type EffectStore,
  type Outgoing,
  type SettleEntry,
  type SettleResult,
  type WaitingClaim,
  type WaitingRoom,
} from '@interchange/messaging'
import { createEffectStore, type EffectStoreOptions } from '../effect-store.ts'
import { createHeldKeys } from './held-keys.ts'
import { assertClaims, createWaitingRoom, removeWaiting } from './waiting-room.ts'

/**
 * `createEffectStore` with a waiting table beside the inbox: routes with `ordering: 'key'` on it let the offset of a message
 * that must wait pass, and settle it later in the transaction that takes it out of the table.
 */
export const createWaitingEffectStore = <Effect>(
  options: EffectStoreOptions<Effect> & { readonly clock?: Clock },
): EffectStore<Effect | Outgoing> & { readonly waiting: WaitingRoom } => {
  const waiting = { ...createWaitingRoom(options.database, options.clock), keys: createHeldKeys(options.database) }
  const plain = createEffectStore(options)
  const leaving = createEffectStore<Effect | Departure>({
    database: options.database,
    outbox: options.outbox,
    tellOutcomes: options.tellOutcomes,
    async apply(tx, effects) {
      const departures = effects.filter((effect) => effect instanceof Departure)
      if (departures.length > 0) {
        await assertClaims(
          tx,
          departures.map(({ claim }) => claim),
        )
        await removeWaiting(tx, departures)
      }
      const own = effects.filter((effect): effect is Effect => !(effect instanceof Departure))
      if (own.length > 0) await options.apply(tx, own)
    },
  })

  /** The effects were written before; only the row in the table is left over. */
  const removeDuplicate = async ({ claim, offset }: SettleEntry<unknown>, result: SettleResult | undefined) => {
    if (claim === undefined || result !== 'duplicate') return result
    try {
      await waiting.remove(claim, offset)
      return result
    } catch (error) {
      const { code, error: own } = classify(error)
      if (code !== 'ICX_WAITING_FENCED') throw error
      return own
    }
  }

  return {
    waiting,
    tellsOutcomes: options.tellOutcomes !== undefined,
    async settle(group, entries) {
      if (entries.every(({ claim }) => claim === undefined)) return plain.settle(group, entries)
      const results = await leaving.settle(group, entries.map(withDeparture))
      const final: SettleResult[] = []
      for (const [index, entry] of entries.entries()) {
        const result = await removeDuplicate(entry, results[index])
        if (result !== undefined) final.push(result)
      }
      return final
    },
  }
}

/** Stands first among the effects of a message that leaves the waiting table, so that it goes with them or not at all. */
class Departure {
  readonly claim: WaitingClaim
  readonly offset: number

  constructor(claim: WaitingClaim, offset: number) {
    this.claim = claim
    this.offset = offset
  }
}

const withDeparture = <Effect>(entry: SettleEntry<Effect>): SettleEntry<Effect | Departure> => {
  const { claim, offset, effects } = entry
  return claim === undefined ? entry : { ...entry, effects: [new Departure(claim, offset), ...effects] }
}

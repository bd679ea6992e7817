import type { Observed } from '../history/observed.ts'
import type { Anomaly } from './transaction-anomalies.data.ts'

/** The run with its letter sent back twice, after its cause was mended, and done once. */
export const replayedTwice = (sound: Observed): Observed => {
  const copies = sound.letters.map(({ id, key, valueHash }) => ({ partition: 0, id, key, valueHash }))
  const done = sound.letters.map(({ id, key }, place) => ({ row: 100 + place, id, key: `${key} replayed`, seq: place }))
  return {
    ...sound,
    effects: [...sound.effects, ...done],
    replays: [...copies, ...copies].map((copy, offset) => ({ ...copy, offset })),
  }
}

/** What can go wrong with a letter that is sent back. */
export const replayAnomaliesOf = (sound: Observed): readonly Anomaly[] => {
  const replayed = replayedTwice(sound)
  const changed = (change: Partial<NonNullable<Observed['replays']>[number]>): Observed => ({
    ...replayed,
    replays: (replayed.replays ?? []).map((copy) => (copy.offset === 1 ? { ...copy, ...change } : copy)),
  })
  return [
    {
      what: 'a letter that was sent back and has no effect',
      invariant: 'V16',
      observed: { ...replayed, effects: sound.effects },
      says: 'a2 was sent back 2 times and has 0 effects',
    },
    {
      what: 'a letter that was sent back twice and has two effects',
      invariant: 'V16',
      observed: { ...replayed, effects: [...replayed.effects, ...replayed.effects.slice(-1)] },
      says: 'a2 was sent back 2 times and has 2 effects',
    },
    {
      what: 'a copy with another value',
      invariant: 'V16',
      observed: changed({ valueHash: 'another' }),
      says: 'a2 was sent back as something else',
    },
    {
      what: 'a copy with other headers',
      invariant: 'V16',
      observed: changed({ headersHash: 'another' }),
      says: 'a2 was sent back as something else',
    },
    {
      what: 'a copy of what was no letter',
      invariant: 'V16',
      observed: changed({ id: 'a1' }),
      says: 'a1 was sent back and is no letter',
    },
  ]
}

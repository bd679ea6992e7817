import {
  type HeaderEntry,
  InterchangeError,
  deadLetterHeaders as names,
  type OutboundRecord,
  type TransportRecord,
} from '@interchange/messaging'
import { type LetterFacts, type OriginalRecord, readLetter } from './letter-facts.ts'
import type { LetterSource } from './letter-source.ts'

/**
 * What goes back: the original byte for byte, in its own partition of the group's lane. Behind the original's headers stand
 * the replay and what the next letter needs, should it fail again. `letter` may be a view; the record holds copies.
 */
export const laneRecord = (
  { lane }: LetterSource,
  letter: TransportRecord,
  replayId: string,
  sentAtMs: number,
): OutboundRecord => {
  const { original, facts, partition } = readReplayable(letter)
  return {
    topic: lane,
    partition,
    key: copied(original.key),
    value: copied(original.value),
    headers: original.headers.append(
      entriesOf([
        ...placeOf(original, facts),
        // Replays before this one: the group adds this one when it writes the next letter.
        [names.replays, String(facts.replays)],
        [names.replayId, replayId],
      ]),
    ),
    timestampMs: sentAtMs,
    // It may have fitted into its own topic only so.
    compressed: true,
  }
}

/** What tells the group that a letter is archived: nothing to handle, only whose place in its order is free again. */
export const archivalRecord = (
  { lane }: LetterSource,
  letter: TransportRecord,
  archivedAtMs: number,
): OutboundRecord => {
  const { original, facts, partition } = readReplayable(letter)
  return {
    topic: lane,
    partition,
    key: copied(original.key),
    value: null,
    headers: original.headers.append(
      entriesOf([...placeOf(original, facts), [names.archivedAt, isoTime(archivedAtMs)]]),
    ),
    timestampMs: archivedAtMs,
  }
}

const readReplayable = (letter: TransportRecord) => {
  const { original, facts } = readLetter(letter)
  if (facts.complete && facts.partition !== undefined) return { original, facts, partition: facts.partition }
  throw new InterchangeError('ICX_REPLAY_REFUSED', 'The letter does not say where its original stood.', {
    class: 'poison',
    facts: { topic: letter.topic, partition: letter.partition, offset: letter.offset },
  })
}

type Fact = readonly [name: string, value: string | undefined]

const placeOf = (original: OriginalRecord, facts: LetterFacts): readonly Fact[] => [
  [names.originalHeaderCount, String(original.headers.count)],
  [names.messageId, facts.messageId],
  [names.partition, text(facts.partition)],
  [names.offset, text(facts.offset)],
  [names.timestamp, text(facts.timestampMs)],
  [names.firstFailedAt, facts.firstFailedAtMs === undefined ? undefined : isoTime(facts.firstFailedAtMs)],
]

const entriesOf = (facts: readonly Fact[]): readonly HeaderEntry[] =>
  facts.flatMap(([name, value]) => (value === undefined ? [] : [{ name, value }]))

const text = (value: number | undefined): string | undefined => (value === undefined ? undefined : String(value))
const isoTime = (timeMs: number): string => new Date(timeMs).toISOString()
const copied = (bytes: Buffer | null): Buffer | null => (bytes === null ? null : Buffer.from(bytes))

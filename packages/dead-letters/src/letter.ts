import { createHash } from 'node:crypto'
import type { TransportRecord } from '@interchange/messaging'
import { type LetterFacts, readLetter } from './letter-facts.ts'
import type { LetterSource } from './letter-source.ts'

/** A letter as it is listed: where it lies, whom it failed and why. Holds no value and no stack, so that many fit. */
export interface Letter {
  /** `<dead-letter topic>/<partition>/<offset>`: stable as long as the letter exists. */
  readonly id: string
  /** Ten hex digits of the id's hash, for people. */
  readonly shortId: string
  readonly source: LetterSource
  readonly partition: number
  readonly offset: number
  /** When the group gave up; the record's own time where the letter does not say. */
  readonly failedAtMs: number
  readonly key: string | null
  readonly valueBytes: number | null
  readonly facts: Omit<LetterFacts, 'errorStack'>
}

export const letterId = (deadLetterTopic: string, partition: number, offset: number): string =>
  `${deadLetterTopic}/${partition}/${offset}`

/** The letter of a record of its source's dead-letter topic. Never throws. */
export const toLetter = (source: LetterSource, record: TransportRecord): Letter => {
  const { facts } = readLetter(record)
  const { errorStack: _, errorMessage, ...rest } = facts
  const id = letterId(record.topic, record.partition, record.offset)
  return {
    id,
    shortId: createHash('sha256').update(id).digest('hex').slice(0, 10),
    source,
    partition: record.partition,
    offset: record.offset,
    failedAtMs: facts.lastFailedAtMs ?? record.timestampMs,
    key: record.key === null ? null : record.key.toString('utf8', 0, 255),
    valueBytes: record.value?.length ?? null,
    facts: { ...rest, errorMessage: errorMessage?.slice(0, listedMessageMax) },
  }
}

const listedMessageMax = 512

import { type Happened, type LetterOf, placeKey } from '../history.ts'
import { derivedTopic, isRefused, type Plan, sourceTopic } from '../plan.ts'

type Append = Extract<Happened, { kind: 'append' }>

/** How the record at a place has to end. */
export type RightEnd = 'letter' | 'nothing' | 'handled' | 'published' | 'effect' | 'told' | 'released'

/** Which records have come to an end so far: what an offset may pass, and what a revocation has to wait for. */
export interface Ends {
  see(event: Happened): void
  /** The record that was written there. */
  recordAt(topic: string, partition: number, offset: number): Append | undefined
  rightEnd(record: Append): RightEnd
  /** Its dead letter is written, and so is the report of it. */
  isBuried(record: Append): boolean
  /** A replay of its letter went well: it is a duplicate when it comes again, and nothing is told of that. */
  isReplayed(record: Append): boolean
  isFinished(record: Append): boolean
  /** It is, or was, in the waiting table, so that its offset may pass. */
  hasWaited(record: Append): boolean
  /** It went into a retry topic, or into the next one, so that its offset may pass. */
  hasMoved(record: Append): boolean
  /** The place of the message in its own topic, whichever retry topic the record stands in. */
  originOf(record: Append): string
  /** What became of the replay has been told. */
  isTold(replayId: string): boolean
}

export const createEnds = (plan: Plan): Ends => {
  const records = new Map<string, Append>()
  const published = new Set<string>()
  const effects = new Set<string>()
  const handled = new Set<number>()
  const letters = new Set<string>()
  const reported = new Set<string>()
  const waiting = new Set<string>()
  const told = new Set<string>()
  /** Places whose key is held, or was let go. */
  const kept = { held: new Set<string>(), released: new Set<string>() }
  /** Records in retry topics, counted as they came, by their own place; and the last one of each message, by its place. */
  const copies = new Map<string, number>()
  const lastCopy = new Map<string, number>()

  const rightEnd = ({ topic, n, id, replayId, archives }: Append): RightEnd => {
    if (replayId !== undefined) return 'told'
    if (archives !== undefined) return 'released'
    const message = n === undefined ? undefined : plan.messages[n]
    if (message === undefined) return id === 'stranger-tombstone' ? 'nothing' : 'letter'
    if (topic === derivedTopic) return isRefused(message) ? 'letter' : 'effect'
    if (message.kind === 'poison') return 'letter'
    return message.parts === 0 ? 'handled' : 'published'
  }

  const originOf = (record: Append): string => offsetKey(record.retry ?? record)
  const isBuried = (record: Append): boolean => letters.has(originOf(record)) && reported.has(record.id)
  /** Where keys are held, a letter's message is not over before its key is. */
  const isMinded = (record: Append): boolean =>
    !plan.holds ||
    record.topic !== derivedTopic ||
    kept.held.has(offsetKey(record)) ||
    kept.released.has(offsetKey(record))

  const hasEffect = ({ n, part }: Append): boolean => effects.has(`${n}/${part}`)
  const isReplayed = (record: Append): boolean => rightEnd(record) === 'letter' && hasEffect(record)

  const isFinished = (record: Append): boolean => {
    if (isBuried(record)) return isMinded(record) || isReplayed(record)
    const { n, replayId, archives } = record
    const message = plan.messages[n ?? -1]
    switch (rightEnd(record)) {
      case 'letter':
        return isReplayed(record)
      case 'nothing':
        return true
      case 'released':
        return !plan.holds || (archives !== undefined && kept.released.has(offsetKey(archives)))
      case 'told':
        return replayId !== undefined && told.has(replayId)
      case 'handled':
        return n !== undefined && handled.has(n)
      case 'effect':
        return hasEffect(record)
      case 'published':
        return Array.from({ length: message?.parts ?? 0 }, (_, output) => `${n}/${output}`).every((output) =>
          published.has(output),
        )
    }
  }

  const seeRecord = (record: Append): void => {
    records.set(offsetKey(record), record)
    if (record.topic === derivedTopic) published.add(`${record.n}/${record.part}`)
    if (record.letter !== undefined) letters.add(offsetKey(record.letter))
    if (record.retry === undefined) return
    copies.set(offsetKey(record), copies.size + 1)
    lastCopy.set(originOf(record), copies.size)
  }

  return {
    see(event) {
      switch (event.kind) {
        case 'append':
          seeRecord(event)
          return
        case 'put':
          for (const { offset } of event.rows) waiting.add(offsetKey({ ...event, offset }))
          return
        case 'held':
        case 'released':
          kept[event.kind].add(offsetKey(event))
          return
        case 'effect':
          effects.add(`${event.n}/${event.part}`)
          return
        case 'outcome':
          if (event.outcome === 'dead-lettered') reported.add(event.id)
          if (event.replayId !== undefined) told.add(event.replayId)
          return
        case 'end': {
          const record = event.how === 'answered' ? records.get(offsetKey(event)) : undefined
          if (record?.n !== undefined && (record.topic === sourceTopic || record.retry)) handled.add(record.n)
        }
      }
    },
    recordAt: (topic, partition, offset) => records.get(offsetKey({ topic, partition, offset })),
    rightEnd,
    isBuried,
    isReplayed,
    isFinished,
    hasMoved: (record) => (lastCopy.get(originOf(record)) ?? 0) > (copies.get(offsetKey(record)) ?? 0),
    originOf,
    hasWaited: (record) => waiting.has(offsetKey(record)),
    isTold: (replayId) => told.has(replayId),
  }
}

const offsetKey = (place: Pick<LetterOf, 'topic' | 'partition' | 'offset'>): string =>
  `${placeKey(place)}/${place.offset}`

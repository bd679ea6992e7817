import { type Happened, type LetterOf, placeKey } from '../history.ts'
import { derivedTopic, isRefused, type Plan, sourceTopic } from '../plan.ts'

type Append = Extract<Happened, { kind: 'append' }>

/** How the record at a place has to end. */
export type RightEnd = 'letter' | 'nothing' | 'handled' | 'published' | 'effect' | 'told'

/** Which records have come to an end so far: what an offset may pass, and what a revocation has to wait for. */
export interface Ends {
  see(event: Happened): void
  /** The record that was written there. */
  recordAt(topic: string, partition: number, offset: number): Append | undefined
  rightEnd(record: Append): RightEnd
  /** Its dead letter is written, and so is the report of it. */
  isBuried(record: Append): boolean
  isFinished(record: Append): boolean
  /** It is, or was, in the waiting table, so that its offset may pass. */
  hasWaited(record: Append): boolean
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

  const rightEnd = ({ topic, n, id, replayId }: Append): RightEnd => {
    if (replayId !== undefined) return 'told'
    const message = n === undefined ? undefined : plan.messages[n]
    if (message === undefined) return id === 'stranger-tombstone' ? 'nothing' : 'letter'
    if (topic === derivedTopic) return isRefused(message) ? 'letter' : 'effect'
    if (message.kind === 'poison') return 'letter'
    return message.parts === 0 ? 'handled' : 'published'
  }

  const isBuried = (record: Append): boolean => letters.has(offsetKey(record)) && reported.has(record.id)

  const isFinished = (record: Append): boolean => {
    if (isBuried(record)) return true
    const { n, part, replayId } = record
    const message = plan.messages[n ?? -1]
    switch (rightEnd(record)) {
      case 'letter':
        // A copy that comes behind a replay that went well is a duplicate.
        return effects.has(`${n}/${part}`)
      case 'nothing':
        return true
      case 'told':
        return replayId !== undefined && told.has(replayId)
      case 'handled':
        return n !== undefined && handled.has(n)
      case 'effect':
        return effects.has(`${n}/${part}`)
      case 'published':
        return Array.from({ length: message?.parts ?? 0 }, (_, output) => `${n}/${output}`).every((output) =>
          published.has(output),
        )
    }
  }

  return {
    see(event) {
      if (event.kind === 'append') {
        records.set(offsetKey(event), event)
        if (event.topic === derivedTopic) published.add(`${event.n}/${event.part}`)
        if (event.letter !== undefined) letters.add(offsetKey(event.letter))
      } else if (event.kind === 'put') {
        for (const { offset } of event.rows) waiting.add(offsetKey({ ...event, offset }))
      } else if (event.kind === 'effect') effects.add(`${event.n}/${event.part}`)
      else if (event.kind === 'outcome') {
        if (event.outcome === 'dead-lettered') reported.add(event.id)
        if (event.replayId !== undefined) told.add(event.replayId)
      } else if (event.kind === 'end' && event.how === 'answered' && event.topic === sourceTopic) {
        const n = records.get(offsetKey(event))?.n
        if (n !== undefined) handled.add(n)
      }
    },
    recordAt: (topic, partition, offset) => records.get(offsetKey({ topic, partition, offset })),
    rightEnd,
    isBuried,
    isFinished,
    hasWaited: (record) => waiting.has(offsetKey(record)),
    isTold: (replayId) => told.has(replayId),
  }
}

const offsetKey = (place: Pick<LetterOf, 'topic' | 'partition' | 'offset'>): string =>
  `${placeKey(place)}/${place.offset}`

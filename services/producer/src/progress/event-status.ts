import type { EventProgress, OutcomeOfGroup } from './progress-store.ts'

/** How far an event is known to be: the furthest word first. */
export type EventState = 'accepted' | 'published' | 'transformed' | 'dead-lettered' | 'resolved'

/** The status resource of an event. */
export interface EventStatus {
  readonly eventId: string
  readonly correlationId: string
  readonly source: string
  readonly naturalKey: string
  readonly state: EventState
  readonly acceptedAt: string
  readonly published: {
    readonly topic: string
    readonly partition: number
    readonly offset: number
    readonly at: string
  } | null
  readonly canonical: readonly {
    readonly eventId: string
    readonly topic: string
    readonly partition: number
    readonly offset: number
    readonly at: string
  }[]
  readonly outcomes: readonly (Omit<OutcomeOfGroup, 'atMs'> & { readonly at: string })[]
}

/** What a client sees of an event's progress. */
export const eventStatus = (progress: EventProgress): EventStatus => ({
  eventId: progress.eventId,
  correlationId: progress.correlationId,
  source: progress.source,
  naturalKey: progress.naturalKey,
  state: stateOf(progress),
  acceptedAt: instant(progress.acceptedMs),
  published: progress.published === undefined ? null : place(progress.published),
  canonical: progress.canonical.map((sighting) => ({ eventId: sighting.eventId, ...place(sighting) })),
  outcomes: progress.outcomes.map(({ atMs, ...outcome }) => ({ ...outcome, at: instant(atMs) })),
})

/** A letter that no later outcome of its group resolved outweighs everything; a resolved one outweighs being transformed. */
const stateOf = ({ published, canonical, outcomes }: EventProgress): EventState => {
  if (outcomes.some(({ outcome }) => dead.has(outcome))) return 'dead-lettered'
  if (outcomes.length > 0) return 'resolved'
  if (canonical.length > 0) return 'transformed'
  return published === undefined ? 'accepted' : 'published'
}

const dead: ReadonlySet<string> = new Set(['dead_lettered', 'failed_again'])

const place = (at: { topic: string; partition: number; offset: number; atMs: number }) => ({
  topic: at.topic,
  partition: at.partition,
  offset: at.offset,
  at: instant(at.atMs),
})

const instant = (ms: number): string => new Date(ms).toISOString()

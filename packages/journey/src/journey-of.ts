import { type PhysicalTopic, type PhysicalTopicRole, topicNamed } from '@interchange/contracts'
import {
  ceHeaders,
  deadLetterHeaders,
  eventIdTimeMs,
  HeaderBlock,
  type ReadRange,
  type Transport,
  type TransportAdmin,
  type TransportRecord,
  traceHeaders,
} from '@interchange/messaging'

/** Whether a group has gone past a record: it has then done it, or has its letter. */
export interface Receiver {
  readonly group: string
  readonly state: 'passed' | 'ahead'
}

/** One record of a conversation. Times are the record's own, in milliseconds since the epoch. */
export interface Hop {
  readonly role: PhysicalTopicRole
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly atMs: number
  /** Since the record that caused this one; since the first where the cause is not among them. */
  readonly tookMs: number
  readonly messageId: string
  readonly causationId: string | null
  readonly type: string | null
  readonly traceId: string | null
  /** For dead letters and replays: whose. */
  readonly group: string | null
  readonly failure: { readonly class: string; readonly code: string; readonly message: string } | null
  readonly replayId: string | null
  readonly receivers: readonly Receiver[]
}

/** What happened to one correlation id, oldest first. */
export interface Journey {
  readonly correlationId: string
  readonly hops: readonly Hop[]
  /** From the first record to the last, in milliseconds. */
  readonly tookMs: number
  /** Every trace the conversation has: one, and one more for each replay. */
  readonly traceIds: readonly string[]
}

export interface JourneyOptions {
  /** The physical topics to look through. */
  readonly topics: readonly PhysicalTopic[]
  /** Records before this are not read. Default: a minute before the time inside the id, or the whole log. */
  readonly sinceMs?: number
  readonly signal?: AbortSignal
}

/**
 * Follows a correlation id through the topics themselves: nothing here is sampled, and what a trace backend lost or
 * never got is still there. Reads from `sinceMs` to the present end of every topic.
 */
export const journeyOf = async (
  transport: Transport,
  correlationId: string,
  options: JourneyOptions,
): Promise<Journey> => {
  const admin = await transport.createAdmin()
  try {
    const sinceMs = options.sinceMs ?? sinceOf(correlationId)
    const ranges = await rangesOf(admin, options.topics, sinceMs)
    const found: TransportRecord[] = []
    if (ranges.length > 0) {
      for await (const record of transport.read(
        ranges,
        options.signal === undefined ? {} : { signal: options.signal },
      )) {
        if (belongsTo(record, correlationId)) found.push(copyOf(record))
      }
    }
    return assemble(correlationId, found, options.topics, await committedOffsets(admin, options.topics, found))
  } finally {
    await admin.close()
  }
}

const sinceOf = (correlationId: string): number | undefined => {
  const timeMs = eventIdTimeMs(correlationId)
  return timeMs === undefined ? undefined : timeMs - 60_000
}

const rangesOf = async (
  admin: TransportAdmin,
  topics: readonly PhysicalTopic[],
  sinceMs: number | undefined,
): Promise<readonly ReadRange[]> => {
  const existing = await admin.partitionCounts(topics.map(({ name }) => name))
  const perTopic = await Promise.all(
    topics
      .filter(({ name }) => existing.has(name))
      .map(async ({ name }) => {
        const [offsets, since] = await Promise.all([
          admin.topicOffsets(name),
          sinceMs === undefined ? [] : admin.offsetsAt(name, sinceMs),
        ])
        const starts = new Map(since.map(({ partition, offset }) => [partition, offset]))
        return offsets.flatMap(({ partition, earliest, latest }): ReadRange[] => {
          const start = starts.get(partition) ?? earliest
          return start === -1 || start >= latest
            ? []
            : [{ topic: name, partition, fromOffset: Math.max(start, earliest), untilOffset: latest }]
        })
      }),
  )
  return perTopic.flat()
}

/** A record whose headers cannot be read belongs to no conversation. */
const belongsTo = (record: TransportRecord, correlationId: string): boolean => {
  try {
    return record.headers.text(ceHeaders.correlationId) === correlationId
  } catch {
    return false
  }
}

/** Records are views into a fetch buffer: what is kept must not keep the whole buffer alive. */
const copyOf = (record: TransportRecord): TransportRecord => ({
  ...record,
  key: null,
  value: null,
  headers: new HeaderBlock(Buffer.from(record.headers.bytes)),
})

type Committed = ReadonlyMap<string, number>

const committedOffsets = async (
  admin: TransportAdmin,
  topics: readonly PhysicalTopic[],
  found: readonly TransportRecord[],
): Promise<Committed> => {
  const seen = new Set(found.map(({ topic }) => topic))
  const groups = new Set(topics.filter(({ name }) => seen.has(name)).flatMap(receiversOf))
  const perGroup = await Promise.all(
    [...groups].map(async (group) =>
      (await admin.committedOffsets(group, [...seen])).map(
        ({ topic, partition, offset }) => [`${group} ${topic} ${partition}`, offset] as const,
      ),
    ),
  )
  return new Map(perGroup.flat())
}

const receiversOf = (physical: PhysicalTopic): readonly string[] => {
  if (physical.role === 'events') return topicNamed(physical.name)?.groups ?? []
  return (physical.role === 'replay' || physical.role === 'retry') && physical.group !== undefined
    ? [physical.group]
    : []
}

const assemble = (
  correlationId: string,
  found: readonly TransportRecord[],
  topics: readonly PhysicalTopic[],
  committed: Committed,
): Journey => {
  const physical = new Map(topics.map((topic) => [topic.name, topic]))
  const ordered = found.toSorted((a, b) => a.timestampMs - b.timestampMs || a.offset - b.offset)
  const sentAt = new Map<string, number>()
  const hops: Hop[] = []
  for (const record of ordered) {
    const topic = physical.get(record.topic)
    if (topic === undefined) continue
    const hop = hopOf(record, topic, sentAt, ordered[0]?.timestampMs ?? record.timestampMs, committed)
    if (hop.role === 'events' && !sentAt.has(hop.messageId)) sentAt.set(hop.messageId, hop.atMs)
    hops.push(hop)
  }
  const traceIds = [...new Set(hops.flatMap(({ traceId }) => (traceId === null ? [] : [traceId])))]
  return { correlationId, hops, tookMs: (hops.at(-1)?.atMs ?? 0) - (hops[0]?.atMs ?? 0), traceIds }
}

const hopOf = (
  record: TransportRecord,
  physical: PhysicalTopic,
  sentAt: ReadonlyMap<string, number>,
  firstMs: number,
  committed: Committed,
): Hop => {
  const { headers } = record
  const messageId =
    headers.text(deadLetterHeaders.messageId) ??
    headers.text(ceHeaders.id) ??
    `${record.topic}/${record.partition}/${record.offset}`
  const causationId = headers.text(ceHeaders.causationId) ?? null
  const cause = physical.role === 'events' ? causationId : messageId
  return {
    role: physical.role,
    topic: record.topic,
    partition: record.partition,
    offset: record.offset,
    atMs: record.timestampMs,
    tookMs: record.timestampMs - ((cause === null ? undefined : sentAt.get(cause)) ?? firstMs),
    messageId,
    causationId,
    type: headers.text(ceHeaders.type) ?? null,
    traceId: headers.text(traceHeaders.traceparent)?.split('-')[1] ?? null,
    group: physical.group ?? null,
    failure:
      physical.role === 'dead-letters'
        ? {
            class: headers.text(deadLetterHeaders.reason) ?? 'unknown',
            code: headers.text(deadLetterHeaders.code) ?? 'unknown',
            message: headers.text(deadLetterHeaders.errorMessage) ?? '',
          }
        : null,
    replayId: headers.text(deadLetterHeaders.replayId) ?? null,
    receivers: receiversOf(physical).map((group) => ({
      group,
      state: (committed.get(`${group} ${record.topic} ${record.partition}`) ?? 0) > record.offset ? 'passed' : 'ahead',
    })),
  }
}

import { deadLetterTopicName, placeEventId } from '@interchange/messaging'
import type { LogFacts, LogRecord } from './log-facts.ts'

/** A consumer group as the books see it. */
export interface BookedGroup {
  readonly group: string
  /** The topics it reads, without its replay lanes. */
  readonly topics: readonly string[]
  /**
   * Ids this group has done. For a group with a database: its inbox rows. For a group that only publishes, leave it out:
   * the books then take the causation ids of `outputs`.
   */
  readonly doneIds?: ReadonlySet<string>
  /** The topics a publishing group writes; what they carry names its cause. */
  readonly outputs?: readonly string[]
  /** Ids in the group's waiting table. */
  readonly waitingIds?: ReadonlySet<string>
  /** The retry topics of its topics: what lies there above the committed offset waits; below it, it must have gone further. */
  readonly retryTopics?: readonly RetryTopic[]
}

/** A topic in which messages of `topic` wait. */
export interface RetryTopic {
  readonly name: string
  readonly topic: string
}

/** One line of the accounting: in = done + waiting + dead, by distinct message ids (design page 3, promise 8). */
export interface GroupBalance {
  readonly group: string
  readonly in: number
  readonly done: number
  readonly waiting: number
  readonly dead: number
  /** The ids behind `dead`. */
  readonly deadIds: readonly string[]
  /** Ids below the committed offset that are neither done, waiting nor dead: lost. */
  readonly missingIds: readonly string[]
  /** Ids the group says it has done that no topic of its holds. */
  readonly phantomIds: readonly string[]
  /** Ids above the committed offset: still to come. */
  readonly ahead: number
}

export interface Balance {
  readonly closes: boolean
  readonly groups: readonly GroupBalance[]
  /** Ids that were acknowledged to a sender and are in no topic. */
  readonly unwrittenIds: readonly string[]
  /** Acknowledged ids that are missing anywhere, plus missing ids of every group. */
  readonly lost: number
  /** Ids that stand in one topic more than once with different bytes: a redelivery that did not repeat itself. */
  readonly divergentIds: readonly string[]
}

/**
 * Closes the books from what is in Kafka and in the inboxes, never from a process's counters. Pure, so that a test can
 * take one record away and see it turn red.
 *
 * @param acknowledgedIds event ids that a sender was told Kafka has
 */
export const closeBooks = (
  facts: LogFacts,
  groups: readonly BookedGroup[],
  acknowledgedIds: ReadonlySet<string>,
): Balance => {
  const byTopic = Map.groupBy(facts.records, (record) => record.topic)
  const committed = new Map(facts.committed.map((at) => [`${at.group} ${at.topic} ${at.partition}`, at.offset]))
  const balances = groups.map((group) => balanceOf(group, byTopic, committed))
  const written = new Set(facts.records.map(idOf))
  const unwrittenIds = [...acknowledgedIds].filter((id) => !written.has(id))
  const missing = balances.reduce((sum, balance) => sum + balance.missingIds.length, 0)
  return {
    closes: missing === 0 && unwrittenIds.length === 0 && balances.every((balance) => balance.phantomIds.length === 0),
    groups: balances,
    unwrittenIds,
    lost: missing + unwrittenIds.length,
    divergentIds: divergentIds(byTopic, groups),
  }
}

const balanceOf = (
  booked: BookedGroup,
  byTopic: ReadonlyMap<string, readonly LogRecord[]>,
  committed: ReadonlyMap<string, number>,
): GroupBalance => {
  const isTaken = ({ topic, partition, offset }: LogRecord): boolean =>
    offset < (committed.get(`${booked.group} ${topic} ${partition}`) ?? 0)
  const records = booked.topics.flatMap((topic) => byTopic.get(topic) ?? [])
  const held = new Set(records.map(idOf))
  const taken = new Set(records.filter(isTaken).map(idOf))
  const done = booked.doneIds ?? causesOf(booked, byTopic)
  const retries = (booked.retryTopics ?? []).flatMap(({ name, topic }) =>
    (byTopic.get(name) ?? [])
      .filter((record) => !isTaken(record))
      .map((record) => ({ record, from: `${topic}/${record.partition}/${record.originalOffset}` })),
  )
  const waiting = idsOf(retries, records).union(booked.waitingIds ?? new Set())
  const letters = idsOf(lettersOf(booked, byTopic), records)
  const dead = letters.difference(done).difference(waiting)
  const settled = done.union(waiting).union(dead)
  return {
    group: booked.group,
    in: taken.size,
    done: taken.intersection(done).size,
    waiting: taken.intersection(waiting).difference(done).size,
    dead: taken.intersection(dead).size,
    deadIds: [...taken.intersection(dead)],
    missingIds: [...taken.difference(settled)],
    phantomIds: [...done.difference(held)],
    ahead: held.difference(taken).size,
  }
}

/** A record by which a message is dead or waits, and the place it says the message comes from. */
interface Copy {
  readonly record: LogRecord
  readonly from: string | null
}

const lettersOf = (booked: BookedGroup, byTopic: ReadonlyMap<string, readonly LogRecord[]>): readonly Copy[] =>
  booked.topics.flatMap((topic) =>
    (byTopic.get(deadLetterTopicName(topic, booked.group)) ?? []).map((record) => ({ record, from: record.deadFrom })),
  )

/** The place also finds a message that carried no id that could be read. */
const idsOf = (copies: readonly Copy[], records: readonly LogRecord[]): ReadonlySet<string> => {
  const places = new Set(copies.map(({ from }) => from))
  const copied = records.filter((record) => places.has(placeOf(record)))
  return new Set([...copies.map(({ record }) => record.deadMessageId ?? idOf(record)), ...copied.map(idOf)])
}

const causesOf = (booked: BookedGroup, byTopic: ReadonlyMap<string, readonly LogRecord[]>): ReadonlySet<string> =>
  new Set(
    (booked.outputs ?? []).flatMap((topic) =>
      (byTopic.get(topic) ?? []).flatMap((record) => (record.causationId === null ? [] : [record.causationId])),
    ),
  )

const divergentIds = (
  byTopic: ReadonlyMap<string, readonly LogRecord[]>,
  groups: readonly BookedGroup[],
): readonly string[] => {
  const divergent: string[] = []
  for (const topic of new Set(groups.flatMap((group) => group.topics))) {
    const hashes = new Map<string, string | null>()
    for (const record of byTopic.get(topic) ?? []) {
      const id = idOf(record)
      if (hashes.has(id) && hashes.get(id) !== record.valueHash) divergent.push(id)
      hashes.set(id, record.valueHash)
    }
  }
  return divergent
}

/** A record without an id is known by what the kernel derives from its place. Whatever `dlq-` headers it brought mean nothing. */
const idOf = (record: LogRecord): string =>
  record.id ?? placeEventId(record.topic, record.partition, record.offset, record.timestampMs)

const placeOf = ({ topic, partition, offset }: LogRecord): string => `${topic}/${partition}/${offset}`

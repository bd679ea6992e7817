import { InterchangeError } from '../failure/failure.ts'
import { HeaderBlock } from '../record/header-block.ts'
import type { ConsumerOptions, OutboundRecord, TopicSpec, TransportRecord } from '../transport.ts'

const recordOverheadBytes = 70
const messageBytesMaxDefault = 1_048_588

/** What a transaction wrote is in the log at once, and seen by readers of committed records when it is committed. */
export interface MemoryTransaction {
  state: 'open' | 'committed' | 'aborted'
}

/** What is at one offset. */
export interface MemoryEntry {
  /** Undefined for the marker that ends a transaction. */
  readonly record: TransportRecord | undefined
  readonly transaction: MemoryTransaction | undefined
}

/** One partition: every entry ever appended, by offset, of which those below `start` can no longer be read. */
export interface MemoryPartition {
  readonly entries: MemoryEntry[]
  start: number
}

/** What a reader gets: records, and where to go on. */
export interface MemoryRead {
  readonly records: readonly TransportRecord[]
  readonly nextOffset: number
}

/** Topics and what was appended to them. Nothing is ever removed, so that tests can look at all of it. */
export interface MemoryLog {
  create(spec: TopicSpec): boolean
  topicNames(): readonly string[]
  partitionCount(topic: string): number | undefined
  /** What the topic was created with. */
  configs(topic: string): TopicSpec['configs']
  /** Throws `ICX_KAFKA_REFUSED` where the topic or partition does not exist. */
  partition(topic: string, partition: number): MemoryPartition
  /** Appends a copy and answers with its offset. Throws `ICX_KAFKA_REFUSED`. */
  append(record: OutboundRecord, nowMs: number, transaction?: MemoryTransaction): number
  /** Appends the marker of a transaction that has ended. */
  mark(topic: string, partition: number, transaction: MemoryTransaction): void
  /** Up to `entriesMax` entries from `offset`; throws `ICX_KAFKA_OFFSET_OUT_OF_RANGE`. */
  readFrom(
    topic: string,
    partition: number,
    offset: number,
    entriesMax: number,
    isolation: ConsumerOptions['isolation'],
  ): MemoryRead
  /** Calls `run` once, when anything is appended; the result cancels. */
  onceAppended(run: () => void): () => void
}

interface MemoryTopic {
  readonly partitions: readonly MemoryPartition[]
  readonly bytesMax: number
  readonly configs: TopicSpec['configs']
}

export const createMemoryLog = (onAppended?: (record: TransportRecord) => void): MemoryLog => {
  const topics = new Map<string, MemoryTopic>()
  let waiting = new Set<() => void>()

  const partitionOf = (topic: string, partition: number): MemoryPartition => {
    const found = topics.get(topic)?.partitions[partition]
    if (found === undefined) throw refused(`${topic} has no partition ${partition}`, 'fatal', { topic, partition })
    return found
  }

  const wake = (): void => {
    const run = waiting
    waiting = new Set()
    for (const each of run) each()
  }

  return {
    create({ name, partitions, configs }) {
      if (topics.has(name)) return false
      topics.set(name, {
        partitions: Array.from({ length: partitions }, () => ({ entries: [], start: 0 })),
        bytesMax: Number(configs['max.message.bytes'] ?? messageBytesMaxDefault),
        configs,
      })
      return true
    },
    topicNames: () => [...topics.keys()],
    partitionCount: (topic) => topics.get(topic)?.partitions.length,
    configs: (topic) => topics.get(topic)?.configs ?? {},
    partition: partitionOf,
    append(record, nowMs, transaction) {
      const { topic, partition } = record
      const { entries } = partitionOf(topic, partition)
      const bytes = bytesOf(record)
      const bytesMax = topics.get(topic)?.bytesMax ?? messageBytesMaxDefault
      if (bytes > bytesMax) throw refused(`a record of ${bytes} bytes`, 'contract', { topic, bytes, bytesMax })
      const offset = entries.length
      const appended: TransportRecord = {
        topic,
        partition,
        offset,
        timestampMs: record.timestampMs ?? nowMs,
        key: copyOf(record.key),
        value: copyOf(record.value),
        headers: new HeaderBlock(Buffer.from(record.headers.bytes)),
      }
      entries.push({ record: appended, transaction })
      onAppended?.(appended)
      wake()
      return offset
    },
    mark(topic, partition, transaction) {
      partitionOf(topic, partition).entries.push({ record: undefined, transaction })
      wake()
    },
    readFrom(topic, partition, offset, entriesMax, isolation) {
      const { entries, start } = partitionOf(topic, partition)
      if (offset < start || offset > entries.length) {
        throw new InterchangeError('ICX_KAFKA_OFFSET_OUT_OF_RANGE', `${topic}/${partition} has no offset ${offset}`, {
          class: 'fatal',
          facts: { topic, partition, offset, start, end: entries.length },
        })
      }
      return readEntries(entries, offset, entriesMax, isolation)
    },
    onceAppended(run) {
      waiting.add(run)
      return () => waiting.delete(run)
    },
  }
}

/** A reader of committed records sees nothing aborted, and nothing behind the first open transaction. */
const readEntries = (
  entries: readonly MemoryEntry[],
  offset: number,
  entriesMax: number,
  isolation: ConsumerOptions['isolation'],
): MemoryRead => {
  const records: TransportRecord[] = []
  let nextOffset = offset
  for (const { record, transaction } of entries.slice(offset, offset + entriesMax)) {
    if (isolation === 'read_committed' && transaction?.state === 'open') break
    const hidden = isolation === 'read_committed' && transaction?.state === 'aborted'
    if (record !== undefined && !hidden) records.push(record)
    nextOffset++
  }
  return { records, nextOffset }
}

const bytesOf = ({ key, value, headers }: OutboundRecord): number =>
  recordOverheadBytes + (key?.length ?? 0) + (value?.length ?? 0) + headers.size

const copyOf = (bytes: Buffer | null): Buffer | null => (bytes === null ? null : Buffer.from(bytes))

const refused = (
  what: string,
  failureClass: 'fatal' | 'contract',
  facts: Record<string, string | number>,
): InterchangeError =>
  new InterchangeError('ICX_KAFKA_REFUSED', `The broker refused: ${what}.`, { class: failureClass, facts })

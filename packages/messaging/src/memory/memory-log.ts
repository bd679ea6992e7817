import { InterchangeError } from '../failure/failure.ts'
import { HeaderBlock } from '../record/header-block.ts'
import type { OutboundRecord, TopicSpec, TransportRecord } from '../transport.ts'

const recordOverheadBytes = 70
const messageBytesMaxDefault = 1_048_588

/** One partition: every record ever appended, of which those below `start` can no longer be read. */
export interface MemoryPartition {
  readonly records: TransportRecord[]
  start: number
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
  append(record: OutboundRecord, nowMs: number): number
  /** Up to `recordsMax` records from `offset`; throws `ICX_KAFKA_OFFSET_OUT_OF_RANGE`. */
  readFrom(topic: string, partition: number, offset: number, recordsMax: number): readonly TransportRecord[]
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

  return {
    create({ name, partitions, configs }) {
      if (topics.has(name)) return false
      topics.set(name, {
        partitions: Array.from({ length: partitions }, () => ({ records: [], start: 0 })),
        bytesMax: Number(configs['max.message.bytes'] ?? messageBytesMaxDefault),
        configs,
      })
      return true
    },
    topicNames: () => [...topics.keys()],
    partitionCount: (topic) => topics.get(topic)?.partitions.length,
    configs: (topic) => topics.get(topic)?.configs ?? {},
    partition: partitionOf,
    append(record, nowMs) {
      const { topic, partition } = record
      const { records } = partitionOf(topic, partition)
      const bytes = bytesOf(record)
      const bytesMax = topics.get(topic)?.bytesMax ?? messageBytesMaxDefault
      if (bytes > bytesMax) throw refused(`a record of ${bytes} bytes`, 'contract', { topic, bytes, bytesMax })
      const offset = records.length
      const appended: TransportRecord = {
        topic,
        partition,
        offset,
        timestampMs: record.timestampMs ?? nowMs,
        key: copyOf(record.key),
        value: copyOf(record.value),
        headers: new HeaderBlock(Buffer.from(record.headers.bytes)),
      }
      records.push(appended)
      onAppended?.(appended)
      const run = waiting
      waiting = new Set()
      for (const wake of run) wake()
      return offset
    },
    readFrom(topic, partition, offset, recordsMax) {
      const { records, start } = partitionOf(topic, partition)
      if (offset < start || offset > records.length) {
        throw new InterchangeError('ICX_KAFKA_OFFSET_OUT_OF_RANGE', `${topic}/${partition} has no offset ${offset}`, {
          class: 'fatal',
          facts: { topic, partition, offset, start, end: records.length },
        })
      }
      return records.slice(offset, offset + recordsMax)
    },
    onceAppended(run) {
      waiting.add(run)
      return () => waiting.delete(run)
    },
  }
}

const bytesOf = ({ key, value, headers }: OutboundRecord): number =>
  recordOverheadBytes + (key?.length ?? 0) + (value?.length ?? 0) + headers.bytes.length

const copyOf = (bytes: Buffer | null): Buffer | null => (bytes === null ? null : Buffer.from(bytes))

const refused = (
  what: string,
  failureClass: 'fatal' | 'contract',
  facts: Record<string, string | number>,
): InterchangeError =>
  new InterchangeError('ICX_KAFKA_REFUSED', `The broker refused: ${what}.`, { class: failureClass, facts })

import type { OutboundRecord, SendOutcome, TransportRecord } from '@interchange/messaging'
import type { MemoryTransport } from '@interchange/messaging/memory'
import {
  type HistoryEvent,
  type LetterOf,
  type OriginalPlace,
  placeKey,
  type RecordFacts,
  type RetryOf,
} from './history.ts'
import { itemTopic, readItem } from './item.ts'
import type { Kernel } from './kernel.ts'
import { derivedTopic, groupOfDerived, groupOfSource, type Plan, sourceTopic, toldBytesMax, toldTopic } from './plan.ts'
import type { Process, World } from './world.ts'

/** The in-memory Kafka as a process of its own, and what it holds. Call `memory` in steps of `process` only. */
export interface Broker {
  readonly process: Process
  readonly memory: MemoryTransport
  readonly reachable: boolean
  setReachable(reachable: boolean): void
  append(records: readonly OutboundRecord[]): Promise<readonly SendOutcome[]>
  /** Calls `watch` with every dead letter. */
  watchLetters(watch: (letter: TransportRecord) => void): void
  committed(group: string, place: { topic: string; partition: number }, offset: number): void
  /** Both groups have committed everything. */
  isDrained(): boolean
}

export const createBroker = async (
  kernel: Kernel,
  world: World,
  plan: Plan,
  note: (event: HistoryEvent) => void,
): Promise<Broker> => {
  const process = world.spawn('broker')
  const appended = (record: TransportRecord): void => {
    const { topic, partition, offset } = record
    log.set(`${placeKey(record)}/${offset}`, record)
    ends.set(placeKey(record), offset + 1)
    drained = undefined
    const letter = letterOf(record)
    const { replayId, archives } = laneFactsOf(record)
    const retry = retryOf(record)
    note({ kind: 'append', topic, partition, offset, ...factsOf(kernel, record), letter, replayId, archives, retry })
    if (letter !== undefined) onLetter(record)
  }
  const memory = kernel.createMemoryTransport({ clock: process.clock, onAppended: appended })
  const producer = await memory.createProducer()
  const ends = new Map<string, number>()
  const commits = new Map<string, number>()
  const log = new Map<string, TransportRecord>()
  let onLetter: (letter: TransportRecord) => void = () => undefined
  let reachable = true
  /** Asked for after every step, so only worked out when something has changed. */
  let drained: boolean | undefined

  const retryTopics = plan.retryDelaysMs.map((_, index) => kernel.retryTopicName(sourceTopic, groupOfSource, index + 1))
  const readBy = (topic: string, group: string): readonly string[] => [
    topic,
    kernel.replayLaneName(topic, group),
    ...(topic === sourceTopic ? retryTopics : []),
  ]
  const admin = await memory.createAdmin()
  for (const [topic, group] of reads) {
    await admin.createTopics(
      [...readBy(topic, group), kernel.deadLetterTopicName(topic, group)].map((name) => ({
        name,
        partitions: itemTopic(name, plan.partitions).partitions,
        replicationFactor: 1,
        configs: {},
      })),
    )
  }
  const told = itemTopic(toldTopic, plan.partitions)
  const configs = { 'max.message.bytes': String(toldBytesMax) }
  await admin.createTopics([{ name: told.name, partitions: told.partitions, replicationFactor: 1, configs }])
  const letterTopics = new Set(reads.map(([topic, group]) => kernel.deadLetterTopicName(topic, group)))

  const lanes = new Map(reads.map(([topic, group]) => [kernel.replayLaneName(topic, group), topic]))
  const laneFactsOf = ({ topic, partition, headers }: TransportRecord) => {
    const names = kernel.deadLetterHeaders
    const facts = lanes.has(topic) ? kernel.letterFacts(headers) : new Map<string, string>()
    const place = { topic: lanes.get(topic) ?? '', partition, offset: Number(facts.get(names.offset)) }
    return { replayId: facts.get(names.replayId), archives: facts.has(names.archivedAt) ? place : undefined }
  }

  const retryOf = (record: TransportRecord): RetryOf | undefined => {
    if (!retryTopics.includes(record.topic)) return undefined
    const facts = kernel.letterFacts(record.headers)
    const names = kernel.deadLetterHeaders
    const place = { topic: sourceTopic, partition: record.partition, offset: Number(facts.get(names.offset)) }
    const dueMs = Date.parse(facts.get(names.dueAt) ?? '')
    return { ...place, dueMs, attempts: Number(facts.get(names.attempts)), identical: isOriginal(place, record, facts) }
  }

  const letterOf = (record: TransportRecord): LetterOf | undefined => {
    if (!letterTopics.has(record.topic)) return undefined
    const facts = kernel.letterFacts(record.headers)
    const names = kernel.deadLetterHeaders
    const place = {
      topic: facts.get(names.topic) ?? '',
      partition: Number(facts.get(names.partition)),
      offset: Number(facts.get(names.offset)),
    }
    return { ...place, code: facts.get(names.code) ?? '', identical: isOriginal(place, record, facts) }
  }

  /** Whether key, value and the first headers are those of the record at `place`. */
  const isOriginal = (place: OriginalPlace, record: TransportRecord, facts: ReadonlyMap<string, string>): boolean => {
    const original = log.get(`${placeKey(place)}/${place.offset}`)
    const count = Number(facts.get(kernel.deadLetterHeaders.originalHeaderCount))
    return (
      original !== undefined &&
      same(original.key, record.key) &&
      same(original.value, record.value) &&
      original.headers.count === count &&
      record.headers.take(count).bytes.equals(original.headers.bytes)
    )
  }

  const everythingIsCommitted = (): boolean =>
    reads
      .flatMap(([topic, group]) => readBy(topic, group).map((name) => [name, group] as const))
      .every(([topic, group]) =>
        Array.from({ length: plan.partitions }, (_, partition) => placeKey({ topic, partition })).every(
          (place) => (commits.get(`${group} ${place}`) ?? 0) === (ends.get(place) ?? 0),
        ),
      )

  return {
    process,
    memory,
    get reachable() {
      return reachable
    },
    setReachable(next) {
      reachable = next
      memory.setReachable(next)
    },
    append: (records) => producer.send(records),
    watchLetters(watch) {
      onLetter = watch
    },
    committed(group, place, offset) {
      commits.set(`${group} ${placeKey(place)}`, offset)
      drained = undefined
    },
    isDrained() {
      drained ??= everythingIsCommitted()
      return drained
    },
  }
}

const reads = [
  [sourceTopic, groupOfSource],
  [derivedTopic, groupOfDerived],
] as const

const factsOf = (kernel: Kernel, { key, value, headers }: TransportRecord): RecordFacts => {
  const item = readItem(value)
  return {
    id: headers.text(kernel.ceHeaders.id) ?? '',
    key: key?.toString('latin1') ?? '',
    n: item?.n,
    part: item?.part ?? 0,
    bytes: `${value?.toString('latin1')}\n${headers.bytes.toString('latin1')}`,
  }
}

const same = (left: Buffer | null, right: Buffer | null): boolean =>
  left === null || right === null ? left === right : left.equals(right)

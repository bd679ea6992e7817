import { randomUUID } from 'node:crypto'
import {
  type AssignedPartition,
  type ConsumerOptions,
  HeaderBlock,
  type InterchangeError,
  type OutboundRecord,
  type RecordBatch,
  type SendOutcome,
  type Transport,
  type TransportAdmin,
  type TransportConsumer,
  type TransportProducer,
  type TransportRecord,
} from '@interchange/messaging'

/** What the cases act on: one transport, a producer and an admin of it, and members that write down what they see. */
export interface Stage {
  readonly transport: Transport
  readonly producer: TransportProducer
  readonly admin: TransportAdmin
  /** Creates a topic of its own. */
  topic(partitions?: number, configs?: Readonly<Record<string, string>>): Promise<string>
  /** Sends and expects every record to be there. */
  sent(records: readonly OutboundRecord[]): Promise<readonly (SendOutcome & { status: 'ok' })[]>
  /** Joins a group; left open members are closed when the stage is. */
  join(topics: readonly string[], options?: MemberOptions): Promise<Member>
  close(): Promise<void>
}

export interface MemberOptions
  extends Partial<
    Pick<
      ConsumerOptions,
      | 'group'
      | 'onRevoked'
      | 'onBatch'
      | 'isolation'
      | 'transactional'
      | 'sessionTimeoutMs'
      | 'rebalanceTimeoutMs'
      | 'fetchPartitionBytesMax'
    >
  > {}

/** A group member and its diary. */
export interface Member {
  readonly consumer: TransportConsumer
  readonly group: string
  readonly batches: RecordBatch[]
  readonly assignments: (readonly AssignedPartition[])[]
  readonly revocations: (readonly AssignedPartition[])[]
  readonly ended: InterchangeError[]
  records(): readonly TransportRecord[]
  /** Values as text, in the order of delivery. */
  values(): readonly string[]
  epochOf(topic: string, partition: number): number
}

/** Of every member; brokers refuse less unless told otherwise. */
export const sessionTimeoutMs = 6_000
const closeMs = 5_000

export const openStage = async (transport: Transport): Promise<Stage> => {
  const producer = await transport.createProducer()
  const admin = await transport.createAdmin()
  const members: Member[] = []
  return {
    transport,
    producer,
    admin,
    async topic(partitions = 1, configs = {}) {
      const name = `conformance-${randomUUID()}`
      await admin.createTopics([{ name, partitions, replicationFactor: 1, configs }])
      return name
    },
    async sent(records) {
      const outcomes = await producer.send(records)
      return outcomes.map((outcome) => {
        if (outcome.status !== 'ok') throw outcome.error
        return outcome
      })
    },
    async join(topics, options = {}) {
      const member = await joinGroup(transport, topics, options)
      members.push(member)
      return member
    },
    async close() {
      await Promise.all(members.map(({ consumer }) => consumer.close(closeMs)))
      await producer.close()
      await admin.close()
    },
  }
}

const joinGroup = async (transport: Transport, topics: readonly string[], options: MemberOptions): Promise<Member> => {
  const group = options.group ?? `conformance-${randomUUID()}`
  const batches: RecordBatch[] = []
  const assignments: (readonly AssignedPartition[])[] = []
  const revocations: (readonly AssignedPartition[])[] = []
  const ended: InterchangeError[] = []
  const consumer = await transport.createConsumer({
    group,
    topics,
    isolation: options.isolation ?? 'read_committed',
    transactional: options.transactional ?? false,
    sessionTimeoutMs: options.sessionTimeoutMs ?? sessionTimeoutMs,
    rebalanceTimeoutMs: options.rebalanceTimeoutMs ?? 5_000,
    fetchPartitionBytesMax: options.fetchPartitionBytesMax ?? 1024 * 1024,
    onBatch(batch) {
      batches.push(batch)
      options.onBatch?.(batch)
    },
    onAssigned: (partitions) => void assignments.push(partitions),
    onRevoked(partitions) {
      revocations.push(partitions)
      return options.onRevoked?.(partitions)
    },
    onEnded: (error) => void ended.push(error),
  })
  const records = (): readonly TransportRecord[] => batches.flatMap((batch) => batch.records)
  return {
    consumer,
    group,
    batches,
    assignments,
    revocations,
    ended,
    records,
    values: () => records().map(({ value }) => String(value)),
    epochOf(topic, partition) {
      const found = consumer.assignment().find((held) => held.topic === topic && held.partition === partition)
      if (found === undefined) throw new Error(`${topic}/${partition} is not assigned`)
      return found.epoch
    },
  }
}

/** A record of `topic` with a text value. */
export const record = (
  topic: string,
  value: string | Buffer | null,
  more: Partial<OutboundRecord> = {},
): OutboundRecord => ({
  topic,
  partition: 0,
  key: null,
  value: typeof value === 'string' ? Buffer.from(value) : value,
  headers: HeaderBlock.empty,
  ...more,
})

/** `count` records with the values `<prefix>0`, `<prefix>1` ... */
export const series = (topic: string, count: number, prefix = '', partition = 0): OutboundRecord[] =>
  Array.from({ length: count }, (_, index) => record(topic, `${prefix}${index}`, { partition }))

/** Waits for a state; the message says which when it does not come. */
export const until = async (
  what: string,
  holds: () => boolean | Promise<boolean>,
  withinMs = 15_000,
): Promise<void> => {
  const deadlineMs = Date.now() + withinMs
  while (!(await holds())) {
    if (Date.now() > deadlineMs) throw new Error(`not within ${withinMs} ms: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** Everything a topic's partition holds, read outside any group. */
export const readAll = async (stage: Stage, topic: string, partition = 0): Promise<TransportRecord[]> => {
  const offsets = await stage.admin.topicOffsets(topic)
  const found = offsets.find((each) => each.partition === partition)
  if (found === undefined) throw new Error(`${topic} has no partition ${partition}`)
  return collect(stage.transport.read([{ topic, partition, fromOffset: found.earliest, untilOffset: found.latest }]))
}

/** All that an iteration yields. */
export const collect = async <T>(source: AsyncIterable<T>): Promise<T[]> => {
  const all: T[] = []
  for await (const each of source) all.push(each)
  return all
}

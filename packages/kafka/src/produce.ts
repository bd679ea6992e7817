import type { OutboundRecord } from '@interchange/messaging'
import { compressionOf } from './compression/compress.ts'
import { type KafkaConfig, requestTimeoutMs } from './kafka-config.ts'
import { rootOf } from './kafka-error.ts'
import { brokerError } from './platformatic/broker-error.ts'
import { type Consignment, decodeProduceAnswer, encodeProduce, type ProduceAnswer } from './produce-request.ts'
import { type BatchOwner, encodeBatch, packBatch } from './records/encode-batch.ts'

/** How a driver reaches brokers. Every request is tried once. */
export interface ProduceWire {
  /** The broker that leads the partition, as last heard. Rejects as a broker would where it is not known. */
  leaderOf(topic: string, partition: number): Promise<number>
  /** Sends the body of a produce request, given in parts; resolves with the body of its answer. */
  exchange(nodeId: number, request: readonly Buffer[]): Promise<Buffer>
  /** Asks again who leads the partitions of the topic. */
  refresh(topic: string): Promise<void>
}

/** Bounds a request, not a batch: one of a single partition may be as large as its records are. */
const requestBytesMax = 1024 * 1024

/** What says that another broker leads the partition by now. */
const moved = new Set([
  'NOT_LEADER_OR_FOLLOWER',
  'NOT_LEADER_FOR_PARTITION',
  'LEADER_NOT_AVAILABLE',
  'UNKNOWN_TOPIC_OR_PARTITION',
])

/** One batch, tried once: the offset of its first record, undefined when the answer names none. Rejects when refused. */
export type ProduceBatch = (
  topic: string,
  partition: number,
  records: readonly OutboundRecord[],
  owner?: BatchOwner,
) => Promise<number | undefined>

interface Waiting extends Consignment {
  readonly transactionalId: string | undefined
  resolve(baseOffset: number | undefined): void
  reject(error: unknown): void
}

/**
 * What is to be produced at one moment goes to each broker together, one batch of each partition in a request.
 * The broker takes or refuses each batch as a whole and answers for it by name, so what became of every record is exact
 * (trap K1).
 */
export const createProduce = (wire: ProduceWire, config: KafkaConfig): ProduceBatch => {
  const timeoutMs = requestTimeoutMs(config)
  const waiting = new Map<number, Waiting[]>()

  const sendTo = async (nodeId: number, together: readonly Waiting[]): Promise<void> => {
    try {
      const request = encodeProduce(together, timeoutMs, together[0]?.transactionalId)
      const answers = decodeProduceAnswer(await wire.exchange(nodeId, request))
      for (const each of together) settle(each, answers)
    } catch (error) {
      for (const { reject } of together) reject(error)
    }
  }

  const join = (nodeId: number, consignment: Waiting): void => {
    const others = waiting.get(nodeId)
    if (others !== undefined) {
      others.push(consignment)
      return
    }
    const all = [consignment]
    waiting.set(nodeId, all)
    queueMicrotask(() => {
      waiting.delete(nodeId)
      for (const together of requestsOf(all)) void sendTo(nodeId, together)
    })
  }

  return async (topic, partition, records, owner) => {
    const codec = compressionOf(config, records)
    const plain = encodeBatch(records, Date.now(), owner)
    const batch = codec === undefined ? plain : await packBatch(plain, codec)
    const { transactionalId } = owner ?? {}
    try {
      const nodeId = await wire.leaderOf(topic, partition)
      return await new Promise((resolve, reject) =>
        join(nodeId, { topic, partition, batch, transactionalId, resolve, reject }),
      )
    } catch (error) {
      const { type } = rootOf(error)
      // Without a word from the broker it may be gone, and another may lead.
      if (type === undefined || moved.has(type)) await wire.refresh(topic).catch(() => undefined)
      throw error
    }
  }
}

/** Cuts into requests of bounded size and one owner that name each partition once, so that its answer is about one batch. */
const requestsOf = (consignments: readonly Waiting[]): Waiting[][] => {
  const requests: Waiting[][] = []
  let bytes = Number.POSITIVE_INFINITY
  let names = new Set<string>()
  for (const consignment of consignments) {
    const { topic, partition, batch, transactionalId } = consignment
    const name = `${partition} ${topic}`
    const others = requests.at(-1)?.[0]?.transactionalId !== transactionalId
    if (bytes + batch.length > requestBytesMax || names.has(name) || others) {
      requests.push([])
      bytes = 0
      names = new Set()
    }
    requests.at(-1)?.push(consignment)
    names.add(name)
    bytes += batch.length
  }
  return requests
}

const settle = ({ topic, partition, resolve, reject }: Waiting, answers: readonly ProduceAnswer[]): void => {
  const answer = answers.find((each) => each.topic === topic && each.partition === partition)
  if (answer === undefined) resolve(undefined)
  else if (answer.errorCode === 0) resolve(answer.baseOffset < 0 ? undefined : answer.baseOffset)
  else reject(brokerError(answer.errorCode, `sending to ${topic}/${partition} (${answer.message ?? 'no word'})`))
}

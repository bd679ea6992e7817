import type { ConsumerOptions } from '@interchange/messaging'
import { createAPI, fetchV11, type Reader } from '@platformatic/kafka'
import { type FetchedRecords, isWithheld } from '../group-session.ts'
import type { FetchPosition } from '../read-ranges.ts'
import { type AbortedTransaction, decodeBatches } from '../records/decode-batches.ts'
import { brokerError } from './broker-error.ts'
import type { Cluster } from './cluster.ts'

const bytesMax = 10 * 1024 * 1024
const fetchKey = 1
const fetchVersion = 11

interface FetchedPartition {
  readonly topic: string
  readonly partition: number
  readonly errorCode: number
  readonly highWatermark: number
  readonly aborted: readonly AbortedTransaction[]
  readonly bytes: Buffer
}

export interface FetchLimits {
  readonly isolation: ConsumerOptions['isolation']
  readonly partitionBytesMax: number
}

/** Records behind a position of the request. */
export interface PositionedRecords extends FetchedRecords {
  readonly fromOffset: number
}

/**
 * One fetch from one leader. The answer is read by us: the client's own decoder loses duplicate headers, leaks aborted
 * transactions and compares no checksum. Rejects with the broker's error type of any partition.
 */
export const fetchFrom = async (
  cluster: Cluster,
  nodeId: number,
  positions: readonly FetchPosition[],
  waitMs: number,
  { isolation, partitionBytesMax }: FetchLimits,
): Promise<readonly PositionedRecords[]> => {
  const fetched = await cluster.askNode(
    nodeId,
    fetchApi,
    waitMs,
    1,
    bytesMax,
    isolation === 'read_committed' ? 1 : 0,
    0,
    -1,
    positions.map(({ topic, partition, offset }) => ({
      topicId: topic,
      partitions: [
        {
          partition,
          currentLeaderEpoch: -1,
          fetchOffset: BigInt(offset),
          lastFetchedEpoch: -1,
          partitionMaxBytes: partitionBytesMax,
        },
      ],
    })),
    [],
    '',
  )
  const found: PositionedRecords[] = []
  for (const { topic, partition, errorCode, highWatermark, aborted, bytes } of fetched) {
    if (errorCode !== 0) throw brokerError(errorCode, `fetching ${topic}/${partition}`)
    const position = positions.find((each) => each.topic === topic && each.partition === partition)
    if (position === undefined) continue
    if (bytes.length === 0) {
      if (isWithheld(position, highWatermark, isolation)) found.push(nothingOf(position, highWatermark))
      continue
    }
    const { records, nextOffset } = await decodeBatches(position, bytes, isolation === 'read_committed' ? aborted : [])
    if (nextOffset > position.offset) {
      found.push({ topic, partition, fromOffset: position.offset, records, nextOffset, highWatermark })
    }
  }
  return found
}

const nothingOf = ({ topic, partition, offset }: FetchPosition, highWatermark: number): PositionedRecords => ({
  topic,
  partition,
  fromOffset: offset,
  records: [],
  nextOffset: offset,
  highWatermark,
})

const parseFetch = (_correlationId: number, _apiKey: number, _version: number, reader: Reader): FetchedPartition[] => {
  reader.readInt32()
  const errorCode = reader.readInt16()
  if (errorCode !== 0) throw brokerError(errorCode, 'fetching')
  reader.readInt32()
  const topics = reader.readArray(
    () => {
      const topic = reader.readString(false)
      return reader.readArray(() => parsePartition(topic, reader), false, false)
    },
    false,
    false,
  )
  return topics.flat()
}

const parsePartition = (topic: string, reader: Reader): FetchedPartition => {
  const partition = reader.readInt32()
  const errorCode = reader.readInt16()
  const highWatermark = Number(reader.readInt64())
  // The last stable offset and the start of the log.
  reader.skip(16)
  const aborted = reader.readNullableArray(
    () => ({ producerId: reader.readInt64(), firstOffset: reader.readInt64() }),
    false,
    false,
  )
  // The replica to prefer: we name no rack (trap K20).
  reader.skip(4)
  const bytes = reader.readNullableBytes(false) ?? Buffer.alloc(0)
  return { topic, partition, errorCode, highWatermark, aborted: aborted ?? [], bytes }
}

const fetchApi = createAPI<fetchV11.FetchRequest, FetchedPartition[]>(
  fetchKey,
  fetchVersion,
  fetchV11.createRequest,
  parseFetch,
  false,
  false,
)

import type { FetchedRecords } from '../group-session.ts'
import type { FetchPosition } from '../read-ranges.ts'
import { decodeBatches } from '../records/decode-batches.ts'
import type { FetchedPartition } from './kafkajs-internals.ts'

/**
 * The records of a fetch from this position, undefined where it holds no whole batch. Read by us, as the other driver's are:
 * kafkajs' own decoder leaks aborted records, compares no checksum and loses headers.
 */
export const readFetched = async (
  position: FetchPosition,
  { bytes, abortedTransactions, highWatermark }: Omit<FetchedPartition, 'partition'>,
): Promise<FetchedRecords | undefined> => {
  const aborted = abortedTransactions.map(({ producerId, firstOffset }) => ({
    producerId: BigInt(producerId),
    firstOffset: BigInt(firstOffset),
  }))
  const { records, nextOffset } = await decodeBatches(position, bytes, aborted)
  if (nextOffset === position.offset) return undefined
  const { topic, partition } = position
  return { topic, partition, records, nextOffset, highWatermark: Number(highWatermark) }
}

import { HeaderBlock, type TransportRecord } from '@interchange/messaging'
import type { FetchedRecord } from './kafkajs-internals.ts'

/** kafkajs' records as ours; bytes are views into the fetch buffer. */
export const toRecords = (topic: string, partition: number, fetched: readonly FetchedRecord[]): TransportRecord[] => {
  const records: TransportRecord[] = new Array(fetched.length)
  for (let index = 0; index < fetched.length; index++) {
    const { offset, timestamp, key, value, rawHeaders } = fetched[index] as FetchedRecord
    records[index] = {
      topic,
      partition,
      offset: Number(offset),
      timestampMs: Number(timestamp),
      key,
      value,
      headers: rawHeaders.length === 1 && rawHeaders[0] === 0 ? HeaderBlock.empty : new HeaderBlock(rawHeaders),
    }
  }
  return records
}

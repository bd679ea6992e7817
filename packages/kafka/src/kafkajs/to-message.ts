import type { OutboundRecord } from '@interchange/messaging'
import type { Message } from 'kafkajs'

/** What kafkajs' types do not know: the patched encoder writes `rawHeaders` and takes a number of milliseconds. */
export const toMessage = (record: OutboundRecord): Message =>
  ({
    key: record.key,
    value: record.value,
    partition: record.partition,
    timestamp: record.timestampMs ?? Date.now(),
    rawHeaders: record.headers.bytes,
  }) as unknown as Message

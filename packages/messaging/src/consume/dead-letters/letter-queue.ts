import type { ConsumerGroupOptions } from '../../consumer-group.ts'
import { createSendQueue, type SendQueue } from '../../publish/send-queue.ts'
import type { TransportProducer } from '../../transport.ts'

/** What dead letters and retries travel by: few, small, and soon. */
export const createLetterQueue = (
  { clock, random, metrics }: ConsumerGroupOptions,
  producer: TransportProducer,
): SendQueue =>
  createSendQueue({
    producer,
    clock,
    random,
    lingerMs: 2,
    batchRecordsMax: 100,
    batchBytesMax: 256 * 1024,
    inFlightRecordsMax: 1_000,
    inFlightBytesMax: 16 * 1024 * 1024,
    waitersMax: Number.POSITIVE_INFINITY,
    retryBackoffMs: 100,
    retryBackoffMsMax: 5_000,
    onSent: (topic, count, durationMs) => metrics.sent(topic, count, durationMs),
  })

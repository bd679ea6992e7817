import { PerformanceObserver } from 'node:perf_hooks'
import { getHeapStatistics } from 'node:v8'
import {
  type Codec,
  createConsumerGroup,
  createPublisher,
  HeaderBlock,
  partitionOf,
  publishRoute,
  type RecordBatch,
  silentLogger,
  systemClock,
  type Topic,
  type TransportRecord,
} from '@interchange/messaging'
import { allocationPlaces } from '../allocation-places.ts'
import { batchesOf, createFeedingTransport } from '../feeding-transport.ts'
import { instant, runArm } from '../meter.ts'
import { type Order, orderOf, orderTopic, partitionCount } from '../order-event.ts'
import { createRecentIds } from '../recent-ids.ts'
import { median } from '../statistics.ts'
import { benchService, benchTelemetry } from './ground.ts'

const windowRecords = 60_000
const warmWindows = 5
const measuredWindows = 5

/** The values exist already: the number in the bytes finds them, and nothing is allocated for it. */
const values = Array.from({ length: 1_000 }, (_, number) => orderOf(number))
const readyCodec: Codec = {
  prepare: async () => undefined,
  encode: () => {
    throw new Error('nothing is encoded here')
  },
  decode: <Value>(_topic: Topic<Value>, bytes: Buffer) => values[bytes.readUInt32BE(0) % values.length] as Value,
  resolve: async () => undefined,
  schemaId: () => undefined,
}

/** Batches as a driver delivers them, those of one window behind those of the last. */
const createWindowMaker = (topic: string) => {
  const ends = Array.from({ length: partitionCount }, () => 0)
  let next = 0
  return (): readonly RecordBatch[] => {
    const partitions: TransportRecord[][] = ends.map(() => [])
    for (const until = next + windowRecords; next < until; next++) {
      const { customerId } = orderOf(next % values.length)
      const key = Buffer.from(customerId)
      const partition = partitionOf(key, partitionCount)
      const value = Buffer.alloc(180)
      value.writeUInt32BE(next)
      const headers = HeaderBlock.of([
        { name: 'ce_id', value: orderOf(next).orderId },
        { name: 'ce_type', value: 'io.interchange.bench.order.v1' },
        { name: 'traceparent', value: `00-${'1'.repeat(32)}-b7ad6b7169203331-00` },
      ])
      const offset = ends[partition] ?? 0
      ends[partition] = offset + 1
      partitions[partition]?.push({ topic, partition, offset, timestampMs: 1_767_225_600_000, key, value, headers })
    }
    return partitions.flatMap(batchesOf)
  }
}

const collect = (): void => {
  if (globalThis.gc === undefined) throw new Error('this arm runs with --expose-gc')
  globalThis.gc()
}

/**
 * Bytes that the kernel allocates for a message it handles well: everything between a driver's record and the settled
 * message, with ids remembered, metrics and (unsampled) tracing on. The heap grows through a whole window without a
 * collection, and its growth is divided by the messages: no sampling, the same on every machine.
 */
await runArm(async (input) => {
  const telemetry = benchTelemetry(input, { metricIntervalMs: 3_600_000 })
  const { metrics, tracing } = telemetry
  const transport = createFeedingTransport(input.name)
  const given = {
    transport,
    codec: readyCodec,
    service: benchService,
    clock: systemClock,
    random: Math.random,
    metrics,
    tracing,
  }
  const recent = createRecentIds(131_072)
  let left = 0
  let handledAll = (): void => undefined
  const ended = Promise.withResolvers<never>()
  const publisher = await createPublisher(given)
  const consumer = await createConsumerGroup({
    ...given,
    group: input.name,
    routes: [
      publishRoute<Order>({
        from: orderTopic(input.name, 'reader'),
        group: input.name,
        handle: (_order, { messageId }) => {
          if (!recent.isNew(messageId)) throw new Error(`${messageId} came twice`)
          left--
          if (left === 0) handledAll()
          return undefined
        },
      }),
    ],
    publisher,
    reportOutcome: async ({ outcome }) => ended.reject(new Error(`a message became ${outcome}`)),
    logger: silentLogger,
    onEnded: ended.reject,
  })

  const makeWindow = createWindowMaker(input.name)
  const handle = async (batches: readonly RecordBatch[]): Promise<number> => {
    const done = new Promise<void>((resolve) => {
      handledAll = resolve
    })
    left = windowRecords
    transport.feed(batches)
    await Promise.race([done, ended.promise])
    return windowRecords
  }

  let collections = 0
  const observer = new PerformanceObserver((list) => {
    collections += list.getEntries().length
  })
  observer.observe({ entryTypes: ['gc'] })
  const passed = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20))

  for (let window = 0; window < warmWindows; window++) await handle(makeWindow())
  const grown: number[] = []
  const cpuMicros: number[] = []
  const startedAtMs = performance.now()
  for (let window = 0; window < measuredWindows; window++) {
    const batches = makeWindow()
    collect()
    await passed()
    collections = 0
    const began = instant()
    const before = getHeapStatistics().used_heap_size
    await handle(batches)
    grown.push((getHeapStatistics().used_heap_size - before) / windowRecords)
    cpuMicros.push((instant().cpuMicros - began.cpuMicros) / windowRecords)
    await passed()
    if (collections > 0) throw new Error('garbage was collected within a window: the young generation is too small')
  }
  const seconds = (performance.now() - startedAtMs) / 1_000
  const batches = makeWindow()
  const places = await allocationPlaces(() => handle(batches))

  observer.disconnect()
  await consumer.stop(10_000)
  await publisher.close()
  await telemetry.shutdown(5_000)
  const measured = measuredWindows * windowRecords
  return {
    records: measured,
    seconds,
    recordsPerSecond: 1_000_000 / median(cpuMicros),
    cpuMicrosPerRecord: median(cpuMicros),
    duplicates: 0,
    bytesPerRecord: median(grown),
    places,
  }
})

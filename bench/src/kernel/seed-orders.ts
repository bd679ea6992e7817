import { HeaderBlock, type OutboundRecord, partitionOf, type Transport } from '@interchange/messaging'
import { orderOf } from './order-event.ts'

/** Records that one partition gets at a time, so that its batches are as large however many partitions there are. */
const batchRecords = 1_000
const sendRecords = 6_000
/** One trace in a hundred is sampled; the sender decides. */
const sampledEvery = 100

export interface Seeding {
  readonly topic: string
  readonly partitions: number
  readonly count: number
  readonly encode: (number: number) => Buffer
  readonly signal: AbortSignal
}

/** Writes orders 0 to `count` - 1, those of each key in their order. Throws when one is not acknowledged. */
export const seedOrders = async (
  transport: Transport,
  { topic, partitions, count, encode, signal }: Seeding,
): Promise<void> => {
  const producer = await transport.createProducer()
  let ready: OutboundRecord[] = []
  const send = async (): Promise<void> => {
    signal.throwIfAborted()
    for (const outcome of await producer.send(ready)) if (outcome.status !== 'ok') throw outcome.error
    ready = []
  }
  try {
    for (const numbers of partitionBatches(count, partitions)) {
      for (const number of numbers) ready.push(recordOf(topic, partitions, number, encode(number)))
      if (ready.length >= sendRecords) await send()
    }
    await send()
  } finally {
    await producer.close()
  }
}

/** Orders 0 to `count` - 1 as they are sent: each batch for one partition, each partition's in order. */
export function* partitionBatches(count: number, partitions: number): Generator<readonly number[]> {
  const waiting: number[][] = Array.from({ length: partitions }, () => [])
  for (let number = 0; number < count; number++) {
    const own = waiting[partitionOf(Buffer.from(orderOf(number).customerId), partitions)]
    if (own === undefined) continue
    own.push(number)
    if (own.length === batchRecords) yield own.splice(0)
  }
  yield* waiting.filter(({ length }) => length > 0)
}

/** Keys and three headers as every arm finds them: id, type, trace context. */
export const recordOf = (topic: string, partitions: number, number: number, value: Buffer): OutboundRecord => {
  const { customerId, orderId } = orderOf(number)
  const key = Buffer.from(customerId)
  const trace = number.toString(16).padStart(32, '1')
  const sampled = number % sampledEvery === 0 ? '01' : '00'
  return {
    topic,
    partition: partitionOf(key, partitions),
    key,
    value,
    headers: HeaderBlock.of([
      { name: 'ce_id', value: orderId },
      { name: 'ce_type', value: 'io.interchange.bench.order.v1' },
      { name: 'traceparent', value: `00-${trace}-b7ad6b7169203331-${sampled}` },
    ]),
  }
}

import { createCodec, createRegistryClient } from '@interchange/avro'
import { createKafkaTransport } from '@interchange/kafka'
import { createPublisher, noMetrics, noTracing, silentLogger, systemClock } from '@interchange/messaging'
import { measureLoad } from '../load.ts'
import { runArm } from '../meter.ts'
import { orderOf, orderTopic } from '../order-event.ts'

/** Our publisher, Avro and the nine headers of an event included. `mode`: `single` (200 callers) or `bulk` (1,000 a call). */
await runArm(async (input) => {
  const transport = createKafkaTransport(
    { brokers: input.brokers.split(','), clientId: 'bench' },
    { logger: silentLogger },
  )
  const codec = createCodec({ source: createRegistryClient({ url: input.registryUrl }) })
  const topic = orderTopic(input.topic, 'writer')
  await codec.prepare([topic])
  const publisher = await createPublisher({
    transport,
    codec,
    service: { name: 'bench', version: '1' },
    clock: systemClock,
    random: Math.random,
    metrics: noMetrics,
    tracing: noTracing,
  })
  // Made beforehand, as the peers' bytes are; the number is the event's own.
  const orders = Array.from({ length: 1_000 }, (_, number) => orderOf(number))
  const publish = (number: number) => {
    const order = orders[number % orders.length] ?? orderOf(0)
    return publisher.publish(topic, { ...order, number })
  }
  const result =
    input.mode === 'single'
      ? await measureLoad(input, { callers: 200, perCall: 1 }, publish)
      : await measureLoad(input, { callers: 4, perCall: 1_000 }, (first, count) =>
          Promise.all(Array.from({ length: count }, (_, index) => publish(first + index))),
        )
  await publisher.close()
  return result
})

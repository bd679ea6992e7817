import { createCodec, createRegistryClient } from '@interchange/avro'
import { createKafkaTransport } from '@interchange/kafka'
import { naturalEventId, silentLogger } from '@interchange/messaging'
import { createDatabase, createOutbox, createRelay, migrate, outboxEvent } from '@interchange/store'
import { measureDrains } from '../drains.ts'
import { runArm } from '../meter.ts'
import { orderOf, orderTopic } from '../order-event.ts'
import { benchService } from './ground.ts'

/** Our outbox and its relay: orders that were committed with their events, carried to Kafka. */
await runArm(async (input) => {
  const transport = createKafkaTransport(
    { brokers: input.brokers.split(','), clientId: 'bench' },
    { logger: silentLogger },
  )
  const codec = createCodec({ source: createRegistryClient({ url: input.registryUrl }) })
  const topic = orderTopic(input.topic, 'writer')
  await codec.prepare([topic])
  const database = createDatabase({ url: input.databaseUrl, schema: `bench_${input.name.replaceAll('-', '_')}` })
  await migrate(database)
  const outbox = createOutbox({ codec, service: benchService })
  const result = await measureDrains(input, {
    rows: 30_000,
    async write(first, count) {
      const orders = Array.from({ length: count }, (_, index) => orderOf(first + index))
      const events = orders.map((value) =>
        outboxEvent({
          topic,
          value,
          messageId: naturalEventId(topic.name, value.orderId, value.placedAtMs),
          timeMs: value.placedAtMs,
        }),
      )
      await database.transaction((tx) => outbox.write(tx, events))
    },
    start() {
      const relay = createRelay({ database, transport })
      return { sent: () => relay.health().sent, stop: () => relay.close() }
    },
  })
  await database.close()
  return result
})

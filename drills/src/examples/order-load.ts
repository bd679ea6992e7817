// Publishes orders until it is told to end (SIGTERM), and keeps a list of those that were acknowledged: the load of consumer.json.
import { createCodec, createRegistryClient } from '@interchange/avro'
import { orderPlaced, timestampMillis } from '@interchange/contracts'
import { createKafkaTransport } from '@interchange/kafka'
import { createPublisher, newEventId, noMetrics, noTracing, silentLogger, systemClock } from '@interchange/messaging'
import { createDatabase } from '@interchange/store'
import { onTermination } from '../load/step.ts'

const [brokers = '', registryUrl = '', databaseUrl = ''] = ['KAFKA_BROKERS', 'SCHEMA_REGISTRY_URL', 'DATABASE_URL'].map(
  (name) => process.env[name] ?? '',
)
const everyMs = 20
const linePriceMinor = 255

const database = createDatabase({ url: databaseUrl, schema: 'public', poolMax: 2 })
await database.query(
  'CREATE TABLE drill_order (order_id text PRIMARY KEY, total_minor bigint NOT NULL, units integer NOT NULL)',
)
const codec = createCodec({ source: createRegistryClient({ url: registryUrl }) })
await codec.prepare([orderPlaced])
const publisher = await createPublisher({
  transport: createKafkaTransport({ brokers: brokers.split(','), clientId: 'order-load' }, { logger: silentLogger }),
  codec,
  service: { name: 'order-load', version: '0' },
  clock: systemClock,
  random: Math.random,
  metrics: noMetrics,
  tracing: noTracing,
})

const placeOrder = async (number: number): Promise<void> => {
  const orderId = newEventId(Date.now())
  const quantity = 1 + (number % 5)
  const amountMinor = quantity * linePriceMinor
  await publisher.publish(orderPlaced, {
    orderId,
    source: 'retail',
    placedAt: timestampMillis(Date.now()),
    customerRef: null,
    recipientName: null,
    countryCode: 'GB',
    currency: 'GBP',
    lines: [
      { sku: `sku-${number % 20}`, description: null, quantity, unitPriceMills: linePriceMinor * 10, amountMinor },
    ],
    totalMinor: amountMinor,
    channel: 'export',
    shippingMinor: 0,
    discountMinor: 0,
    taxMinor: 0,
  })
  await database.query('INSERT INTO drill_order VALUES ($1, $2, $3)', [orderId, amountMinor, quantity])
}

let running = true
const ended = (async () => {
  for (let number = 0; running; number++) {
    await placeOrder(number)
    await new Promise((resolve) => setTimeout(resolve, everyMs))
  }
})()
onTermination(async () => {
  running = false
  await ended
  await publisher.close()
  await database.close()
})

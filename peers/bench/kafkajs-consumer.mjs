// Stock kafkajs as its documentation shows it. `mode`: bytes, json, registry (writer's schema) or registry-reader.
import { SchemaRegistry, SchemaType } from '@kafkajs/confluent-schema-registry'
import kafkajs from 'kafkajs'
import { measurePasses, runArm } from '../../bench/dist/kernel/meter.js'
import { schemaTexts } from '../../bench/dist/kernel/order-event.js'

const handlers = {
  bytes:
    (meter) =>
    async ({ batch }) => {
      let length = 0
      for (const message of batch.messages) length += message.value.length
      meter.bytes(batch.partition, Number(batch.firstOffset()), batch.messages.length, length)
    },
  json:
    (meter) =>
    async ({ batch }) => {
      for (const message of batch.messages) handle(meter, JSON.parse(message.value.toString()))
    },
  registry: (meter, { registryUrl }) => {
    const registry = new SchemaRegistry({ host: registryUrl })
    return async ({ batch }) => {
      for (const message of batch.messages) handle(meter, await registry.decode(message.value))
    }
  },
  'registry-reader': (meter, { registryUrl }) => {
    const registry = new SchemaRegistry({ host: registryUrl })
    const options = { [SchemaType.AVRO]: { readerSchema: JSON.parse(schemaTexts.reader) } }
    return async ({ batch }) => {
      for (const message of batch.messages) handle(meter, await registry.decode(message.value, options))
    }
  },
}

const handle = (meter, { number, totalMinor, quantity, shipTo }) =>
  meter.order(number, totalMinor, quantity, shipTo.zone)

await runArm(async (input) => {
  const kafka = new kafkajs.Kafka({
    clientId: 'bench',
    brokers: input.brokers.split(','),
    logLevel: kafkajs.logLevel.ERROR,
  })
  return await measurePasses(input, async (groupId, meter) => {
    const consumer = kafka.consumer({ groupId })
    await consumer.connect()
    await consumer.subscribe({ topics: [input.topic], fromBeginning: true })
    await consumer.run({ eachBatch: handlers[input.mode](meter, input) })
    await meter.done
    await consumer.disconnect()
  })
})

// Stock kafkajs: a handler that waits `mode` milliseconds for each message, all partitions at once.
import { setTimeout as pause } from 'node:timers/promises'
import kafkajs from 'kafkajs'
import { measurePasses, runArm } from '../../bench/dist/kernel/meter.js'
import { partitionCount } from '../../bench/dist/kernel/order-event.js'

await runArm(async (input) => {
  const waitMs = Number(input.mode)
  const kafka = new kafkajs.Kafka({
    clientId: 'bench',
    brokers: input.brokers.split(','),
    logLevel: kafkajs.logLevel.ERROR,
  })
  return await measurePasses(input, async (groupId, meter) => {
    const consumer = kafka.consumer({ groupId })
    await consumer.connect()
    await consumer.subscribe({ topics: [input.topic], fromBeginning: true })
    await consumer.run({
      partitionsConsumedConcurrently: partitionCount,
      eachMessage: async ({ message }) => {
        const { number, totalMinor, quantity, shipTo } = JSON.parse(message.value.toString())
        await pause(waitMs)
        meter.order(number, totalMinor, quantity, shipTo.zone)
      },
    })
    await meter.done
    await consumer.disconnect()
  })
})

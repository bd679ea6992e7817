// Stock kafkajs behind an open loop: nothing is decoded but the number at the end of the id header.
import kafkajs from 'kafkajs'
import { measureLatency } from '../../bench/dist/kernel/latency.js'
import { runArm } from '../../bench/dist/kernel/meter.js'

/** The last twelve characters of the id are the number, hexadecimal. */
const numberOf = ({ headers }) => Number.parseInt(headers.ce_id.toString('latin1', 24), 16)

await runArm(async (input) => {
  const kafka = new kafkajs.Kafka({
    clientId: 'bench',
    brokers: input.brokers.split(','),
    logLevel: kafkajs.logLevel.ERROR,
  })
  return await measureLatency(input, async (groupId, handled) => {
    const consumer = kafka.consumer({ groupId })
    const joined = new Promise((resolve) => consumer.on(consumer.events.GROUP_JOIN, resolve))
    await consumer.connect()
    await consumer.subscribe({ topics: [input.topic], fromBeginning: true })
    await consumer.run({
      eachBatch: async ({ batch }) => {
        for (const message of batch.messages) handled(numberOf(message))
      },
    })
    await joined
    return { leave: () => consumer.disconnect() }
  })
})

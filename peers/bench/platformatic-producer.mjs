// @platformatic/kafka, acks all. `mode`: single (200 callers await one message each) or bulk (1,000 messages a call).
import { ProduceAcks, Producer } from '@platformatic/kafka'
import { measureLoad } from '../../bench/dist/kernel/load.js'
import { runArm } from '../../bench/dist/kernel/meter.js'
import { messagesOf } from './bytes.mjs'

const loads = { single: { callers: 200, perCall: 1 }, bulk: { callers: 4, perCall: 1_000 } }

await runArm(async (input) => {
  const producer = new Producer({ clientId: 'bench', bootstrapBrokers: input.brokers.split(',') })
  const result = await measureLoad(input, loads[input.mode], (first, count) =>
    producer.send({
      acks: ProduceAcks.ALL,
      messages: messagesOf(first, count).map((message) => ({ topic: input.topic, ...message })),
    }),
  )
  await producer.close()
  return result
})

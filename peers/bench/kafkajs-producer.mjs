// Stock kafkajs, acks all. `mode`: single (200 callers await one message each) or bulk (1,000 messages a call).
import kafkajs from 'kafkajs'
import { measureLoad } from '../../bench/dist/kernel/load.js'
import { runArm } from '../../bench/dist/kernel/meter.js'
import { messagesOf } from './bytes.mjs'

const loads = { single: { callers: 200, perCall: 1 }, bulk: { callers: 4, perCall: 1_000 } }

await runArm(async (input) => {
  const kafka = new kafkajs.Kafka({ clientId: 'bench', brokers: input.brokers.split(','), logLevel: 1 })
  const producer = kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner })
  await producer.connect()
  const result = await measureLoad(input, loads[input.mode], (first, count) =>
    producer.send({ topic: input.topic, acks: -1, messages: messagesOf(first, count) }),
  )
  await producer.disconnect()
  return result
})

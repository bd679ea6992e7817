// kafkajs-async-retry around an eachMessage handler, as its README shows it: retry topics and dead letters armed, no message fails.
import kafkajs from 'kafkajs'
import asyncRetry from 'kafkajs-async-retry'
import { measurePasses, runArm } from '../../bench/dist/kernel/meter.js'

const { default: AsyncRetryHelper, RetryTopicNaming } = asyncRetry

await runArm(async (input) => {
  const kafka = new kafkajs.Kafka({
    clientId: 'bench',
    brokers: input.brokers.split(','),
    logLevel: kafkajs.logLevel.ERROR,
  })
  const producer = kafka.producer()
  const admin = kafka.admin()
  await Promise.all([producer.connect(), admin.connect()])
  const result = await measurePasses(input, async (groupId, meter) => {
    const helper = new AsyncRetryHelper({
      producer,
      groupId,
      retryTopicNaming: RetryTopicNaming.ATTEMPT_BASED,
      retryDelays: [5, 30, 60],
      maxRetries: 3,
    })
    await admin.createTopics({ waitForLeaders: true, topics: helper.retryTopics.map((topic) => ({ topic })) })
    const consumer = kafka.consumer({ groupId })
    await consumer.connect()
    await consumer.subscribe({ topics: [input.topic, ...helper.retryTopics], fromBeginning: true })
    await consumer.run({
      eachMessage: helper.eachMessage(async ({ message }) => {
        const { number, totalMinor, quantity, shipTo } = JSON.parse(message.value.toString())
        meter.order(number, totalMinor, quantity, shipTo.zone)
      }),
    })
    await meter.done
    await consumer.disconnect()
  })
  await Promise.all([producer.disconnect(), admin.disconnect()])
  return result
})

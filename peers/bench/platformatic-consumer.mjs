// @platformatic/kafka's stream, values as bytes.
import { Consumer, MessagesStreamModes } from '@platformatic/kafka'
import { measurePasses, runArm } from '../../bench/dist/kernel/meter.js'

await runArm((input) =>
  measurePasses(input, async (groupId, meter) => {
    const consumer = new Consumer({ groupId, clientId: 'bench', bootstrapBrokers: input.brokers.split(',') })
    const stream = await consumer.consume({
      topics: [input.topic],
      mode: MessagesStreamModes.EARLIEST,
      autocommit: 500,
      maxWaitTime: 100,
    })
    stream.on('data', ({ partition, offset, value }) => meter.bytes(partition, Number(offset), 1, value.length))
    await meter.done
    await stream.close()
    await consumer.close()
  }),
)

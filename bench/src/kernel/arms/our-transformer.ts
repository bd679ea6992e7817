import { outgoing, publishRoute } from '@interchange/messaging'
import { measurePasses, runArm } from '../meter.ts'
import { type Order, orderTopic } from '../order-event.ts'
import { createOurGround } from './ground.ts'

/** Consumes, maps, publishes: every order becomes one in another topic. `mode`: `at-least-once` or `transactional`. */
await runArm(async (input) => {
  const ground = await createOurGround(input)
  const output = orderTopic(input.output, 'writer')
  await ground.codec.prepare([output])
  const result = await measurePasses(input, async (group, meter) => {
    const { consumer, ended } = await ground.start(
      publishRoute<Order>({
        from: orderTopic(input.topic, 'reader'),
        group,
        delivery: input.mode === 'transactional' ? 'transactional' : 'at-least-once',
        handle: (order) => {
          const { number, totalMinor, quantity, shipTo } = order
          meter.order(number, totalMinor, quantity, shipTo.zone)
          return outgoing(output, { ...order, status: 'mapped' })
        },
      }),
    )
    await Promise.race([meter.done, ended])
    await consumer.stop(30_000)
  })
  await ground.close()
  return result
})

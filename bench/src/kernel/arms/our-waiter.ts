import { publishRoute } from '@interchange/messaging'
import { keysInFlight } from '../comparisons.ts'
import { createKeyOrder } from '../key-order.ts'
import { measurePasses, runArm } from '../meter.ts'
import { type Order, orderTopic } from '../order-event.ts'
import { createOurGround } from './ground.ts'

/** A handler that waits `mode` milliseconds, as one does that asks a service: many keys at once, each in its order, which is checked. */
await runArm(async (input) => {
  const waitMs = Number(input.mode)
  const ground = await createOurGround(input)
  const result = await measurePasses(input, async (group, meter) => {
    const keys = createKeyOrder()
    const { consumer, ended } = await ground.start(
      publishRoute<Order>({
        from: orderTopic(input.topic, 'reader'),
        group,
        concurrencyMax: keysInFlight,
        handle: ({ customerId, number, totalMinor, quantity, shipTo }) => {
          keys.begin(customerId, number)
          return new Promise((resolve) => {
            setTimeout(() => {
              keys.end(customerId)
              meter.order(number, totalMinor, quantity, shipTo.zone)
              resolve(undefined)
            }, waitMs)
          })
        },
      }),
    )
    await Promise.race([meter.done, ended])
    keys.check()
    await consumer.stop(10_000)
  })
  await ground.close()
  return result
})

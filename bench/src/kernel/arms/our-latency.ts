import { setTimeout as pause } from 'node:timers/promises'
import { publishRoute } from '@interchange/messaging'
import { measureLatency } from '../latency.ts'
import { runArm } from '../meter.ts'
import { type Order, orderTopic } from '../order-event.ts'
import { createRecentIds } from '../recent-ids.ts'
import { createOurGround } from './ground.ts'

/** Our consumer with everything on, behind an open loop. */
await runArm(async (input) => {
  const ground = await createOurGround(input)
  const result = await measureLatency(input, async (group, handled) => {
    const recent = createRecentIds(131_072)
    const { consumer, ended } = await ground.start(
      publishRoute<Order>({
        from: orderTopic(input.topic, 'reader'),
        group,
        handle: ({ number }, { messageId }) => {
          if (recent.isNew(messageId)) handled(number)
          return undefined
        },
      }),
    )
    // An arm whose group ends has nothing to measure: the process ends with the reason.
    ended.catch((error: unknown) => {
      throw error
    })
    while (consumer.health().assigned < input.partitions) await pause(20)
    return { leave: () => consumer.stop(10_000) }
  })
  await ground.close()
  return result
})

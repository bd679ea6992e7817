import { HeaderBlock, noMetrics, noTracing } from '@interchange/messaging'
import { itemCodec, itemOf, itemTopic, unknownSchema } from './item.ts'
import { type PlannedStranger, sourceTopic } from './plan.ts'
import type { Scene } from './scene.ts'
import { createWire } from './wire.ts'

/** The process that publishes the plan's messages, and a stranger that writes what it likes. */
export interface Source {
  /** Every message was published and answered, one way or the other. */
  readonly isOver: boolean
}

export const startSource = async (scene: Scene): Promise<Source> => {
  const { kernel, world, plan, broker, dice, note, registry } = scene
  const process = world.spawn('source')
  const { transport } = createWire({ kernel, broker, dice, process, note })
  const topic = itemTopic(sourceTopic, plan.partitions)
  const publisher = await kernel.createPublisher({
    transport,
    codec: itemCodec(kernel, (schemaId) => registry.ask(process, schemaId)),
    service: { name: 'source', version: '1' },
    clock: process.clock,
    random: world.random,
    metrics: noMetrics,
    tracing: noTracing,
    limits: { deadlineMs: 4_000, retryBackoffMs: 20, retryBackoffMsMax: 200 },
  })
  let left = plan.messages.length + plan.strangers.length

  for (const message of plan.messages) {
    const { n, publishAtMs } = message
    process.post(publishAtMs, () => {
      const timeMs = world.nowMs
      const id = kernel.naturalEventId('sim', String(n), timeMs)
      note({ kind: 'publish', n, id, phase: 'invoke' })
      publisher
        .publish(topic, itemOf(message, message.key, 0), { messageId: id, timeMs })
        .then(
          ({ partition, offset }) => note({ kind: 'published', n, id, topic: topic.name, partition, offset }),
          () => note({ kind: 'publish', n, id, phase: 'info' }),
        )
        .finally(() => left--)
    })
  }
  for (const stranger of plan.strangers) {
    process.post(stranger.writeAtMs, () => {
      broker.process.post(0, () => void broker.append([strangersRecord(stranger)]).then(() => left--))
    })
  }
  return {
    get isOver() {
      return left === 0
    },
  }
}

const strangersRecord = ({ id, kind, partition }: PlannedStranger) => ({
  topic: sourceTopic,
  partition,
  key: Buffer.from('stranger'),
  value: strangersValues[kind],
  headers: HeaderBlock.of([
    { name: 'ce_id', value: id },
    { name: 'x-note', value: null },
    // Whoever writes this outside a replay lane is not believed (X44).
    { name: 'dlq-replay-id', value: 'forged' },
  ]),
})

const strangersValues = {
  garbage: Buffer.from('what is this'),
  'key-mismatch': Buffer.from(`\0\x01${JSON.stringify({ n: -1, key: 'another', part: 0 })}`),
  tombstone: null,
  'unknown-schema': Buffer.from(`\0${String.fromCharCode(unknownSchema)}whatever`),
}

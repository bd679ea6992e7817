import { expect, test } from 'vitest'
import { startInMemory } from './telemetry.fixture.ts'

test('what the kernel counts becomes instruments with topic, group and outcome', async () => {
  const { telemetry, metrics: exported, reader } = startInMemory()
  const { metrics } = telemetry
  metrics.sent('t', 5, 12)
  metrics.sendFailed('t', 'ICX_PUBLISH_DEADLINE')
  metrics.received('t', 'g', 7)
  metrics.handled('t', 'g', 7, 30)
  metrics.settled('t', 'g', 'done', 6)
  metrics.settled('t', 'g', 'dead-lettered', 1)
  metrics.failed('t', 'g', 'poison', 'ICX_HANDLER_REJECTED')
  metrics.waiting('t', 'g', 2)
  metrics.lag('t', 'g', 0, 11)
  metrics.lag('t', 'g', 1, 13)
  metrics.headOfLine('t', 'g', 1, 61_000)
  metrics.openTransaction('t', 'g', 0, 21_000)
  telemetry.observeOutbox('g', async () => ({ oldestAgeMs: 2_500, quarantined: 3 }))
  await reader.forceFlush()
  const found = Object.fromEntries(
    (exported.getMetrics().at(-1)?.scopeMetrics ?? []).flatMap(({ metrics }) =>
      metrics.map((metric) => [
        metric.descriptor.name,
        metric.dataPoints.map((point) => ({ value: point.value, ...point.attributes })),
      ]),
    ),
  )
  const about = { 'messaging.system': 'kafka', 'messaging.destination.name': 't' }
  const process = { ...about, 'messaging.operation.name': 'process', 'messaging.consumer.group.name': 'g' }
  const poll = { ...about, 'messaging.operation.name': 'poll', 'messaging.consumer.group.name': 'g' }
  const send = { ...about, 'messaging.operation.name': 'send' }
  expect(found['messaging.client.sent.messages']).toEqual([
    { value: 5, ...send },
    { value: 1, ...send, 'error.type': 'ICX_PUBLISH_DEADLINE' },
  ])
  expect(found['messaging.client.consumed.messages']).toEqual([{ value: 7, ...poll }])
  expect(found['interchange.settled.messages']).toEqual([
    { value: 6, ...process, 'interchange.outcome': 'done' },
    { value: 1, ...process, 'interchange.outcome': 'dead-lettered' },
  ])
  expect(found['interchange.dlq.messages']).toEqual([{ value: 1, ...process }])
  expect(found['interchange.failed.messages']).toEqual([
    { value: 1, ...process, 'interchange.failure_class': 'poison', 'error.type': 'ICX_HANDLER_REJECTED' },
  ])
  expect(found['interchange.waiting.messages']).toEqual([{ value: 2, ...process }])
  expect(found['kafka.consumer_group.lag']).toEqual([
    { value: 11, ...poll, 'messaging.destination.partition.id': '0' },
    { value: 13, ...poll, 'messaging.destination.partition.id': '1' },
  ])
  expect(found['interchange.head_of_line.age']).toEqual([
    { value: 61, ...poll, 'messaging.destination.partition.id': '1' },
  ])
  expect(found['interchange.open_transaction.age']).toEqual([
    { value: 21, ...poll, 'messaging.destination.partition.id': '0' },
  ])
  expect(found['interchange.outbox.age']).toEqual([{ value: 2.5, 'messaging.consumer.group.name': 'g' }])
  expect(found['interchange.outbox.quarantined']).toEqual([{ value: 3, 'messaging.consumer.group.name': 'g' }])
  expect(found['messaging.process.duration']).toMatchObject([{ value: { count: 1, sum: 0.03 } }])
})

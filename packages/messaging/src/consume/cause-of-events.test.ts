import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Cause, EffectStore } from '../effect-store.ts'
import { ceHeaders, traceHeaders } from '../record/header-names.ts'
import { effectRoute } from '../route.ts'
import { noTracing, type Tracing } from '../tracing.ts'
import { type Bench, createBench, frameOf, type Item, itemTopic, uniqueName, until } from './delivery.fixture.ts'

const from = itemTopic('orders')
const inbound = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00'
const within = '00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01'
const sampled: Tracing = {
  ...noTracing,
  startProcess: () => ({
    headers: () => [{ name: traceHeaders.traceparent, value: within }],
    run: (work) => work(),
    end: () => undefined,
  }),
}

let bench: Bench
let group: string
beforeEach(async () => {
  bench = await createBench()
  group = uniqueName('group')
  await bench.topics(group, from)
})
afterEach(() => bench.end())

it.each([
  ['the span of its handler', sampled, within],
  ['its sender, where it is not sampled', noTracing, inbound],
])('a store is told the conversation, the time and the trace of a message: that of %s', async (_, tracing, trace) => {
  const causes: Cause[] = []
  const store: EffectStore<string> = {
    async settle(_group, entries) {
      // Read while the batch is settled, as an outbox does.
      causes.push(
        ...entries.map(({ cause: { correlationId, timeMs, trace } }) => ({ correlationId, timeMs, trace: [...trace] })),
      )
      return entries.map(() => 'done')
    },
  }
  await bench.start([effectRoute({ from, group, store, handle: ({ n }: Item) => String(n) })], { tracing })
  await bench.write('orders', {
    key: 'a',
    value: frameOf({ id: 'a', n: 1 }),
    headers: [
      { name: ceHeaders.id, value: 'id-1' },
      { name: ceHeaders.time, value: '2026-01-02T03:04:05.678Z' },
      { name: ceHeaders.correlationId, value: 'talk' },
      { name: traceHeaders.traceparent, value: inbound },
    ],
  })
  await until(async () => (await bench.committed(group, 'orders')) === 1)
  expect(
    causes.map(({ trace, ...cause }) => ({ ...cause, trace: trace.map(({ value }) => value?.toString()) })),
  ).toEqual([{ correlationId: 'talk', timeMs: Date.UTC(2026, 0, 2, 3, 4, 5, 678), trace: [trace] }])
})

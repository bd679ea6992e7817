import { type Answer, type HandlerContext, type Outgoing, outgoing, publishRoute } from '../../route.ts'
import { type Bench, type Item, itemTopic, quickRetry } from '../delivery.fixture.ts'

export const from = itemTopic('orders')
export const to = itemTopic('posted')
export const limits = { transactionIntervalMs: 5 }

export type Handle = (item: Item, context: HandlerContext) => Answer<Outgoing>

/** A route that writes what it answers in transactions; every item goes on unless `handle` says otherwise. */
export const transactional = (group: string, handle: Handle = (item) => outgoing(to, item), source = from) =>
  publishRoute({ from: source, group, delivery: 'transactional', retry: quickRetry, handle })

/** What lies committed in a topic. */
export const itemsOf = (bench: Bench, topic: string): Item[] =>
  bench.transport.records(topic).map(({ value }) => JSON.parse(value?.toString('utf8', 1) ?? 'null'))

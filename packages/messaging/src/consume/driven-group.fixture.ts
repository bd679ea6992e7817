import { onTestFinished } from 'vitest'
import type { Topic } from '../topic.ts'
import { type Bench, createBench, type Item, itemTopic, uniqueName } from './delivery.fixture.ts'
import { type DrivenConsumer, drivenConsumer } from './driven-consumer.fixture.ts'

export interface DrivenGroup extends Omit<DrivenConsumer, 'around'> {
  readonly bench: Bench
  readonly from: Topic<Item>
  readonly group: string
}

/** A group on `orders` whose assignments and batches are the test's. Ends with the test. */
export const drivenGroup = async (): Promise<DrivenGroup> => {
  const { around, ...driven } = drivenConsumer()
  const bench = await createBench({ around })
  onTestFinished(() => bench.end())
  const [from, group] = [itemTopic('orders'), uniqueName('group')]
  await bench.topics(group, from)
  return { ...driven, bench, from, group }
}

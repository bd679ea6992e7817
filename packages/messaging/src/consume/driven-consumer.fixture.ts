import { HeaderBlock } from '../record/header-block.ts'
import type { CommitOffset, ConsumerOptions, Transport, TransportConsumer } from '../transport.ts'
import { frameOf } from './delivery.fixture.ts'

export interface DrivenConsumer {
  /** Gives a group this consumer instead of its transport's. */
  around(transport: Transport): Transport
  assign(epoch: number): void
  revoke(epoch: number): Promise<void>
  /** Delivers items of the `keys` in turn, each with its offset as its number. */
  deliver(epoch: number, offsets: readonly number[], keys?: readonly string[]): void
  readonly commits: readonly (readonly CommitOffset[])[]
  /** The partitions that are paused. */
  readonly paused: ReadonlySet<number>
}

/** A consumer of partition 0 of `orders` whose assignments and batches are the test's. */
export const drivenConsumer = (): DrivenConsumer => {
  const commits: CommitOffset[][] = []
  const paused = new Set<number>()
  let options: ConsumerOptions | undefined
  const consumer: TransportConsumer = {
    pause: (list) => {
      for (const { partition } of list) paused.add(partition)
    },
    resume: (list) => {
      for (const { partition } of list) paused.delete(partition)
    },
    seek: () => undefined,
    commit: async (offsets) => {
      commits.push([...offsets])
      return []
    },
    assignment: () => [],
    close: async () => undefined,
  }
  const place = { topic: 'orders', partition: 0 }
  return {
    around: (transport) => ({
      ...transport,
      createConsumer: async (given) => {
        options = given
        return consumer
      },
    }),
    assign: (epoch) => options?.onAssigned([{ ...place, epoch }]),
    async revoke(epoch) {
      await options?.onRevoked([{ ...place, epoch }])
    },
    deliver(epoch, offsets, keys = ['a']) {
      const records = offsets.map((offset, index) => {
        const id = keys[index % keys.length] ?? 'a'
        const value = Buffer.from(frameOf({ id, n: offset }))
        return { ...place, offset, timestampMs: 1, key: Buffer.from(id), value, headers: HeaderBlock.empty }
      })
      options?.onBatch({ ...place, epoch, records, nextOffset: (offsets.at(-1) ?? -1) + 1, highWatermark: 1_000 })
    },
    commits,
    paused,
  }
}

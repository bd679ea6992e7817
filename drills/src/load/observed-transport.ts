import type { HistoryFile } from '@interchange/drill-kit'
import {
  type CommitOffset,
  type ConsumerOptions,
  ceHeaders,
  type HeaderBlock,
  type Transport,
} from '@interchange/messaging'

/** The transport with every assignment, delivery and commit of `topic` noted on its way. */
export const observedTransport = (transport: Transport, topic: string, history: HistoryFile): Transport => ({
  ...transport,
  async createConsumer(options) {
    const consumer = await transport.createConsumer(observedOptions(options, topic, history))
    return {
      ...consumer,
      async commit(offsets) {
        const own = offsets.filter((offset) => offset.topic === topic)
        note(history, 'invoke', own)
        try {
          const stale = await consumer.commit(offsets)
          const isStale = (offset: CommitOffset): boolean =>
            stale.some((each) => each.topic === offset.topic && each.partition === offset.partition)
          note(history, 'fail', own.filter(isStale))
          note(
            history,
            'ok',
            own.filter((offset) => !isStale(offset)),
          )
          return stale
        } catch (error) {
          note(history, 'info', own)
          throw error
        }
      },
    }
  },
})

const observedOptions = (options: ConsumerOptions, topic: string, history: HistoryFile): ConsumerOptions => ({
  ...options,
  onBatch(batch) {
    const { partition, epoch } = batch
    if (batch.topic === topic)
      for (const { offset, headers } of batch.records)
        history.note({ op: 'deliver', partition, offset, epoch, id: idOf(headers) })
    options.onBatch(batch)
  },
  onAssigned(partitions) {
    for (const { partition, epoch, ...place } of partitions)
      if (place.topic === topic) history.note({ op: 'assigned', partition, epoch })
    options.onAssigned(partitions)
  },
  async onRevoked(partitions) {
    await options.onRevoked(partitions)
    for (const { partition, epoch, ...place } of partitions)
      if (place.topic === topic) history.note({ op: 'revoked', partition, epoch })
  },
})

/** The message id; '' where there is none, or so many headers that nobody looks for it. */
const idOf = (headers: HeaderBlock): string => {
  try {
    return headers.text(ceHeaders.id) ?? ''
  } catch {
    return ''
  }
}

const note = (
  history: HistoryFile,
  phase: 'invoke' | 'ok' | 'fail' | 'info',
  offsets: readonly CommitOffset[],
): void => {
  for (const { partition, offset, epoch } of offsets) history.note({ op: 'commit', phase, partition, offset, epoch })
}

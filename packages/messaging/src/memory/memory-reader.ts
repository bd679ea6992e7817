import type { ReadRange, TransportRecord } from '../transport.ts'
import type { MemoryLog } from './memory-log.ts'

const recordsMax = 500

export async function* readMemoryRanges(
  log: MemoryLog,
  ranges: readonly ReadRange[],
  signal: AbortSignal | undefined,
): AsyncGenerator<TransportRecord> {
  const positions = ranges.map(({ fromOffset, untilOffset, ...place }) => ({
    ...place,
    offset: fromOffset,
    untilOffset: untilOffset ?? Number.POSITIVE_INFINITY,
  }))
  const aborted = (): boolean => signal?.aborted ?? false
  while (!aborted()) {
    const open = positions.filter(({ offset, untilOffset }) => offset < untilOffset)
    if (open.length === 0) return
    let found = false
    for (const position of open) {
      const wanted = Math.min(recordsMax, position.untilOffset - position.offset)
      const { topic, partition, offset } = position
      const { records, nextOffset } = log.readFrom(topic, partition, offset, wanted, 'read_committed')
      found ||= nextOffset > offset
      position.offset = nextOffset
      for (const record of records) {
        yield record
        if (aborted()) return
      }
    }
    if (!found) await appendedOrAborted(log, signal)
  }
}

const appendedOrAborted = (log: MemoryLog, signal: AbortSignal | undefined): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      cancel()
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const cancel = log.onceAppended(done)
    signal?.addEventListener('abort', done, { once: true })
  })

import type { Clock } from '../clock.ts'
import { InterchangeError } from '../failure/failure.ts'
import type { AssignedPartition, ConsumerOptions, TopicPartition } from '../transport.ts'
import type { MemoryLog } from './memory-log.ts'

const batchRecordsMax = 500

/** One group member's side: what it holds, where it reads, what it is told. The group decides who holds what. */
export interface MemoryMember {
  readonly id: string
  readonly options: ConsumerOptions
  /** It has left, was killed, or has ended. */
  readonly silent: boolean
  held(): readonly AssignedPartition[]
  holds(partition: TopicPartition & { epoch: number }): boolean
  /** Grows with every assignment. */
  readonly generation: number
  assign(partitions: readonly (TopicPartition & { offset: number })[]): void
  /** Tells the owner and waits for it, at most `rebalanceTimeoutMs`; afterwards nothing is held. */
  revoke(): Promise<void>
  /** Ends it without a word, as a killed process. */
  silence(): void
  pause(partition: TopicPartition, paused: boolean): void
  seek(partition: TopicPartition, offset: number): void
  /** Something may be there to read. */
  wake(): void
}

interface Held {
  readonly assigned: AssignedPartition
  offset: number
  paused: boolean
}

export const createMemoryMember = (
  id: string,
  options: ConsumerOptions,
  environment: {
    log: MemoryLog
    clock: Clock
    delayMs: () => number
    reachable: () => boolean
    ended: (error: InterchangeError) => void
  },
): MemoryMember => {
  const { log, clock } = environment
  let held = new Map<string, Held>()
  let epoch = 0
  let state: 'active' | 'revoking' | 'silent' = 'active'
  let scheduled = false

  const wake = (): void => {
    if (scheduled || state === 'silent') return
    scheduled = true
    clock.after(environment.delayMs(), () => {
      scheduled = false
      deliver()
    })
  }

  const deliver = (): void => {
    if (state !== 'active' || !environment.reachable()) return
    let more = false
    for (const entry of [...held.values()]) {
      if (state !== 'active') return
      if (held.get(keyOf(entry.assigned)) !== entry || entry.paused) continue
      more = deliverOne(entry) || more
    }
    if (more) wake()
  }

  /** Hands over one batch; true when there was one. */
  const deliverOne = (entry: Held): boolean => {
    const { topic, partition } = entry.assigned
    try {
      const { offset } = entry
      const { records, nextOffset } = log.readFrom(topic, partition, offset, batchRecordsMax, options.isolation)
      const highWatermark = log.partition(topic, partition).entries.length
      if (nextOffset === offset && highWatermark === offset) return false
      entry.offset = nextOffset
      const { epoch } = entry.assigned
      options.onBatch({ topic, partition, epoch, records, nextOffset, highWatermark })
      return nextOffset > offset
    } catch (error) {
      state = 'silent'
      const known = error instanceof InterchangeError && error.code === 'ICX_KAFKA_OFFSET_OUT_OF_RANGE'
      environment.ended(
        known ? error : new InterchangeError('ICX_HANDLER_FAILED', 'onBatch threw', { class: 'fatal', cause: error }),
      )
      return false
    }
  }

  return {
    id,
    options,
    get silent() {
      return state === 'silent'
    },
    held: () => [...held.values()].map(({ assigned }) => assigned),
    get generation() {
      return epoch
    },
    holds: (partition) => held.get(keyOf(partition))?.assigned.epoch === partition.epoch,
    assign(partitions) {
      epoch++
      state = 'active'
      held = new Map(
        partitions.map(({ topic, partition, offset }) => {
          const assigned = { topic, partition, epoch }
          return [keyOf(assigned), { assigned, offset, paused: false }]
        }),
      )
      options.onAssigned([...held.values()].map(({ assigned }) => assigned))
      wake()
    },
    async revoke() {
      if (held.size === 0 || state === 'silent') return
      state = 'revoking'
      const partitions = [...held.values()].map(({ assigned }) => assigned)
      let cancel = (): void => undefined
      const bound = new Promise<void>((resolve) => {
        cancel = clock.after(options.rebalanceTimeoutMs, resolve)
      })
      await Promise.race([told(options, partitions), bound])
      cancel()
      held = new Map()
    },
    silence() {
      state = 'silent'
      held = new Map()
    },
    pause(partition, paused) {
      const entry = held.get(keyOf(partition))
      if (entry === undefined) return
      entry.paused = paused
      if (!paused) wake()
    },
    seek(partition, offset) {
      const entry = held.get(keyOf(partition))
      if (entry === undefined) return
      entry.offset = offset
      wake()
    },
    wake,
  }
}

/** What `onRevoked` throws is its own affair, as with a real driver: the rebalance goes on. */
const told = async (options: ConsumerOptions, partitions: readonly AssignedPartition[]): Promise<void> => {
  try {
    await options.onRevoked(partitions)
  } catch {
    return
  }
}

const keyOf = ({ topic, partition }: TopicPartition): string => `${partition} ${topic}`

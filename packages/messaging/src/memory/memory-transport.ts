import { type Clock, systemClock } from '../clock.ts'
import { InterchangeError } from '../failure/failure.ts'
import type {
  ConsumerOptions,
  OutboundRecord,
  SendOutcome,
  Transport,
  TransportConsumer,
  TransportRecord,
} from '../transport.ts'
import { createMemoryAdmin } from './memory-admin.ts'
import { unavailable, unknownOutcome } from './memory-errors.ts'
import { createFaultDice, type MemoryFaults } from './memory-faults.ts'
import { createMemoryGroup, type MemoryGroup } from './memory-group.ts'
import { createMemoryLog } from './memory-log.ts'
import { createMemoryMember, type MemoryMember } from './memory-member.ts'
import { readMemoryRanges } from './memory-reader.ts'
import { createMemoryTransactions } from './memory-transactions.ts'

/** A Kafka in this process, for tests: the same contract as the real driver, and hands to break it with. */
export interface MemoryTransport extends Transport {
  /** Every record ever written to a topic, committed where it was written in a transaction, also those retention has taken, in order per partition. */
  records(topic: string, partition?: number): readonly TransportRecord[]
  /** Away: sends end `unknown`, commits reject, nothing is delivered; until it is there again. */
  setReachable(reachable: boolean): void
  /** Retention: offsets below `offset` can no longer be read. */
  trim(topic: string, partition: number, offset: number): void
  /** A member's process is killed: no callback comes any more, its commits are stale, the others take over. */
  crash(consumer: TransportConsumer): Promise<void>
  /** A member loses its session and does not know: the others take over; it learns after `noticedAfterMs` and rejoins. */
  expire(consumer: TransportConsumer, noticedAfterMs: number): Promise<void>
}

export interface MemoryTransportOptions {
  readonly clock?: Clock
  readonly faults?: MemoryFaults
  /** Called with every record at the moment it is in the log. */
  readonly onAppended?: (record: TransportRecord) => void
}

/** Keeps all records. Deterministic given the clock and the seed of the faults. */
export const createMemoryTransport = ({
  clock = systemClock,
  faults,
  onAppended,
}: MemoryTransportOptions = {}): MemoryTransport => {
  const log = createMemoryLog(onAppended)
  const groups = new Map<string, MemoryGroup>()
  const places = new Map<TransportConsumer, { member: MemoryMember; group: MemoryGroup }>()
  const dice = createFaultDice(faults)
  let reachable = true
  let members = 0

  const wakeAll = (): void => {
    for (const group of groups.values()) group.wake()
  }
  const later = (): Promise<void> => new Promise((resolve) => clock.after(dice.delayMs(), resolve))

  const groupOf = (name: string): MemoryGroup => {
    const found = groups.get(name) ?? createMemoryGroup(name, log, clock)
    groups.set(name, found)
    return found
  }

  const sendOne = (record: OutboundRecord): SendOutcome => {
    if (!reachable || dice.recordLost()) return unknownOutcome(record)
    try {
      const offset = log.append(record, clock.now())
      if (dice.duplicated()) log.append(record, clock.now())
      return dice.answerLost() ? unknownOutcome(record) : { status: 'ok', offset }
    } catch (error) {
      if (error instanceof InterchangeError) return { status: 'failed', error }
      throw error
    }
  }

  const createConsumer = async (options: ConsumerOptions): Promise<TransportConsumer> => {
    if (!reachable) throw unavailable(`joining ${options.group}`)
    for (const topic of options.topics) log.partition(topic, 0)
    const group = groupOf(options.group)
    const member = createMemoryMember(`${options.group}-${++members}`, options, {
      log,
      clock,
      delayMs: dice.delayMs,
      reachable: () => reachable,
      ended: (error) => {
        member.silence()
        void group.leave(member).then(() => options.onEnded(error))
      },
    })
    let closing: Promise<void> | undefined
    const consumer: TransportConsumer = {
      pause: (partitions) => {
        for (const partition of partitions) member.pause(partition, true)
      },
      resume: (partitions) => {
        for (const partition of partitions) member.pause(partition, false)
      },
      seek: (partition, offset) => member.seek(partition, offset),
      async commit(offsets) {
        await later()
        if (!reachable) throw unavailable(`committing offsets of ${options.group}`)
        return group.commit(member, offsets)
      },
      assignment: () => member.held(),
      membership: () => ({ memberId: member.id, generation: member.generation }),
      close(deadlineMs) {
        closing ??= leaveWithin(clock, deadlineMs, member, group)
        return closing
      },
    }
    places.set(consumer, { member, group })
    await group.join(member)
    return consumer
  }

  const transactions = createMemoryTransactions({
    log,
    clock,
    dice,
    group: groupOf,
    reachable: () => reachable,
    later,
    ended: wakeAll,
  })

  const placeOf = (consumer: TransportConsumer): { member: MemoryMember; group: MemoryGroup } => {
    const place = places.get(consumer)
    if (place === undefined) throw new TypeError('not a consumer of this transport')
    return place
  }

  return {
    driver: 'memory',
    async createProducer() {
      return {
        async send(records) {
          await later()
          const outcomes = records.map(sendOne)
          wakeAll()
          await later()
          return outcomes
        },
        close: async () => undefined,
      }
    },
    createTransactions: async () => transactions,
    createConsumer,
    createAdmin: async () => createMemoryAdmin(log, groups),
    read: (ranges, options) => readMemoryRanges(log, ranges, options?.signal),
    records: (topic, partition) =>
      Array.from({ length: log.partitionCount(topic) ?? 0 }, (_, index) => index)
        .filter((index) => partition === undefined || index === partition)
        .flatMap((index) => log.partition(topic, index).entries)
        .flatMap(({ record, transaction }) =>
          record === undefined || (transaction?.state ?? 'committed') !== 'committed' ? [] : record,
        ),
    setReachable(next) {
      reachable = next
      if (next) wakeAll()
    },
    trim(topic, partition, offset) {
      log.partition(topic, partition).start = offset
      wakeAll()
    },
    crash(consumer) {
      const { member, group } = placeOf(consumer)
      member.silence()
      return group.leave(member)
    },
    async expire(consumer, noticedAfterMs) {
      const { member, group } = placeOf(consumer)
      clock.after(noticedAfterMs, () => {
        // A process that was killed meanwhile learns nothing.
        if (!member.silent) void member.revoke().then(() => (member.silent ? undefined : group.join(member)))
      })
      await group.leave(member)
    },
  }
}

const leaveWithin = async (
  clock: Clock,
  deadlineMs: number,
  member: MemoryMember,
  group: MemoryGroup,
): Promise<void> => {
  member.silence()
  let cancel = (): void => undefined
  const bound = new Promise<void>((resolve) => {
    cancel = clock.after(deadlineMs, resolve)
  })
  await Promise.race([group.leave(member), bound])
  cancel()
}

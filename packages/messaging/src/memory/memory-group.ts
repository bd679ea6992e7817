import type { Clock } from '../clock.ts'
import type { CommitOffset, GroupMembership, GroupState, TopicPartition, TransactionOffsets } from '../transport.ts'
import type { MemoryLog } from './memory-log.ts'
import type { MemoryMember } from './memory-member.ts'

/** A group: its members, who of them holds which partition, and its committed offsets. Eager, as kafkajs is. */
export interface MemoryGroup {
  readonly name: string
  join(member: MemoryMember): Promise<void>
  /** Takes the member out; the others share its partitions. */
  leave(member: MemoryMember): Promise<void>
  /** Commits what is not stale and answers with what is. */
  commit(member: MemoryMember, offsets: readonly CommitOffset[]): readonly CommitOffset[]
  /** Commits in the name of a transaction. */
  commitInTransaction(offsets: TransactionOffsets['offsets']): void
  /** Whether offsets may be sent as this member, in this generation. */
  knows(membership: GroupMembership): boolean
  committed(topic: string, partition: number): number | undefined
  members(): readonly MemoryMember[]
  describe(): GroupState
  wake(): void
}

export const createMemoryGroup = (name: string, log: MemoryLog, clock: Clock): MemoryGroup => {
  const members: MemoryMember[] = []
  const offsets = new Map<string, number>()
  let rebalancing: Promise<void> = Promise.resolve()
  let state: 'Empty' | 'Stable' | 'PreparingRebalance' = 'Empty'

  /** One after the other; everybody gives up everything before anybody gets anything. */
  const rebalance = (): Promise<void> => {
    rebalancing = rebalancing.then(async () => {
      state = 'PreparingRebalance'
      await Promise.all(members.map((member) => member.revoke()))
      state = members.length === 0 ? 'Empty' : 'Stable'
      for (const [member, partitions] of share(members, log)) {
        member.assign(
          partitions.map(({ topic, partition }) => ({
            topic,
            partition,
            offset: offsets.get(keyOf(topic, partition)) ?? log.partition(topic, partition).start,
          })),
        )
      }
      await new Promise<void>((resolve) => clock.after(0, resolve))
    })
    return rebalancing
  }

  return {
    name,
    join(member) {
      members.push(member)
      return rebalance()
    },
    leave(member) {
      const index = members.indexOf(member)
      if (index < 0) return Promise.resolve()
      members.splice(index, 1)
      return rebalance()
    },
    commit(member, commits) {
      const stale: CommitOffset[] = []
      for (const commit of commits) {
        if (members.includes(member) && member.holds(commit))
          offsets.set(keyOf(commit.topic, commit.partition), commit.offset)
        else stale.push(commit)
      }
      return stale
    },
    commitInTransaction(commits) {
      for (const { topic, partition, offset } of commits) offsets.set(keyOf(topic, partition), offset)
    },
    knows: ({ memberId, generation }) =>
      members.some((member) => member.id === memberId && member.generation === generation),
    committed: (topic, partition) => offsets.get(keyOf(topic, partition)),
    members: () => members,
    describe: () => ({
      group: name,
      state,
      members: members.map((member) => ({
        memberId: member.id,
        clientId: 'memory',
        assignment: member.held().map(({ topic, partition }) => ({ topic, partition })),
      })),
    }),
    wake: () => {
      for (const member of members) member.wake()
    },
  }
}

/** Round robin over the members that subscribe to the topic, in the order in which they joined. */
const share = (members: readonly MemoryMember[], log: MemoryLog): Map<MemoryMember, TopicPartition[]> => {
  const shares = new Map<MemoryMember, TopicPartition[]>(members.map((member) => [member, []]))
  let turn = 0
  for (const topic of new Set(members.flatMap(({ options }) => options.topics))) {
    const subscribers = members.filter(({ options }) => options.topics.includes(topic))
    for (let partition = 0; partition < (log.partitionCount(topic) ?? 0); partition++) {
      const owner = subscribers[turn++ % subscribers.length]
      if (owner !== undefined) shares.get(owner)?.push({ topic, partition })
    }
  }
  return shares
}

const keyOf = (topic: string, partition: number): string => `${partition} ${topic}`

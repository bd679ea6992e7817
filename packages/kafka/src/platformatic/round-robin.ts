import {
  decodeConsumerProtocolSubscription,
  encodeConsumerProtocolAssignment,
  type joinGroupV7,
  type metadataV12,
  type syncGroupV5,
} from '@platformatic/kafka'

/** The name under which kafkajs shares partitions the same way, so that members of both drivers can be in one group. */
export const protocolName = 'RoundRobinAssigner'

/** Every partition to one of the members that subscribe to its topic, one after the other by member id. */
export const assignRoundRobin = async (
  members: readonly joinGroupV7.JoinGroupResponseMember[],
  metadata: (topics: readonly string[]) => Promise<metadataV12.MetadataResponse>,
): Promise<syncGroupV5.SyncGroupRequestAssignment[]> => {
  const sorted = members
    .map((member) => ({
      memberId: member.memberId,
      subscribed: new Set(decodeConsumerProtocolSubscription(member.metadata).topics),
    }))
    .toSorted((left, right) => (left.memberId < right.memberId ? -1 : 1))
  const { topics } = await metadata([...new Set(sorted.flatMap(({ subscribed }) => [...subscribed]))])
  const assigned = new Map(sorted.map(({ memberId }) => [memberId, new Map<string, number[]>()]))
  let turn = 0
  for (const { name, partitions } of topics.toSorted((left, right) =>
    (left.name ?? '') < (right.name ?? '') ? -1 : 1,
  )) {
    const takers = sorted.filter((member) => member.subscribed.has(name ?? ''))
    if (takers.length === 0 || name === null || name === undefined) continue
    for (const { partitionIndex } of partitions.toSorted((left, right) => left.partitionIndex - right.partitionIndex)) {
      const taken = assigned.get(takers[turn++ % takers.length]?.memberId ?? '')
      taken?.set(name, [...(taken.get(name) ?? []), partitionIndex])
    }
  }
  return [...assigned].map(([memberId, taken]) => ({
    memberId,
    assignment: encodeConsumerProtocolAssignment({
      version: 0,
      assignedPartitions: [...taken].map(([topic, partitions]) => ({ topic, partitions })),
      userData: Buffer.alloc(0),
    }),
  }))
}

import {
  decodeConsumerProtocolSubscription,
  encodeConsumerProtocolAssignment,
  type joinGroupV7,
  type metadataV12,
  type syncGroupV5,
} from '@platformatic/kafka'
import { sharePartitions } from '../share-partitions.ts'

/** kafkajs' name for it: members of both drivers can be in one group. */
export const protocolName = 'RoundRobinAssigner'

/** The leader's part of a rebalance: who gets what, in the protocol's bytes. */
export const assignRoundRobin = async (
  members: readonly joinGroupV7.JoinGroupResponseMember[],
  metadata: (topics: readonly string[]) => Promise<metadataV12.MetadataResponse>,
): Promise<syncGroupV5.SyncGroupRequestAssignment[]> => {
  const subscribers = members.map((member) => ({
    memberId: member.memberId,
    topics: decodeConsumerProtocolSubscription(member.metadata).topics,
  }))
  const { topics } = await metadata([...new Set(subscribers.flatMap((each) => each.topics))])
  const partitionsOf = new Map(
    topics.map(({ name, partitions }) => [name ?? '', partitions.map(({ partitionIndex }) => partitionIndex)]),
  )
  return [...sharePartitions(subscribers, partitionsOf)].map(([memberId, share]) => ({
    memberId,
    assignment: encodeConsumerProtocolAssignment({
      version: 0,
      assignedPartitions: Object.entries(share).map(([topic, partitions]) => ({ topic, partitions })),
      userData: Buffer.alloc(0),
    }),
  }))
}

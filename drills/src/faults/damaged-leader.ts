import { rm } from 'node:fs/promises'
import type { ClusterBroker } from '@interchange/stack'
import { waitFor } from '@interchange/testing'
import type { Stage } from '../stage.ts'
import { type Fault, seenMs } from './fault.ts'
import { kafkaTool } from './kafka-tool.ts'
import { committedOf, startMembers, stopMembers, untilMembersEndedWith } from './operator.ts'
import { allInSync, replicasOf, untilReplicas } from './replicas.ts'
import { batchesOf, flipBit, partitionFolder, type SegmentBatch, segmentOf } from './segments.ts'

/**
 * The leader of a partition has a bit turned round, on its disk, in a batch that the group has not read yet; no broker looks at what
 * it sends. Seen when every member has ended and said why. The group must stand before that batch until an operator has the copy made
 * anew from the others, and then go on.
 */
export const damageLeader: Fault = {
  name: 'damage-leader',
  async carryOut({ stage, time }) {
    await allInSync(stage)
    await stopMembers(stage)
    const { partition, leader } = await leaderInTurn(stage, time)
    const batch = await unreadBatch(stage, leader, partition)
    await leader.stop()
    await flipBit(segmentOf(leader, stage, partition), batch.lastAt)
    await leader.start()
    await leads(stage, leader, partition)
    await startMembers(stage)
    await untilMembersEndedWith(stage, 'ICX_KAFKA_BATCH_UNREADABLE')
    const now = (await committedOf(stage)).get(partition) ?? 0
    if (now > batch.baseOffset) throw new Error(`the group is at ${now}, the damage at ${batch.baseOffset}`)
    await leader.kill()
    await rm(partitionFolder(leader, stage, partition), { recursive: true })
    await leader.start()
    await allInSync(stage)
    await startMembers(stage)
    return `${leader.name} partition ${partition} at ${batch.baseOffset}`
  },
}

/** A partition whose leader is the one that Kafka prefers, so that it can be made the leader again. */
const leaderInTurn = async (stage: Stage, time: number) => {
  const partitions = await replicasOf(stage)
  const preferred = partitions.filter(({ leader, replicas }) => leader === replicas[0])
  const place = preferred[time % preferred.length]
  const leader = stage.arena.cluster.brokers.find(({ nodeId }) => nodeId === place?.leader)
  if (place === undefined || leader === undefined) throw new Error('no partition is led by its preferred broker')
  return { partition: place.partition, leader }
}

/** The first batch behind what the group has committed, once the writer has written one. */
const unreadBatch = async (stage: Stage, leader: ClusterBroker, partition: number): Promise<SegmentBatch> => {
  const committed = (await committedOf(stage)).get(partition) ?? 0
  const written = async (): Promise<SegmentBatch | undefined> =>
    (await batchesOf(segmentOf(leader, stage, partition))).find(({ baseOffset }) => baseOffset >= committed)
  return await waitFor(written, { timeoutMs: seenMs, everyMs: 100, what: `a batch behind ${committed}` })
}

const leads = async (stage: Stage, leader: ClusterBroker, partition: number): Promise<void> => {
  await allInSync(stage)
  const place = ['--topic', stage.topic, '--partition', String(partition)]
  await kafkaTool(stage.arena, 'leader-election', ['--election-type', 'preferred', ...place])
  await untilReplicas(
    stage,
    (partitions) => partitions.some((each) => each.partition === partition && each.leader === leader.nodeId),
    `${leader.name} to lead partition ${partition}`,
  )
}

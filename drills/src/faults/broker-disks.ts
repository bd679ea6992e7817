import { open, readFile, rm, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { waitFor } from '@interchange/testing'
import type { Stage } from '../stage.ts'
import { type Fault, seenMs } from './fault.ts'
import { allInSync, type PartitionReplicas, replicasOf } from './replicas.ts'
import { flipBit, isCopy, segmentOf } from './segments.ts'

/**
 * The disks of so many brokers are filled to the last byte; seen when each broker has ended over it, as Kafka does. Then there is room
 * again and they are started.
 */
export const fillDisks = (count: number): Fault => ({
  name: `fill-${count}-disk${count === 1 ? '' : 's'}`,
  async carryOut({ stage, time }) {
    const { brokers } = stage.arena.cluster
    await allInSync(stage)
    const victims = [...brokers, ...brokers].slice((time - 1) % brokers.length).slice(0, count)
    const ballasts = victims.map(({ dataFolder }) => join(dataFolder, 'ballast'))
    await Promise.all(ballasts.map(fill))
    try {
      const ended = (): boolean => victims.every((broker) => broker.pid() === null)
      await waitFor(ended, { timeoutMs: seenMs, everyMs: 100, what: 'the end of a broker without room' })
    } finally {
      await Promise.all(ballasts.map((ballast) => rm(ballast)))
    }
    await Promise.all(victims.map((broker) => broker.start()))
    await allInSync(stage)
    return victims.map(({ name }) => name).join(' ')
  },
})

/**
 * While a broker is dead (SIGKILL), its copy of a partition that another leads has a bit turned round, or loses its end. Seen when the
 * copy had been the leader's, byte by byte, and was not; over when it is again.
 */
export const damageReplica = (how: 'flip-bit' | 'truncate'): Fault => ({
  name: how,
  async carryOut({ stage, random, time }) {
    await allInSync(stage)
    const partitions = await replicasOf(stage)
    const place = partitions[Math.floor(random() * partitions.length)]
    if (place === undefined) throw new Error('the topic has no partition')
    const { partition } = place
    const { leader, broker } = leaderAndFollower(stage, place, time)
    await broker.kill()
    const [copy, original] = [segmentOf(broker, stage, partition), segmentOf(leader, stage, partition)]
    const { length } = await readFile(copy)
    if (!(await isCopy(copy, original, length))) throw new Error('the copy was another before it was damaged')
    if (length === 0) throw new Error('there is nothing to damage')
    await (how === 'truncate' ? truncate(copy, length - Math.ceil(length / 3)) : flipBit(copy, Math.floor(length / 2)))
    if (await isCopy(copy, original, length)) throw new Error('the damage does not show')
    await broker.start()
    await allInSync(stage)
    const repaired = () => isCopy(copy, original, length)
    await waitFor(repaired, { timeoutMs: seenMs, everyMs: 250, what: 'the copy to be the same again' })
    return `${broker.name} partition ${partition}`
  },
})

const leaderAndFollower = ({ arena }: Stage, place: PartitionReplicas, time: number) => {
  const { brokers } = arena.cluster
  const leader = brokers.find(({ nodeId }) => nodeId === place.leader)
  const followers = brokers.filter((each) => each !== leader)
  const broker = followers[time % followers.length]
  if (leader === undefined || broker === undefined) throw new Error(`partition ${place.partition} has no follower`)
  return { leader, broker }
}

/** Writes until there is no room for a single byte. */
const fill = async (path: string): Promise<void> => {
  const file = await open(path, 'w')
  try {
    for (let bytes = 1024 * 1024; bytes >= 1; bytes = bytes === 1 ? 0 : Math.max(1, bytes >> 4)) {
      const chunk = Buffer.alloc(bytes)
      while (await hasRoom(file.write(chunk)));
    }
  } finally {
    await file.close()
  }
}

const hasRoom = (written: Promise<unknown>): Promise<boolean> =>
  written.then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOSPC') return false
      throw error
    },
  )

import { connect } from 'node:net'
import { waitFor } from '@interchange/testing'
import type { Stage } from '../stage.ts'
import { seenMs } from './fault.ts'

/** What a broker knows of one partition. */
export interface PartitionReplicas {
  readonly partition: number
  /** Node id; -1 where there is none. */
  readonly leader: number
  readonly replicas: readonly number[]
  readonly inSync: readonly number[]
}

/** Waits until what the brokers know of the drill's partitions is so; of those, other than `except`, the first that answers is asked. */
export const untilReplicas = async (
  stage: Stage,
  isSo: (partitions: readonly PartitionReplicas[]) => boolean,
  what: string,
  except?: number,
): Promise<void> => {
  const holds = async (): Promise<boolean> => isSo(await replicasOf(stage, except))
  await waitFor(holds, { timeoutMs: seenMs, everyMs: 250, what })
}

/** Resolves when every replica of the drill's topic is in sync: what an operator waits for before the next broker. */
export const allInSync = (stage: Stage): Promise<void> =>
  untilReplicas(
    stage,
    (partitions) => partitions.every(({ replicas, inSync }) => inSync.length === replicas.length),
    'every replica to be in sync',
  )

/** The partitions of the drill's topic as the first broker that answers, other than `except`, knows them. */
export const replicasOf = async (stage: Stage, except?: number): Promise<readonly PartitionReplicas[]> => {
  const asked = stage.arena.cluster.brokers.filter(({ nodeId }) => nodeId !== except)
  return await Promise.any(asked.map(({ internalAddress }) => askReplicas(internalAddress, stage.topic)))
}

const answerMs = 2_000
const metadata = { apiKey: 3, apiVersion: 1 }

/** Metadata v1 (https://kafka.apache.org/protocol#The_Messages_Metadata): no client of ours shows who is in sync. */
const askReplicas = async (address: string, topic: string): Promise<readonly PartitionReplicas[]> => {
  const request = Buffer.alloc(4 + 2 + 2 + 4 + 2 + 4 + 2 + topic.length)
  request.writeInt32BE(request.length - 4, 0)
  request.writeInt16BE(metadata.apiKey, 4)
  request.writeInt16BE(metadata.apiVersion, 6)
  request.writeInt16BE(-1, 12) // no client id
  request.writeInt32BE(1, 14) // topics
  request.writeInt16BE(topic.length, 18)
  request.write(topic, 20, 'latin1')
  return readReplicas(await exchange(address, request))
}

const readReplicas = (answer: Buffer): readonly PartitionReplicas[] => {
  let at = 8 // size, correlation id
  const int16 = (): number => {
    at += 2
    return answer.readInt16BE(at - 2)
  }
  const int32 = (): number => {
    at += 4
    return answer.readInt32BE(at - 4)
  }
  const list = <Item>(item: () => Item): Item[] => Array.from({ length: int32() }, item)
  const skipText = (): void => {
    const length = int16()
    at += Math.max(0, length)
  }
  list(() => {
    int32() // node id
    skipText() // host
    int32() // port
    skipText() // rack
  })
  int32() // controller
  const topics = list(() => {
    int16() // error
    skipText() // name
    at += 1 // internal
    return list(() => {
      int16() // error
      return { partition: int32(), leader: int32(), replicas: list(int32), inSync: list(int32) }
    })
  })
  const partitions = topics.flat()
  if (partitions.length === 0) throw new Error('the broker does not know the topic')
  return partitions
}

const exchange = (address: string, request: Buffer): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const [host, port] = address.split(':')
    const socket = connect({ host: host ?? '', port: Number(port), timeout: answerMs }, () => socket.write(request))
    let received = Buffer.alloc(0)
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk])
      if (received.length < 4 || received.length < 4 + received.readInt32BE(0)) return
      resolve(received)
      socket.destroy()
    })
    socket.on('error', reject)
    socket.on('timeout', () => socket.destroy(new Error(`${address} does not answer`)))
    socket.on('close', () => reject(new Error(`${address} closed the connection`)))
  })

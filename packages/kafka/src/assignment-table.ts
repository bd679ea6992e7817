import type { AssignedPartition, TopicPartition } from '@interchange/messaging'

/** Which partitions a member holds, under which epoch, and which of them it has paused (trap K16, K26). */
export interface AssignmentTable {
  /** The current assignment of a partition, undefined when it is not ours. */
  get(topic: string, partition: number): AssignedPartition | undefined
  list(): readonly AssignedPartition[]
  /** Begins a new assignment: every partition gets an epoch greater than any before, and nothing is paused. */
  assign(partitions: readonly TopicPartition[]): readonly AssignedPartition[]
  /** Ends the assignment: every epoch given out so far is stale. */
  clear(): void
  pause(topic: string, partition: number): void
  resume(topic: string, partition: number): void
  isPaused(topic: string, partition: number): boolean
}

interface Held {
  readonly assigned: AssignedPartition
  paused: boolean
}

export const createAssignmentTable = (): AssignmentTable => {
  const topics = new Map<string, Map<number, Held>>()
  let epoch = 0

  const held = (topic: string, partition: number): Held | undefined => topics.get(topic)?.get(partition)
  const setPaused = (topic: string, partition: number, paused: boolean): void => {
    const found = held(topic, partition)
    if (found !== undefined) found.paused = paused
  }

  return {
    get: (topic, partition) => held(topic, partition)?.assigned,
    list: () => [...topics.values()].flatMap((partitions) => [...partitions.values()].map(({ assigned }) => assigned)),
    assign(partitions) {
      topics.clear()
      epoch++
      return partitions.map(({ topic, partition }) => {
        const assigned = { topic, partition, epoch }
        let ofTopic = topics.get(topic)
        if (ofTopic === undefined) {
          ofTopic = new Map()
          topics.set(topic, ofTopic)
        }
        ofTopic.set(partition, { assigned, paused: false })
        return assigned
      })
    },
    clear: () => topics.clear(),
    pause: (topic, partition) => setPaused(topic, partition, true),
    resume: (topic, partition) => setPaused(topic, partition, false),
    isPaused: (topic, partition) => held(topic, partition)?.paused === true,
  }
}

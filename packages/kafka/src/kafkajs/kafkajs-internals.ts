import type { Cluster } from 'kafkajs'

/** What the patch exports beside the public API (patches/kafkajs@2.2.4.patch). */
export interface KafkajsPatch {
  readonly patch: number
}

/** What a fetch brought of one partition: record batches as the broker sent them, the last one perhaps cut off. */
export interface FetchedPartition {
  readonly partition: number
  readonly bytes: Buffer
  readonly highWatermark: string
  readonly abortedTransactions: readonly { readonly producerId: string; readonly firstOffset: string }[]
}

/** The batch that the patch hands to `eachBatch`. */
export interface FetchedBatch extends FetchedPartition {
  readonly topic: string
  readonly fetchedOffset: string
}

export interface FetchResponse {
  readonly responses: readonly {
    readonly topicName: string
    readonly partitions: readonly (Omit<FetchedPartition, 'bytes'> & { readonly messages: Buffer })[]
  }[]
}

/** The generation-bound part of kafkajs' consumer group: the broker fences its commits by generation and member id. */
export interface OffsetManager {
  coordinator: unknown
  commitOffsets(offsets: {
    topics: { topic: string; partitions: { partition: number; offset: string }[] }[]
  }): Promise<void>
}

/** The broker that keeps the group. */
export interface Coordinator {
  heartbeat(request: { groupId: string; memberId: string; groupGenerationId: number }): Promise<unknown>
}

/** What the `beforeJoin` hook of the patch hands over. */
export interface KafkajsGroup {
  readonly cluster: Cluster
  readonly groupId: string
  /** Given before the first join, it is joined under. */
  memberId: string | null
  readonly generationId: number | null
  coordinator: Coordinator | null
  readonly offsetManager: OffsetManager | null
  /** Asks the coordinator no more often than this; rejects when it does not know the member as one of this generation. */
  heartbeat(given: { interval: number }): Promise<void>
  readonly seekOffset: Map<unknown, unknown>
  readonly subscriptionState: { paused(): readonly unknown[] }
  /** Of its fetches, in milliseconds. */
  maxWaitTime: number
  /** What one broker has for the assignment; kafkajs passes on what is not empty. */
  fetch(nodeId: string): Promise<readonly (FetchedBatch & { readonly offsetManager: OffsetManager | null })[]>
  /** Decides what a failed fetch of one broker means: resolves when fetching goes on, rejects when the session has to end. */
  recoverFromFetch(error: Error & { readonly type?: string | undefined }): Promise<void>
}

interface ProducerIdentity {
  readonly transactionalId: string
  readonly producerId: string
  readonly producerEpoch: number
}

/** A broker's requests of which transactions are made; each rejects with the broker's error of any partition. */
export interface TransactionBroker {
  initProducerId(request: {
    transactionalId: string
    transactionTimeout: number
  }): Promise<{ readonly producerId: string; readonly producerEpoch: number }>
  addPartitionsToTxn(
    request: ProducerIdentity & { topics: { topic: string; partitions: number[] }[] },
  ): Promise<unknown>
  addOffsetsToTxn(request: ProducerIdentity & { groupId: string }): Promise<unknown>
  txnOffsetCommit(
    request: ProducerIdentity & {
      groupId: string
      topics: { topic: string; partitions: { partition: number; offset: string }[] }[]
    },
  ): Promise<unknown>
  endTxn(request: ProducerIdentity & { transactionResult: boolean }): Promise<unknown>
}

/** A broker by its connections, as kafkajs' own requests use it. */
export interface ConnectedBroker {
  readonly connectionPool: {
    send<Answer>(exchange: {
      readonly request: {
        readonly apiKey: number
        readonly apiVersion: number
        readonly apiName: string
        encode(): Promise<{ readonly parts: readonly Buffer[] }>
      }
      readonly response: { decode(body: Buffer): Promise<Answer>; parse(answer: Answer): Promise<Answer> }
    }): Promise<Answer>
  }
}

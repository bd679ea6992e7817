import type { Cluster } from 'kafkajs'

/** What the patch exports beside the public API (patches/kafkajs@2.2.4.patch). */
export interface KafkajsPatch {
  readonly patch: number
  readonly Batch: new (topic: string, fetchedOffset: string, partitionData: FetchedPartition) => FetchedBatch
  readonly setCrc32c: (crc32c: (bytes: Buffer) => number) => void
}

/** A record as the patched decoder hands it over. */
export interface FetchedRecord {
  readonly offset: string
  /** A string in batches stamped by the broker. */
  readonly timestamp: number | string
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly rawHeaders: Buffer
}

/** kafkajs' own batch: aborted and control records are filtered from `messages`. */
export interface FetchedBatch {
  readonly topic: string
  readonly partition: number
  readonly highWatermark: string
  readonly messages: readonly FetchedRecord[]
  readonly rawMessages: readonly unknown[]
  lastOffset(): string
}

export interface FetchedPartition {
  readonly partition: number
  readonly highWatermark: string
  readonly abortedTransactions: unknown
  readonly messages: readonly FetchedRecord[]
}

export interface FetchResponse {
  readonly responses: readonly { readonly topicName: string; readonly partitions: readonly FetchedPartition[] }[]
}

/** The generation-bound part of kafkajs' consumer group: the broker fences its commits by generation and member id. */
export interface OffsetManager {
  coordinator: unknown
  commitOffsets(offsets: {
    topics: { topic: string; partitions: { partition: number; offset: string }[] }[]
  }): Promise<void>
}

/** What the `beforeJoin` hook of the patch hands over. */
export interface KafkajsGroup {
  readonly cluster: Cluster
  readonly groupId: string
  readonly memberId: string | null
  readonly generationId: number | null
  readonly coordinator: {
    heartbeat(request: { groupId: string; memberId: string; groupGenerationId: number }): Promise<unknown>
  } | null
  readonly offsetManager: OffsetManager | null
  readonly seekOffset: Map<unknown, unknown>
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
        encode(): Promise<{ readonly buf: Buffer; readonly buffer: Buffer }>
      }
      readonly response: { decode(body: Buffer): Promise<Answer>; parse(answer: Answer): Promise<Answer> }
    }): Promise<Answer>
  }
}

/** One record as the independent reader saw it; what is not in its headers is null. */
export interface LogRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly timestampMs: number
  readonly id: string | null
  readonly causationId: string | null
  readonly correlationId: string | null
  readonly replayId: string | null
  /** `dlq-message-id`: the id a dead letter is known by when the original carried none. */
  readonly deadMessageId: string | null
  /** `topic/partition/offset` of the record that a dead letter is of. */
  readonly deadFrom: string | null
  /** `dlq-offset`: on a dead letter, a replay and in a retry topic, the offset of the record that it is of. */
  readonly originalOffset: string | null
  readonly key: string | null
  /** First 16 bytes of SHA-256 over the value, in hex; null for a tombstone. */
  readonly valueHash: string | null
  /** The same over names and values of its headers, in their order, without those that begin with `dlq-`. */
  readonly headersHash: string
}

/** The next offset a group will read of a partition. */
export interface CommittedOffset {
  readonly group: string
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

/** Everything Kafka holds that the accounting needs. */
export interface LogFacts {
  readonly records: readonly LogRecord[]
  readonly committed: readonly CommittedOffset[]
}

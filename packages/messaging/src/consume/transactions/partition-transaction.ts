import type { SettledAs } from '../../metrics.ts'
import type { Span } from '../../tracing.ts'
import type { OutboundRecord, RecordBatch, TransactionalProducer } from '../../transport.ts'

/** What one message writes when its offset passes: what it answered, or its letter. */
export interface TransactionalWork {
  readonly records: readonly OutboundRecord[]
  readonly spans: readonly Span[]
  /** The letter without its texts, in case it is too large; undefined for what a handler answered. */
  readonly shortened: (() => TransactionalWork) | undefined
  /** Called when it is committed. */
  readonly committed: (() => void) | undefined
}

/** A message that only waits for its transaction. */
export interface ReadyMessage extends TransactionalWork {
  readonly as: SettledAs
  readonly bytes: number
}

/** How one partition commits during one assignment: offsets, outputs and letters in one transaction after another. */
export interface PartitionTransaction<Item> {
  /** Nothing is handled before the former owner is fenced and the committed offset is read after it. */
  taken: boolean
  takingOver: boolean
  /** What was fetched before that. */
  readonly early: RecordBatch[]
  /** Undefined while the id has to be taken over, the first time or again. */
  producer: TransactionalProducer | undefined
  readonly ready: Map<Item, ReadyMessage>
  /** Of all that is ready. */
  bytes: number
  /** Made ready since a transaction last began. */
  fresh: number
  /** Most messages of the next transaction: halved while Kafka refuses several, so that the one it means is found. */
  messagesMax: number
  underWay: Promise<void> | undefined
}

export const createPartitionTransaction = <Item>(): PartitionTransaction<Item> => ({
  taken: false,
  takingOver: false,
  early: [],
  producer: undefined,
  ready: new Map(),
  bytes: 0,
  fresh: 0,
  messagesMax: Number.POSITIVE_INFINITY,
  underWay: undefined,
})

/** For a message that writes nothing. */
export const noWork: TransactionalWork = { records: [], spans: [], shortened: undefined, committed: undefined }

import type { BrokerSettings } from '@interchange/stack'
import type { Handling } from './load/handling.ts'

/** What is written while the faults come. */
export interface Load {
  readonly by: 'publisher' | 'outbox' | 'stock-kafkajs' | 'aborting'
  readonly keys: number
  readonly perSecond: number
  /** How many messages a run of poison has. */
  readonly poisonRun?: number
  /** How long a publisher tries before it rejects; default: for ever. */
  readonly deadlineMs?: number
  /** How long its driver waits for an answer of a broker before it says that it does not know; default: the driver's. */
  readonly requestTimeoutMs?: number
  /** It tells what it takes of memory. */
  readonly vitals?: boolean
}

/** A client that reads committed records, by its driver or in its stock form. */
export type ReaderKind = 'kafkajs' | 'platformatic' | 'stock-kafkajs'

export interface OwnBrokers {
  readonly settings?: BrokerSettings
  /** Each keeps its data on a disk of this size. Where there can be none, the scenario says so and does not run. */
  readonly diskMb?: number
}

/** What a drill is set up with before anything is done to it. */
export interface Setting {
  /** As the catalogue names it. */
  readonly name: string
  readonly brokers: 1 | 3
  /** They are its own, set so; default: those that all scenarios of as many brokers share. */
  readonly ownBrokers?: OwnBrokers
  readonly members: number
  /** Values are Avro; default: JSON. */
  readonly registry?: boolean
  /** Who asks the registry for the members; default: our own client. */
  readonly registryClient?: 'stock'
  readonly load: Load
  readonly handling?: Handling
  /** Of the topic; default: 6. */
  readonly partitions?: number
  /** Copies of each partition of the topic; default: one on each broker. */
  readonly copies?: number
  /** Of the topic, where it differs from the brokers'. */
  readonly topicConfigs?: Readonly<Record<string, string>>
  /**
   * What members do with a step: its effect (default), or a transfer, both legs of which and the offset are one transaction;
   * the same as stock kafkajs does it.
   */
  readonly work?: 'effects' | 'transfers' | 'stock-transfers'
  /** After how long of silence a member that makes transfers loses its partitions; default: 6,000. */
  readonly sessionTimeoutMs?: number
  /** After how long the broker aborts what nobody ends; default: the driver's. */
  readonly transactionTimeoutMs?: number
  /** Who reads, to the end, what is written in transactions. */
  readonly readers?: readonly ReaderKind[]
  /** A group keeps the books of the transfers. */
  readonly books?: boolean
  /** How long what messages leave in the histories is kept at hand while it runs; default: to the end. */
  readonly keepFactsMs?: number
  /** How soon after the faults everything has to be settled. */
  readonly settleMs: number
}

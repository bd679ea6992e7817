/** What is written while the faults come. */
export interface Load {
  readonly by: 'publisher' | 'outbox' | 'stock-kafkajs'
  readonly keys: number
  readonly perSecond: number
  /** How many messages a run of poison has. */
  readonly poisonRun?: number
  /** How long a publisher tries before it rejects; default: for ever. */
  readonly deadlineMs?: number
  /** How long it waits for one answer of a broker; default: the driver's. */
  readonly requestTimeoutMs?: number
}

/** What a drill is set up with before anything is done to it. */
export interface Setting {
  /** As the catalogue names it. */
  readonly name: string
  readonly brokers: 1 | 3
  readonly members: number
  /** Values are Avro; default: JSON. */
  readonly registry?: boolean
  readonly load: Load
  /** How soon after the faults everything has to be settled. */
  readonly settleMs: number
}

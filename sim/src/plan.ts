/** What will happen to a message, whoever handles it and however often: fixed by the seed, so that one end is right. */
export type MessageKind =
  | 'plain'
  | 'slow'
  /** Its first attempts fail for the moment. */
  | 'flaky'
  /** The first handler of each process never answers. */
  | 'hanging'
  /** Something it needs is not there at the first attempt. */
  | 'not-yet'
  /** Two outputs. */
  | 'fan-out'
  /** No output. */
  | 'quiet'
  /** The first group's handler rejects it: a dead letter. */
  | 'poison'
  /** The database refuses its effect: a dead letter of the second group. */
  | 'refused'
  /** The second group's handler fails a few times, for the moment or because something is not there yet. */
  | 'patient'
  /** The second group's handler fails for the moment for ever: a dead letter when every try is spent. */
  | 'hopeless'

export interface PlannedMessage {
  readonly n: number
  readonly key: string
  readonly kind: MessageKind
  readonly handlingMs: number
  readonly failures: number
  /** Bytes of filling, so that records differ in size. */
  readonly padBytes: number
  /** Which schema it is written with: readers start with 1 and have to ask for 2. */
  readonly schema: 1 | 2
  /** What was wrong with it is mended when an engineer sends it back. */
  readonly mended: boolean
  /** Outputs it has; each is one effect or one letter of the second group. */
  readonly parts: number
  readonly publishAtMs: number
}

/** The second output of a message has another key, so that it travels and ends apart from the first. */
export const outputKey = ({ key }: PlannedMessage, part: number): string => (part === 0 ? key : `${key}-${part}`)

export type StrangerKind = 'garbage' | 'key-mismatch' | 'tombstone' | 'unknown-schema'

/** A record nobody's publisher wrote. */
export interface PlannedStranger {
  readonly id: string
  readonly kind: StrangerKind
  readonly partition: number
  readonly writeAtMs: number
}

export const sourceTopic = 'orders'
export const derivedTopic = 'posted'
export const groupOfSource = 'posting'
export const groupOfDerived = 'ledger'

/** A transaction that writes rows of one key into the outbox, a pause between them. */
export interface PlannedWriting {
  readonly n: number
  readonly key: string
  readonly rows: number
  readonly pauseMs: number
  readonly commits: boolean
  readonly beginAtMs: number
  /** Kafka refuses a row that is too large or for a topic that is not there. */
  readonly fate: 'fine' | 'too-large' | 'nowhere'
}

/** What is relayed goes there; records beyond the limit are refused, and the second topic does not exist. */
export const toldTopic = 'told'
export const toldBytesMax = 2_000
export const missingTopic = 'nowhere'

/** Everything about a run that its seed decides before it begins. */
export interface Plan {
  readonly partitions: number
  readonly messages: readonly PlannedMessage[]
  readonly strangers: readonly PlannedStranger[]
  readonly members: { readonly posting: number; readonly ledger: number }
  /** Open window of a partition, in records. */
  readonly windowRecords: number
  readonly concurrency: number
  readonly effectBatch: number
  /** Letters in a row that make a flood. */
  readonly floodInARow: number
  readonly publishingMs: number
  /** The second group's waiting table; undefined when its messages wait in place. */
  readonly room:
    | { readonly keyBytesMax: number; readonly partitionBytesMax: number; readonly backoffMs: number }
    | undefined
  /** A key of the second group waits behind its dead letter, until somebody replays or archives it. Only with a waiting table. */
  readonly holds: boolean
  /** Delays of the first group's retry topics, in which its messages wait without order; empty when it keeps the order. */
  readonly retryDelaysMs: readonly number[]
  /** The second group's store tells the outcomes with the effects. */
  readonly tellsOutcomes: boolean
  /** Chance that an engineer sends a letter back. */
  readonly replayChance: number
  /** Transactions of others that write into the outbox beside the second group's; undefined when nothing is relayed. */
  readonly outbox: { readonly writings: readonly PlannedWriting[] } | undefined
  /** How far the clocks of two processes may be apart. */
  readonly skewMsMax: number
}

/** Tries in place: where messages wait in place, before they wait in the table, and before they go to the retry topics. */
export const attemptsMax = 6
export const attemptsMaxBeforeRoom = 2
export const attemptsMaxBeforeTopics = 1

/** Whether a handler or the database refuses it for ever, so that it ends as a letter. */
export const isRefused = ({ kind }: PlannedMessage): boolean => kind === 'refused' || kind === 'hopeless'

export const createPlan = (random: () => number): Plan => {
  const between = (low: number, high: number): number => low + Math.floor(random() * (high - low + 1))
  const partitions = between(1, 3)
  const keys = between(2, 8)
  const count = between(12, 28)
  const publishingMs = between(200, 700)
  const newSchemas = random() < 0.5 ? 0.2 : 0
  const messages = Array.from({ length: count }, (_, n): PlannedMessage => {
    const kind = kindOf(random())
    return {
      n,
      key: `k${between(1, keys)}`,
      kind,
      handlingMs: kind === 'slow' ? between(5, 60) : random() < 0.5 ? 0 : between(1, 5),
      failures: kind === 'patient' ? between(1, 4) : between(1, 2),
      padBytes: random() < 0.7 ? 0 : between(1, 600),
      schema: random() < newSchemas ? 2 : 1,
      mended: random() < 0.5,
      parts: kind === 'fan-out' ? 2 : kind === 'quiet' || kind === 'poison' ? 0 : 1,
      publishAtMs: Math.floor((publishingMs * n) / count),
    }
  })
  const writing = (n: number): PlannedWriting => {
    const drawn = random()
    return {
      n,
      key: `w${between(1, 3)}`,
      rows: between(1, 3),
      pauseMs: between(0, 80),
      commits: random() < 0.9,
      beginAtMs: between(0, publishingMs),
      fate: drawn < 0.05 ? 'too-large' : drawn < 0.1 ? 'nowhere' : 'fine',
    }
  }
  const room: Plan['room'] =
    random() < 0.6
      ? {
          keyBytesMax: between(300, 1_500),
          partitionBytesMax: random() < 0.5 ? between(400, 1_000) : between(1_000, 5_000),
          backoffMs: random() < 0.6 ? 20 : between(100, 400),
        }
      : undefined
  const strangerKinds: readonly StrangerKind[] = ['garbage', 'key-mismatch', 'tombstone', 'unknown-schema']
  return {
    partitions,
    messages,
    strangers: strangerKinds.slice(0, between(0, 4)).map((kind) => ({
      id: `stranger-${kind}`,
      kind,
      partition: between(0, partitions - 1),
      writeAtMs: between(0, publishingMs),
    })),
    members: { posting: between(2, 3), ledger: between(1, 3) },
    windowRecords: between(2, 12),
    concurrency: between(2, 8),
    effectBatch: between(1, 6),
    floodInARow: random() < 0.3 ? between(2, 3) : 20,
    publishingMs,
    room,
    holds: room !== undefined && random() < 0.5,
    retryDelaysMs: random() < 0.3 ? [between(10, 60), between(80, 300)] : [],
    tellsOutcomes: random() < 0.5,
    replayChance: random() < 0.5 ? 0.6 : 0,
    outbox: random() < 0.4 ? { writings: Array.from({ length: between(5, 15) }, (_, n) => writing(n)) } : undefined,
    skewMsMax: random() < 0.4 ? between(1, 4_000) : 0,
  }
}

const kinds: readonly (readonly [MessageKind, number])[] = [
  ['plain', 0.32],
  ['slow', 0.13],
  ['flaky', 0.1],
  ['patient', 0.12],
  ['hopeless', 0.02],
  ['fan-out', 0.1],
  ['quiet', 0.04],
  ['hanging', 0.03],
  ['not-yet', 0.04],
  ['poison', 0.05],
  ['refused', 0.05],
]

const kindOf = (drawn: number): MessageKind => {
  let left = drawn
  for (const [kind, share] of kinds) {
    if (left < share) return kind
    left -= share
  }
  return 'plain'
}

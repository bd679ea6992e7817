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

export interface PlannedMessage {
  readonly n: number
  readonly key: string
  readonly kind: MessageKind
  readonly handlingMs: number
  readonly failures: number
  /** Outputs it has; each is one effect or one letter of the second group. */
  readonly parts: number
  readonly publishAtMs: number
}

/** The second output of a message has another key, so that it travels and ends apart from the first. */
export const outputKey = ({ key }: PlannedMessage, part: number): string => (part === 0 ? key : `${key}-${part}`)

export type StrangerKind = 'garbage' | 'key-mismatch' | 'tombstone'

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
}

export const attemptsMax = 6

export const createPlan = (random: () => number): Plan => {
  const between = (low: number, high: number): number => low + Math.floor(random() * (high - low + 1))
  const partitions = between(1, 3)
  const keys = between(2, 8)
  const count = between(20, 45)
  const publishingMs = between(200, 900)
  const messages = Array.from({ length: count }, (_, n): PlannedMessage => {
    const kind = kindOf(random())
    return {
      n,
      key: `k${between(1, keys)}`,
      kind,
      handlingMs: kind === 'slow' ? between(5, 60) : random() < 0.5 ? 0 : between(1, 5),
      failures: between(1, 2),
      parts: kind === 'fan-out' ? 2 : kind === 'quiet' || kind === 'poison' ? 0 : 1,
      publishAtMs: Math.floor((publishingMs * n) / count),
    }
  })
  const strangerKinds: readonly StrangerKind[] = ['garbage', 'key-mismatch', 'tombstone']
  return {
    partitions,
    messages,
    strangers: strangerKinds.slice(0, between(0, 3)).map((kind) => ({
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
  }
}

const kinds: readonly (readonly [MessageKind, number])[] = [
  ['plain', 0.4],
  ['slow', 0.15],
  ['flaky', 0.12],
  ['fan-out', 0.12],
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

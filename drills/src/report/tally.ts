import type { Happened } from '@interchange/drill-kit'

/** When a fault was there and what it cost, as the histories show it; milliseconds from the first fact. */
export interface FaultSpan {
  readonly fromMs: number
  readonly toMs: number
  /** The longest silence of acknowledgements that touches it; null where nothing was acknowledged with its place. */
  readonly stallMs: number | null
  /** From its end (or its victim's last sign of life) until everything acknowledged before that end was committed; null: never. */
  readonly recoveryMs: number | null
}

/** A run in figures, second by second. */
export interface Timeline {
  readonly acknowledged: readonly number[]
  readonly delivered: readonly number[]
  /** In the order in which they began. */
  readonly faults: readonly FaultSpan[]
  /** When partitions came to a member, in milliseconds. */
  readonly assignedMs: readonly number[]
}

export interface Tally {
  /** In any order. */
  add(fact: Happened): void
  timeline(): Timeline
}

/** Three numbers for each place instead of an object: an hour has millions. */
interface Places {
  readonly at: number[]
  readonly partition: number[]
  readonly offset: number[]
}

interface Span {
  readonly fault: string
  readonly from: number
  to: number | null
  target: string
}

/** Adds up a history a fact at a time. */
export const createTally = (): Tally => {
  const acks: Places = { at: [], partition: [], offset: [] }
  const commits: Places = { at: [], partition: [], offset: [] }
  const [acknowledgedAt, deliveredAt] = [new Map<number, number>(), new Map<number, number>()]
  const assignedAt: number[] = []
  const lastAt = new Map<string, number>()
  const faults: Extract<Happened, { op: 'fault' }>[] = []
  let firstAt = Number.POSITIVE_INFINITY

  return {
    add(fact) {
      firstAt = Math.min(firstAt, fact.at)
      lastAt.set(fact.proc, Math.max(lastAt.get(fact.proc) ?? 0, fact.at))
      if (fact.op === 'send' && fact.phase === 'ok') {
        count(acknowledgedAt, fact.at)
        if (fact.partition !== undefined && fact.offset !== undefined)
          put(acks, fact.at, { partition: fact.partition, offset: fact.offset })
      } else if (fact.op === 'deliver') count(deliveredAt, fact.at)
      else if (fact.op === 'commit' && fact.phase === 'ok') put(commits, fact.at, fact)
      else if (fact.op === 'assigned') assignedAt.push(fact.at)
      else if (fact.op === 'fault') faults.push(fact)
    },
    timeline() {
      const spans = spansOf(faults.toSorted((a, b) => a.at - b.at))
      const sortedAcks = sorted(acks)
      const passed = passedAt(sorted(commits))
      const since = (at: number): number => Math.round(at - firstAt)
      return {
        acknowledged: perSecond(acknowledgedAt, firstAt),
        delivered: perSecond(deliveredAt, firstAt),
        faults: spans.map((span): FaultSpan => {
          const to = span.to ?? span.from
          const victimAt = lastAt.get(span.target) ?? to
          return {
            fromMs: since(span.from),
            toMs: since(to),
            stallMs: longestSilence(sortedAcks.at, span.from, to),
            recoveryMs: recoveryMs(sortedAcks, passed, { end: to, since: Math.min(victimAt, to) }),
          }
        }),
        assignedMs: assignedAt.toSorted((a, b) => a - b).map(since),
      }
    },
  }
}

/** The timeline of a whole history. */
export const timelineOf = (history: readonly Happened[]): Timeline => {
  const tally = createTally()
  for (const fact of history) tally.add(fact)
  return tally.timeline()
}

const put = (places: Places, at: number, { partition, offset }: { partition: number; offset: number }): void => {
  places.at.push(at)
  places.partition.push(partition)
  places.offset.push(offset)
}

const sorted = ({ at, partition, offset }: Places): Places => {
  const order = Uint32Array.from(at.keys()).sort((a, b) => (at[a] ?? 0) - (at[b] ?? 0))
  const inOrder = (numbers: readonly number[]): number[] => Array.from(order, (index) => numbers[index] ?? 0)
  return { at: inOrder(at), partition: inOrder(partition), offset: inOrder(offset) }
}

const count = (bySecond: Map<number, number>, at: number): void => {
  const second = Math.floor(at / 1_000)
  bySecond.set(second, (bySecond.get(second) ?? 0) + 1)
}

const perSecond = (bySecond: ReadonlyMap<number, number>, firstAt: number): readonly number[] => {
  if (bySecond.size === 0) return []
  const first = Math.floor(firstAt / 1_000)
  const length = Math.max(...bySecond.keys()) - first + 1
  return Array.from({ length }, (_, index) => bySecond.get(first + index) ?? 0)
}

/** Faults may overlap; an end belongs to the oldest of its name that is open. */
const spansOf = (faults: readonly Extract<Happened, { op: 'fault' }>[]): readonly Span[] => {
  const spans: Span[] = []
  for (const { phase, fault, target, at } of faults) {
    if (phase === 'begin') spans.push({ fault, from: at, to: null, target: '' })
    const open = spans.find((span) => span.fault === fault && span.to === null)
    if (open === undefined) continue
    if (phase === 'effective') open.target = target
    if (phase === 'end') open.to = at
  }
  return spans
}

/** Index of the first number that is greater; `rising` rises. */
const firstAbove = (rising: readonly number[], value: number): number => {
  let [low, high] = [0, rising.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((rising[middle] ?? 0) > value) high = middle
    else low = middle + 1
  }
  return low
}

const longestSilence = (ackedAt: readonly number[], from: number, to: number): number | null => {
  if (ackedAt.length === 0) return null
  let longest = 0
  for (let next = Math.max(1, firstAbove(ackedAt, from)); next < ackedAt.length; next++) {
    const before = ackedAt[next - 1] ?? 0
    if (before > to) break
    longest = Math.max(longest, (ackedAt[next] ?? 0) - before)
  }
  return Math.round(longest)
}

interface Passed {
  readonly at: number[]
  /** The highest committed by then: rises. */
  readonly offset: number[]
}

const passedAt = ({ at, partition, offset }: Places): ReadonlyMap<number, Passed> => {
  const passed = new Map<number, Passed>()
  for (const [index, time] of at.entries()) {
    const own = passed.get(partition[index] ?? 0) ?? { at: [], offset: [] }
    passed.set(partition[index] ?? 0, own)
    own.at.push(time)
    own.offset.push(Math.max(own.offset.at(-1) ?? 0, offset[index] ?? 0))
  }
  return passed
}

const recoveryMs = (
  acks: Places,
  passed: ReadonlyMap<number, Passed>,
  { end, since }: { readonly end: number; readonly since: number },
): number | null => {
  const until = firstAbove(acks.at, end)
  const highest = new Map<number, number>()
  // The newest few thousand say where each partition was: the keys of the load take turns.
  for (let index = until - 1; index >= Math.max(0, until - 5_000); index--) {
    const [partition, offset] = [acks.partition[index] ?? 0, acks.offset[index] ?? 0]
    highest.set(partition, Math.max(highest.get(partition) ?? 0, offset))
  }
  if (highest.size === 0) return null
  let last = since
  for (const [partition, offset] of highest) {
    const own = passed.get(partition)
    const at = own?.at[firstAbove(own.offset, offset)]
    if (at === undefined) return null
    last = Math.max(last, at)
  }
  return Math.round(last - since)
}

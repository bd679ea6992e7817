import { readLog } from '@interchange/accounting'
import {
  checkObserved,
  type Effect,
  type Happened,
  type Invariant,
  type Observed,
  scanHistory,
  smallest,
  type Violation,
} from '@interchange/drill-kit'
import { deadLetterTopicName } from '@interchange/messaging'
import { takeOvers } from '../figures.ts'
import { createTally } from '../report/tally.ts'
import type { ScenarioResult } from '../run-scenario.ts'
import { partitions, type Stage } from '../stage.ts'

export type Verdict = Pick<
  ScenarioResult,
  | 'messages'
  | 'acknowledged'
  | 'effects'
  | 'letters'
  | 'repeatedRecords'
  | 'takeOverMs'
  | 'timeline'
  | 'broken'
  | 'counterExamples'
>

/** So many of the load are held at once: they and what is known of them take some 700 MB. */
const sliceMessagesMax = 400_000

/**
 * The verdict over a run that is too long to be held at once, some partitions of the topic at a time: everything of a message is in
 * one, so that what their shares do not break, the whole does not. What turns up in a foreign partition is sent by nobody there (V2).
 */
export const verdictBySlices = async (stage: Stage, names: readonly Invariant[]): Promise<Verdict> => {
  const whole = scanWhole(stage.historyFolder)
  const verdicts: SliceVerdict[] = []
  for (const slice of slicesOf(whole.messagesIn))
    verdicts.push(verdictOf(await observeSlice(stage, new Set(slice), whole.partitionOf), names))
  const sum = (count: (verdict: SliceVerdict) => number): number =>
    verdicts.reduce((total, verdict) => total + count(verdict), 0)
  const violations = [
    ...Map.groupBy(
      verdicts.flatMap(({ found }) => found),
      ({ least }) => least.invariant,
    ),
  ]
  return {
    messages: sum(({ messages }) => messages),
    acknowledged: sum(({ acknowledged }) => acknowledged),
    effects: sum(({ effects }) => effects),
    letters: sum(({ letters }) => letters),
    repeatedRecords: sum(({ repeatedRecords }) => repeatedRecords),
    takeOverMs: takeOvers(whole.rare),
    timeline: whole.timeline,
    broken: Object.fromEntries(
      violations.map(([invariant, found]) => [invariant, found.reduce((total, { count }) => total + count, 0)]),
    ),
    counterExamples: violations.flatMap(([, found]) => smallest(found.map(({ least }) => least)) ?? []),
  }
}

/** Partitions that are looked at together: as many as are not too much, one at least. */
export const slicesOf = (messagesIn: readonly number[]): readonly (readonly number[])[] => {
  const slices: number[][] = []
  let messages = Number.POSITIVE_INFINITY
  for (const [partition, count] of messagesIn.entries()) {
    messages += count
    if (messages <= sliceMessagesMax) slices.at(-1)?.push(partition)
    else {
      slices.push([partition])
      messages = count
    }
  }
  return slices
}

/** What is small enough to be known of the whole. */
const scanWhole = (folder: string) => {
  const tally = createTally()
  const partitionOf = new Map<string, number>()
  const messagesIn = Array.from({ length: partitions }, () => 0)
  const lastOf = new Map<string, Happened>()
  const rare: Happened[] = []
  scanHistory(folder, (fact) => {
    tally.add(fact)
    lastOf.set(fact.proc, fact)
    if (fact.op === 'send' && fact.partition !== undefined) {
      partitionOf.set(fact.key, fact.partition)
      messagesIn[fact.partition] = (messagesIn[fact.partition] ?? 0) + 1
    }
    if (fact.op === 'assigned' || fact.op === 'fault') rare.push(fact)
  })
  rare.push(...lastOf.values())
  return { partitionOf, messagesIn, timeline: tally.timeline(), rare: rare.sort((a, b) => a.at - b.at) }
}

interface EffectRow extends Omit<Effect, 'row'> {
  readonly row: string
}

const observeSlice = async (
  stage: Stage,
  slice: ReadonlySet<number>,
  partitionOf: ReadonlyMap<string, number>,
): Promise<Observed> => {
  const { arena, topic, group, database, historyFolder } = stage
  const { javaPath, jarsFolder } = arena.cluster
  const letterTopic = deadLetterTopicName(topic, group)
  const reader = { javaPath, jarsFolder, brokers: arena.internalBrokers.join(), deadlineSeconds: 600 }
  const { records, committed } = await readLog(
    reader,
    [...[...slice].map((partition) => `${topic}:${partition}`), letterTopic],
    [group],
  )
  // Keys that nobody knows belong to the first, so that no effect goes unseen.
  const isHere = (key: string): boolean => slice.has(partitionOf.get(key) ?? 0)
  const keys = [...partitionOf.keys()]
  const rows = await database.query<EffectRow>(
    'SELECT row, id::text AS id, key, seq FROM effect WHERE key = ANY($1) OR ($2 AND key <> ALL($3)) ORDER BY row',
    [keys.filter(isHere), slice.has(0), keys],
  )
  const waiting = await database.query<{ id: string }>('SELECT message_id::text AS id FROM waiting')
  const history: Happened[] = []
  scanHistory(historyFolder, (fact) => {
    const place = 'partition' in fact ? fact.partition : undefined
    if (place === undefined ? fact.op !== 'send' || isHere(fact.key) : slice.has(place)) history.push(fact)
  })
  return {
    history: history.sort((a, b) => a.at - b.at),
    log: records
      .filter((record) => record.topic === topic)
      .map(({ partition, offset, id, key, valueHash }) => ({ partition, offset, id: id ?? '', key, valueHash })),
    letters: records
      .filter((record) => record.topic === letterTopic)
      .map(({ id, key, valueHash, deadFrom }) => {
        const [, fromPartition, fromOffset] = deadFrom?.split('/') ?? []
        return { id: id ?? '', key, valueHash, fromPartition: Number(fromPartition), fromOffset: Number(fromOffset) }
      })
      .filter((letter) => slice.has(letter.fromPartition)),
    effects: rows.map(({ row, ...effect }) => ({ ...effect, row: Number(row) })),
    waiting: new Set(waiting.map(({ id }) => id)),
    committed: committed.filter((offset) => offset.topic === topic && slice.has(offset.partition)),
  }
}

interface SliceVerdict {
  readonly messages: number
  readonly acknowledged: number
  readonly effects: number
  readonly letters: number
  readonly repeatedRecords: number
  readonly found: readonly { readonly least: Violation; readonly count: number }[]
}

const verdictOf = (observed: Observed, names: readonly Invariant[]): SliceVerdict => {
  const { history, log, effects, letters } = observed
  const [sent, acknowledged] = [new Set<string>(), new Set<string>()]
  for (const fact of history) {
    if (fact.op !== 'send') continue
    sent.add(fact.id)
    if (fact.phase === 'ok') acknowledged.add(fact.id)
  }
  return {
    messages: sent.size,
    acknowledged: acknowledged.size,
    effects: effects.length,
    letters: letters.length,
    repeatedRecords: log.length - new Set(log.map(({ id }) => id)).size,
    found: names.flatMap((name) => {
      const violations = checkObserved(observed, [name])
      const least = smallest(violations)
      return least === undefined ? [] : [{ least, count: violations.length }]
    }),
  }
}
